"""The consumer loop over a memory broker: every task of every box, in one thread, in a chosen order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from streams.core.fold import Box, FoldContext
from streams.core.ports import Limits, NullObserver, Observer
from streams.core.records import Millis
from streams.core.task import Task
from streams.memory.clock import VirtualClock
from streams.memory.log import MemoryBroker, MemoryTaskLog, Step
from streams.store import MemoryStore


@dataclass
class MemoryHub:
    """Runs boxes until nothing moves.

    Attributes:
        boxes: The boxes.
        make_context: Makes a task's context from (partition, store, clock).
        partitions: N.
        broker: Survives a crash of the hub.
        clock: Stamps.
        is_transactional: Kind of broker to behave like.
        chunk: Most records handed to a task at once.
        step: Crash hook of every commit.
    """

    boxes: Sequence[Box]
    make_context: Callable[[int, MemoryStore, VirtualClock], FoldContext]
    partitions: int = 2
    broker: MemoryBroker = field(default_factory=MemoryBroker)
    clock: VirtualClock = field(default_factory=VirtualClock)
    is_transactional: bool = True
    chunk: int = 500
    step: Step = lambda _: None
    observer: Observer = field(default_factory=NullObserver)
    tasks: dict[tuple[str, int], Task] = field(default_factory=dict)

    async def start(self) -> None:
        """Open every task; after a crash on a new instance over the same broker."""
        for box in self.boxes:
            for k in range(box.tasks(self.partitions)):
                log = MemoryTaskLog(
                    self.broker, box.name, k, box.sources,
                    is_transactional=self.is_transactional, now=self.clock.now, step=self.step,
                )  # fmt: skip
                task = Task(box, self.make_context(k, MemoryStore(), self.clock), log, self.observer, Limits())
                self._seek(box, k, await task.open())
                self.tasks[box.name, k] = task

    def _seek(self, box: Box, k: int, start: Mapping[str, int | None]) -> None:
        for topic in box.sources:
            self._positions[box.name, k, topic] = start[topic] or 0

    async def settle(self, limit: int = 10_000) -> None:
        """Deliver, fold and commit until every source is read to its end.

        Raises:
            RuntimeError: it does not come to rest within `limit` rounds.
        """
        for _ in range(limit):
            if not await self._round():
                return
        raise RuntimeError("the boxes keep feeding each other")

    async def _round(self) -> bool:
        has_moved = False
        for (name, k), task in self.tasks.items():
            for topic in task.box.sources:
                start = self._positions[name, k, topic]
                records = self.broker.read(topic, k, start, self.chunk)
                if records:
                    task.apply(topic, records)
                    self._positions[name, k, topic] = records[-1].offset + 1
                    has_moved = True
            await task.commit_pending()
        return has_moved

    def next_due(self) -> Millis | None:
        """Return when the earliest timer of all tasks is due, or None."""
        return min((due for task in self.tasks.values() if (due := task.next_due()) is not None), default=None)

    _positions: dict[tuple[str, int, str], int] = field(default_factory=dict, repr=False)
