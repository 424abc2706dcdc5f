"""Measures the reference operator in stock Faust, on the same broker."""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from bench import reference
from bench.figures import StockRun
from bench.machine import Cores
from hub.refusal import CommandRefused

_ROOT: Final = Path(__file__).resolve().parents[1]
_PARTITIONS: Final = 4
CUSTOMERS: Final = 20_000
SEED: Final = 1
_LIMIT_SECONDS: Final = 60.0
_SECONDS_PER_EVENT: Final = 0.003
"""Ten times what it takes on a machine with nothing else to do."""


async def measure(broker: str, events: int, cores: Cores, directory: Path, say: Callable[[str], None]) -> StockRun:
    """Publish `events` reference events, let stock Faust work them off, and give its own figures.

    Raises:
        CommandRefused: it ended without a result, or takes for ever.
    """
    say(f"stock Faust works off {events:,} reference events ...")
    await create_topics(broker)
    await publish(broker, events)
    log = directory / "stock-faust.log"
    with log.open("wb") as errors, cores.on(cores.worker):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bench.stock_faust", broker, str(events)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            cwd=_ROOT,
        )
    try:
        async with asyncio.timeout(_LIMIT_SECONDS + events * _SECONDS_PER_EVENT):
            out, _ = await process.communicate()
    except TimeoutError:
        raise CommandRefused(f"stock Faust did not work off its events; its log is {log}") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return parse(out)


def parse(out: bytes) -> StockRun:
    """Read the last line of its output.

    Raises:
        CommandRefused: it is no result.
    """
    lines = out.decode(errors="replace").split("\n")
    last = next((line for line in reversed(lines) if line.startswith("{")), "")
    try:
        found = json.loads(last)
        return StockRun(int(found["events"]), float(found["cpu_us_per_event"]))
    except (ValueError, KeyError):
        raise CommandRefused("stock Faust ended without a result") from None


async def create_topics(broker: str) -> None:
    """Make the topics of the reference operator."""
    admin: Any = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    try:
        topics = [NewTopic(name, _PARTITIONS, 1) for name in ("reference", "reference-out")]
        await admin.create_topics(topics)
    finally:
        await admin.close()


async def publish(broker: str, events: int) -> None:
    """Publish `events` reference events; the same number gives the same events."""
    producer = AIOKafkaProducer(bootstrap_servers=broker, acks="all", linger_ms=20, max_batch_size=256 * 1024)
    await producer.start()
    try:
        for event in reference.events(events, CUSTOMERS, SEED):
            await producer.send("reference", reference.encode(event), key=event["customer_id"].encode())
        await producer.flush()
    finally:
        await producer.stop()
