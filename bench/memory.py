"""`make bench-memory`: what a customer costs in memory, and how long the collector stops who holds a million.

An operator day is worked off in memory for a city; its state at the end is what a changelog would hold. A process of
its own then opens the tasks of all boxes with that state, as often as it takes to have so many customers, each time
under other ids: it holds what a worker holds that has all partitions. Memory is the growth of its resident set.
"""

import argparse
import asyncio
import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import msgspec

from bench.command import BUILD, ended, say
from bench.machine import describe
from bench.meter import resident_bytes
from bench.plan import BenchPlan
from bench.steady import Steady
from hub.composition import boxes
from hub.refusal import CommandRefused
from schemas import load as load_contracts
from streams import collector
from streams.codec import Codec
from streams.core.fold import Fold, FoldContext
from streams.core.keys import PARTITION, owner_of
from streams.memory import VirtualClock
from streams.store import MemoryStore

_CITY: Final = 20_000
_EVENTS_A_CUSTOMER: Final = 20
_PARTITIONS: Final = 8
_LEAST: Final = 1_000
_OWN: Final = PARTITION.encode()


class Held(msgspec.Struct, array_like=True):
    """What one task holds at the day's end."""

    box: str
    partition: int
    state: list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Memory:
    """What was measured.

    Attributes:
        customers: How many.
        records: Changelog records that make up their state.
        encoded_bytes: Of those records, keys and values.
        resident_bytes: What the process grew by.
        opening_seconds: Reading the state and deriving what is derived.
        set_aside_seconds: The collector's one pass after the tasks have opened.
        pause_seconds: Its longest pass from then on, when all that came since is walked.
    """

    customers: int
    records: int
    encoded_bytes: int
    resident_bytes: int
    opening_seconds: float
    set_aside_seconds: float
    pause_seconds: float

    @property
    def beyond(self) -> float:
        """Bytes a customer beyond the encoded ones."""
        return (self.resident_bytes - self.encoded_bytes) / self.customers


async def city(customers: int) -> list[Held]:
    """Return the state of a city after an operator day, by task."""
    plan = BenchPlan(events=customers * _EVENTS_A_CUSTOMER, customers=customers)
    steady = Steady(plan, _PARTITIONS)
    await steady.whole_day()
    return [Held(name, k, list(store.items())) for (name, k), store in steady.stores.items()]


def measure(path: Path, customers: int) -> Memory:
    """Open tasks with the state in `path`, in this process, as often as it takes."""
    held = msgspec.msgpack.decode(path.read_bytes(), type=list[Held])
    people = len({owner_of(key) for task in held if task.box == "customer" for key, _ in task.state} - {_OWN})
    copies = max(1, round(customers / people))
    catalogue = load_contracts()
    codec, clock = Codec(catalogue), VirtualClock(is_log=True)
    by_name = {box.name: box for box in boxes(catalogue)}
    folds: list[Fold] = []
    records = encoded = 0
    collector.go_slow()
    gc.collect()
    before, began = resident_bytes(), time.monotonic()
    for task in held:
        store = MemoryStore()
        for key, value in _copied(task.state, copies):
            records, encoded = records + 1, encoded + len(key) + len(value)
            store.put(key, value)
        fold = by_name[task.box].fold(FoldContext(task.partition, _PARTITIONS, store, clock, codec, catalogue))
        fold.restored()
        folds.append(fold)
    opened = time.monotonic() - began
    set_aside = _seconds(collector.set_aside)
    return Memory(
        customers=people * copies,
        records=records,
        encoded_bytes=encoded,
        resident_bytes=resident_bytes() - before,
        opening_seconds=opened,
        set_aside_seconds=set_aside,
        pause_seconds=max(_seconds(gc.collect) for _ in range(5)),
    )


def _copied(state: list[tuple[bytes, bytes]], copies: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield the state under other owners, again and again; bytes of their own, as a reader would have them."""
    for copy in range(copies):
        for key, value in state:
            owner, slash, part = key.partition(b"/")
            if owner != _OWN:
                yield b"%b.%d%b%b" % (owner, copy, slash, part), bytes(bytearray(value))
            elif not copy:
                yield key, value


def _seconds(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def main(arguments: list[str] | None = None) -> int:
    """Measure and write the result; 2 with one sentence when it cannot be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.memory", description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--state", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.state:
        print(json.dumps(asdict(measure(given.state, given.customers))))
        return 0
    return ended(lambda: _run(given.customers))


def _run(customers: int) -> int:
    if customers < _LEAST:
        raise CommandRefused(f"--customers must be at least {_LEAST:,}")
    say(f"a day of {min(customers, _CITY):,} customers in memory, some half a minute ...")
    held = asyncio.run(city(min(customers, _CITY)))
    with tempfile.TemporaryDirectory(prefix="hub-memory-") as name:
        state = Path(name) / "state"
        state.write_bytes(msgspec.msgpack.encode(held))
        say(f"their state, for {customers:,} ...")
        child = [sys.executable, "-m", "bench.memory", "--state", str(state), "--customers", str(customers)]
        found = Memory(**json.loads(subprocess.run(child, check=True, capture_output=True).stdout))  # noqa: S603
    print(
        f"\n{found.customers:,} customers, {found.records:,} changelog records:\n"
        f"  {found.resident_bytes / found.customers:,.0f} bytes a customer, "
        f"of which {found.encoded_bytes / found.customers:,.0f} encoded and {found.beyond:,.0f} beyond\n"
        f"  opened in {found.opening_seconds:.1f} s; the collector then passes once in "
        f"{1000 * found.set_aside_seconds:.0f} ms, and later in {1000 * found.pause_seconds:.1f} ms at most"
    )
    BUILD.mkdir(parents=True, exist_ok=True)
    told = {"machine": describe(), "result": asdict(found) | {"beyond_bytes_per_customer": found.beyond}}
    (BUILD / "memory.json").write_text(json.dumps(told, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
