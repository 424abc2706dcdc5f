"""A broker in memory whose offsets have gaps, as transactions leave them, and a task's log that fails at any step."""

from bisect import bisect_left
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Final

from streams.core.errors import CommitFailed, Fenced
from streams.core.keys import owner_of
from streams.core.ports import Commit, Put
from streams.core.records import Header, Millis, Output
from streams.memory import MemoryBroker, MemoryRecord

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


class SimLog:
    """A task's half of the broker; at every step of a commit it pauses, and trouble may strike.

    Args:
        broker: The broker.
        name: Box and number of the task.
        sources: The box's source topics.
        is_transactional: Whether a commit is atomic and fenced.
        trouble: What strikes.
        slowness: Says how long each answer takes, in pauses.
    """

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
        self._broker, self._box, self._partition, self._sources = broker, name[0], name[1], sources
        self._trouble, self._slowness, self._epoch = trouble, slowness, 0
        self.is_transactional = is_transactional

    @property
    def changelog(self) -> str:
        """Name of the changelog topic."""
        return f"{self._box}-changelog"

    async def fence(self) -> None:
        """Take over the transactional id; a former owner's transaction is ended."""
        if self.is_transactional:
            name = f"{self._box}-{self._partition}"
            self._epoch = self._broker.epochs[name] = self._broker.epochs.get(name, 0) + 1
        await self._answer()

    async def committed(self) -> Mapping[str, int | None]:
        """Return the committed offsets."""
        found = {t: self._broker.offsets.get((self._box, self._partition, t)) for t in self._sources}
        await self._answer()
        return found

    async def earliest(self) -> Mapping[str, int]:
        """Return nothing: everything is kept."""
        return {}

    async def latest(self) -> Mapping[str, int]:
        """Return nothing: nothing is ever taken back."""
        return {}

    async def read_changelog(self, put: Put) -> int:
        """Feed the whole changelog to `put`, compacted at times: only the last record of each key."""
        records = self._broker.partitions.get((self.changelog, self._partition), [])
        for record in list(records):
            if record.key is not None:
                put(record.key, record.value)
        await self._answer()
        return len(records)

    async def commit(self, commit: Commit, meta: tuple[bytes, bytes]) -> None:
        """Make everything visible, atomically when transactional; else output by output, customer by customer."""
        if self.is_transactional:
            await self._transact(commit, meta)
        else:
            await self._write(commit, meta)

    async def _transact(self, commit: Commit, meta: tuple[bytes, bytes]) -> None:
        await self._step("begin")
        await self._step("produced")
        await self._step("acknowledged")
        await self._step("offsets")
        self._check_fence()
        for out in commit.outputs:
            self._put(out)
        for key, value in (*commit.changes.items(), meta):
            self._broker.append(self.changelog, self._partition, key, value)
        self._set_offsets(commit)
        for topic, partition in {(out.topic, out.partition) for out in commit.outputs}:
            self._broker.mark(topic, partition)
        self._broker.mark(self.changelog, self._partition)
        await self._step("committed")

    async def _write(self, commit: Commit, meta: tuple[bytes, bytes]) -> None:
        for out in commit.outputs:
            await self._step("outputs")
            self._put(out)
        owner = None
        for key, value in (*commit.changes.items(), meta):
            if owner_of(key) != owner:
                owner = owner_of(key)
                await self._step("changelog")
            self._broker.append(self.changelog, self._partition, key, value)
        await self._step("offsets")
        self._set_offsets(commit)
        await self._step("committed")

    async def _answer(self) -> None:
        for _ in range(self._slowness()):
            await Pause()

    async def _step(self, name: str) -> None:
        await self._answer()
        trouble = self._trouble(name)
        if trouble is not None:
            raise CommitFailed(f"{trouble} at {name}")

    def _check_fence(self) -> None:
        if self._broker.epochs.get(f"{self._box}-{self._partition}") != self._epoch:
            raise Fenced(f"task {self._box}-{self._partition} belongs to another worker")

    def _put(self, out: Output) -> None:
        self._broker.append(out.topic, out.partition, out.key, out.value, out.headers, out.timestamp or 0)

    def _set_offsets(self, commit: Commit) -> None:
        for topic, offset in commit.offsets.items():
            self._broker.offsets[self._box, self._partition, topic] = offset

    async def close(self) -> None:
        """Nothing is held."""
