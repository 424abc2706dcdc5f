"""A box that adds up, small enough to be checked by hand, and a memory broker for its task."""

from collections.abc import Sequence
from dataclasses import replace

from streams.core.fold import Box, FoldContext, Unit
from streams.core.pace import CommitPace
from streams.core.ports import Limits, NullObserver
from streams.core.records import Output, Record
from streams.core.task import Task
from streams.memory import MemoryBroker, MemoryTaskLog, VirtualClock
from streams.memory.log import Step
from streams.store import MemoryStore


class Sum:
    """Adds up values per key and says every new sum on `out`; a value of b"bad" is a dead letter."""

    def __init__(self, context: FoldContext) -> None:
        self.now, self._store, self._partition = 0, context.store, context.partition

    def restored(self) -> None:
        pass

    def next_due(self) -> int | None:
        return None

    def fold(self, topic: str, records: Sequence[Record], unit: Unit) -> None:
        del topic
        for record in records:
            self.now = max(self.now, record.timestamp)
            if record.value == b"bad":
                unit.dead_letters += 1
                continue
            key, value = record.key or b"", int(record.value or 0)
            total = int(unit.changes.get(key) or self._store.get(key) or 0) + value
            unit.changes[key] = b"%d" % total
            unit.outputs.append(Output("out", self._partition, key, b"%d" % total))
            unit.tally("sums")


BOX = Box("sum", ("a", "b"), Sum)
URGENT_SOURCE = replace(BOX, urgent=frozenset({"b"}))
URGENT_OUTPUT = replace(BOX, urgent=frozenset({"out"}))


class Bench:
    """A broker and the tasks that come and go on it."""

    def __init__(self) -> None:
        self.broker, self.clock = MemoryBroker(), VirtualClock()

    def task(
        self,
        *,
        box: Box = BOX,
        limits: Limits | None = None,
        is_transactional: bool = True,
        step: Step = lambda _: None,
        pace: CommitPace | None = None,
    ) -> Task:
        context = FoldContext(0, 1, MemoryStore(), self.clock, codec=None, catalogue=None)  # type: ignore[arg-type]
        log = MemoryTaskLog(self.broker, "sum", 0, BOX.sources, is_transactional=is_transactional, step=step)
        self.store, self.log = context.store, log
        return Task(box, context, log, NullObserver(), limits or Limits(), pace)

    def given(self, topic: str, *values: bytes) -> list[Record]:
        return [self.broker.append(topic, 0, b"k", value, timestamp=1000) for value in values]

    def sums(self) -> list[bytes | None]:
        return [record.value for record in self.broker.records("out")]
