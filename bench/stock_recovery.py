"""Measures how stock Faust reads its reference table back, on the same broker."""

import asyncio
import json
import secrets
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from bench import reference, stock
from bench.command import Say
from bench.ends import end_of
from bench.machine import Cores
from bench.recovery_figures import Recovery, Start
from bench.stock_faust import PARTITIONS, TABLE
from hub.refusal import CommandRefused

_ROOT: Final = Path(__file__).resolve().parents[1]
_LIMIT_SECONDS: Final = 120.0
_SECONDS_PER_EVENT: Final = 0.005
"""Ten times what it takes on a machine with nothing else to do."""
_STOP_SECONDS: Final = 30.0


class StockBench:
    """One measurement.

    Args:
        broker: `host:port`.
        events: Reference events; each leaves one record on the table's changelog.
        cores: Who runs where.
        directory: For the log.
        say: Told how far it is.
    """

    def __init__(self, broker: str, events: int, cores: Cores, directory: Path, say: Say) -> None:
        self._broker, self._events, self._cores, self._say = broker, events, cores, say
        self._log = directory / "stock-faust.log"
        self._limit = _LIMIT_SECONDS + events * _SECONDS_PER_EVENT

    async def run(self, repeat: int) -> Recovery:
        """Start it over an empty table, fill one, read that back; each start so many times.

        Raises:
            CommandRefused: it ended without a result, or takes for ever.
        """
        await stock.create_topics(self._broker)
        self._say("stock Faust starts over an empty table ...")
        starts = [(await self._start(f"stock-empty-{secrets.token_hex(4)}"))[0] for _ in range(repeat + 1)]
        empty = starts[1:]  # the first on this broker waits for coordinators that nobody asked for before
        await stock.publish(self._broker, self._events)
        name = f"stock-{secrets.token_hex(4)}"
        self._say(f"stock Faust works off {self._events:,} reference events ...")
        await self._fill(name)
        records = await end_of(self._broker, f"{name}-{TABLE}-changelog", PARTITIONS)
        self._say(f"stock Faust reads {records:,} changelog records back ...")
        found = [await self._start(name) for _ in range(repeat)]
        people = len({e["customer_id"] for e in reference.events(self._events, stock.CUSTOMERS, stock.SEED)})
        faults = [
            f"stock Faust had {keys:,} keys of {events:,} events, not {people:,} of {self._events:,}"
            for _, keys, events in found
            if (keys, events) != (people, self._events)
        ]
        full = tuple(replace(start, records=records) for start, *_ in found)
        return Recovery(records=records, empty=tuple(empty), full=full, faults=tuple(faults))

    async def _fill(self, name: str) -> None:
        async with self._process(name, self._events) as process:
            await self._answer(process)
            process.terminate()
            async with asyncio.timeout(_STOP_SECONDS):
                await process.wait()

    async def _start(self, name: str) -> tuple[Start, int, int]:
        """Start it on what its changelog holds; returns what it cost, the keys found and the events in them."""
        began = time.perf_counter()
        async with self._process(name, 0) as process:
            found = await self._answer(process)
        try:
            start = Start(float(found["cpu_seconds"]), time.perf_counter() - began)
            return start, int(found["keys"]), int(found["events"])
        except KeyError:
            raise CommandRefused("stock Faust ended without a result") from None

    @asynccontextmanager
    async def _process(self, name: str, events: int) -> AsyncIterator[asyncio.subprocess.Process]:
        with self._log.open("ab") as errors, self._cores.on(self._cores.worker):
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bench.stock_table", self._broker, name, str(events)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                cwd=_ROOT,
            )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def _answer(self, process: asyncio.subprocess.Process) -> dict[str, float]:
        """Read on to its line of JSON.

        Raises:
            CommandRefused: it says none.
        """
        if process.stdout is None:
            raise RuntimeError("its output was not asked for")
        try:
            async with asyncio.timeout(self._limit):
                async for line in process.stdout:
                    if line.startswith(b"{"):
                        found: dict[str, float] = json.loads(line)
                        return found
        except TimeoutError:
            raise CommandRefused(f"stock Faust does not get on; its log is {self._log}") from None
        raise CommandRefused(f"stock Faust ended without a result; its log is {self._log}")
