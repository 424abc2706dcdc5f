"""A broker in memory whose offsets have gaps, as transactions leave them, and a task's log that fails at any step."""

from bisect import bisect_left
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Final

from streams.core.errors import CommitFailed
from streams.core.ports import Commit, Put
from streams.core.records import Header, Millis
from streams.memory import MemoryBroker, MemoryRecord, MemoryTaskLog

ORDER: Final = attrgetter("offset")
Trouble = Callable[[str], str | None]
"""Asked at a step of a commit; returns `refused` or `lost` when that is to happen there."""


class Pause:
    """Awaited where the world may go on without this worker."""

    def __await__(self) -> Generator[None, Any, None]:
        yield


@dataclass
class GappyBroker(MemoryBroker):
    """Keeps records by offset; every transaction leaves a marker on each partition that it touched.

    Attributes:
        ends: Next offset by (topic, partition).
    """

    ends: dict[tuple[str, int], int] = field(default_factory=dict)

    def append(
        self,
        topic: str,
        partition: int,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[Header] = (),
        timestamp: Millis = 0,
    ) -> MemoryRecord:
        """Append one record and return it."""
        offset = self.ends.get((topic, partition), 0)
        record = MemoryRecord(topic, partition, offset, timestamp, key, value, headers)
        self.partitions.setdefault((topic, partition), []).append(record)
        self.ends[topic, partition] = offset + 1
        return record

    def mark(self, topic: str, partition: int, count: int = 1) -> None:
        """Use up offsets without a record."""
        self.ends[topic, partition] = self.ends.get((topic, partition), 0) + count

    def read(self, topic: str, partition: int, start: int, limit: int) -> list[MemoryRecord]:
        """Return up to `limit` records from offset `start` on."""
        log = self.partitions.get((topic, partition), [])
        first = bisect_left(log, start, key=ORDER)
        return log[first : first + limit]

    def is_read(self, topic: str, partition: int, start: int) -> bool:
        """Return True when there is no record from `start` on."""
        log = self.partitions.get((topic, partition))
        return not log or log[-1].offset < start


class SimLog(MemoryTaskLog):
    """A task's half of the broker; at every step of a commit it pauses, and trouble may strike.

    Args:
        broker: The broker.
        name: Box and number of the task.
        sources: The box's source topics.
        is_transactional: Whether a commit is atomic and fenced.
        trouble: What strikes.
        slowness: Says how long each answer takes, in pauses.
    """

    _broker: GappyBroker

    def __init__(
        self,
        broker: GappyBroker,
        name: tuple[str, int],
        sources: Sequence[str],
        *,
        is_transactional: bool,
        trouble: Trouble,
        slowness: Callable[[], int],
    ) -> None:
        super().__init__(broker, *name, sources, is_transactional=is_transactional)
        self._trouble, self._slowness = trouble, slowness

    async def fence(self) -> None:
        """Take over the transactional id; a former owner's transaction is ended."""
        await super().fence()
        await self._answer()

    async def committed(self) -> Mapping[str, int | None]:
        """Return the committed offsets, as they were when they were asked for."""
        found = await super().committed()
        await self._answer()
        return found

    async def read_changelog(self, put: Put) -> int:
        """Feed the whole changelog to `put`, as it was when it was asked for."""
        count = await super().read_changelog(put)
        await self._answer()
        return count

    async def commit(self, commit: Commit, meta: tuple[bytes, bytes]) -> None:
        """Make everything visible, atomically when transactional; else output by output, customer by customer."""
        await (self._transact if self.is_transactional else self._write)(commit, meta)
        await self._reach("committed")

    async def _transact(self, commit: Commit, meta: tuple[bytes, bytes]) -> None:
        for name in ("begin", "produced", "acknowledged", "offsets"):
            await self._reach(name)
        self._check_fence()
        for _ in self._writing(commit, meta):  # nobody else has a turn meanwhile
            pass
        for topic, partition in {(out.topic, out.partition) for out in commit.outputs}:
            self._broker.mark(topic, partition)
        self._broker.mark(self.changelog, self._partition)

    async def _write(self, commit: Commit, meta: tuple[bytes, bytes]) -> None:
        for name in self._writing(commit, meta):
            await self._reach(name)

    async def _answer(self) -> None:
        for _ in range(self._slowness()):
            await Pause()

    async def _reach(self, step: str) -> None:
        await self._answer()
        trouble = self._trouble(step)
        if trouble is not None:
            raise CommitFailed(f"{trouble} at {step}")
