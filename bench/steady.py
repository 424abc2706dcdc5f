"""The hub in memory under a small fixed load, beside a loop of plain Python: the process that `bench.cost` measures.

usage: python -m bench.steady hub|loop|both [--counted]

`hub` works off the second half of an operator day, `loop` does turns of plain Python, `both` an hour of the one and
some turns of the other in alternation. `--counted` switches callgrind on for what is measured, and off again. Prints
what was done and what CPU time it took, as JSON.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from bench import load
from bench.plan import BenchPlan
from hub.composition import boxes
from operator_day.events import Event
from operator_day.publisher import partition_for
from schemas import load as load_contracts
from streams.codec import Codec
from streams.core.fold import FoldContext
from streams.memory import MemoryHub, VirtualClock
from streams.store import MemoryStore

PLAN: Final = BenchPlan(events=6_000, customers=300)
PARTITIONS: Final = 2
HOURS: Final = 24
TURNS: Final = 20_000
"""About as long as an hour of the load."""


class Done(NamedTuple):
    """How many events or turns were done, and what CPU time they took."""

    units: int
    seconds: float


class _Item:
    __slots__ = ("key", "number", "text")

    def __init__(self, key: bytes, text: str, number: int) -> None:
        self.key, self.text, self.number = key, text, number


def turn(turns: int) -> int:
    """Do what an interpreter does all day: calls, small objects, dictionaries, slices, text, numbers."""
    known: dict[bytes, _Item] = {}
    total = 0
    for number in range(turns):
        key = b"%06d" % (number & 1023)
        item = known.get(key)
        if item is None:
            item = known[key] = _Item(key, key[2:].decode(), number)
        total += _weigh(item, number)
    return total


def _weigh(item: _Item, number: int) -> int:
    item.number = number
    parts = (item.text, item.key[:4], number >> 3)
    return len(b"".join((item.key, parts[1]))) + (parts[2] & 7)


class Steady:
    """A hub in memory that works off a day.

    Attributes:
        stores: The state of each task, by box and number.
    """

    def __init__(self, plan: BenchPlan = PLAN, partitions: int = PARTITIONS) -> None:
        self._load, self._partitions = load.write(plan.day(), HOURS), partitions
        self.stores: dict[tuple[str, int], MemoryStore] = {}
        catalogue = load_contracts()
        codec = Codec(catalogue)
        programme = boxes(catalogue)
        names = [(box.name, k) for box in programme for k in range(box.tasks(partitions))]

        def context(partition: int, store: MemoryStore, clock: VirtualClock) -> FoldContext:
            self.stores[names[len(self.stores)]] = store
            return FoldContext(partition, partitions, store, clock, codec, catalogue)

        self._hub = MemoryHub(programme, context, partitions, clock=VirtualClock(is_log=True))
        self._single = {topic.name for topic in catalogue.control_topics()}

    async def warm_up(self) -> None:
        """Work off the eve and the first half of the day."""
        await self._hub.start()
        for step in self._load.eve:
            await self._work_off(step)
        for hour in range(HOURS // 2):
            await self.hour(hour)

    async def whole_day(self) -> None:
        """Work off the eve and all of the day."""
        await self.warm_up()
        for hour in range(HOURS // 2, HOURS):
            await self.hour(hour)

    async def hour(self, number: int) -> int:
        """Work off an hour; return how many events it had."""
        part = self._load.slices[number]
        await self._work_off(part.events)
        await self._work_off(part.ticks)
        return len(part.events)

    async def _work_off(self, events: list[Event]) -> None:
        for event in events:
            place = 0 if event.topic in self._single else self._place(event)
            self._hub.broker.append(event.topic, place, event.key, event.value, event.headers, event.timestamp)
        await self._hub.settle()

    def _place(self, event: Event) -> int:
        if event.key is None:
            return event.timestamp % self._partitions
        return partition_for(event.key, event.placement, self._partitions)


async def measure(what: str, *, is_counted: bool) -> dict[str, Done]:
    """Measure the hub, the loop, or both by turns."""
    done = {name: Done(0, 0.0) for name in ("hub", "loop") if what in (name, "both")}

    def add(name: str, count: int, since: float) -> None:
        before = done[name]
        done[name] = Done(before.units + count, before.seconds + time.process_time() - since)

    steady = Steady()
    await steady.warm_up()
    turn(TURNS)
    with _counting() if is_counted else _nothing():
        for hour in range(HOURS // 2, HOURS):
            if "hub" in done:
                since = time.process_time()
                add("hub", await steady.hour(hour), since)
            if "loop" in done:
                since = time.process_time()
                turn(TURNS)
                add("loop", TURNS, since)
    return done


@contextmanager
def _counting() -> Iterator[None]:
    _switch("on")
    yield
    _switch("off")


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def _switch(state: str) -> None:
    subprocess.run(["callgrind_control", "-i", state, str(os.getpid())], check=True, capture_output=True)  # noqa: S603, S607


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(sys.argv[1], is_counted="--counted" in sys.argv))))
