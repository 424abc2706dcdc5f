"""A broker in memory: partitions, committed offsets, transactional producers with epochs, and none of the network."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from streams.core.errors import Fenced
from streams.core.keys import owner_of
from streams.core.ports import Commit, Put
from streams.core.records import Header, Millis

Step = Callable[[str], None]
"""Called at each step of a commit ("changelog", "outputs", ...); raising there is a crash at that step."""


@dataclass(frozen=True, slots=True)
class MemoryRecord:
    """A record as a consumer sees it."""

    topic: str
    partition: int
    offset: int
    timestamp: Millis
    key: bytes | None
    value: bytes | None
    headers: Sequence[Header] = ()


@dataclass
class MemoryBroker:
    """Topics by logical name, created when first written, each with the partitions its writers name.

    Attributes:
        offsets: Committed next offset by (box, partition, topic).
        epochs: Current epoch of each transactional id.
    """

    partitions: dict[tuple[str, int], list[MemoryRecord]] = field(default_factory=dict)
    offsets: dict[tuple[str, int, str], int] = field(default_factory=dict)
    epochs: dict[str, int] = field(default_factory=dict)

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
        log = self.partitions.setdefault((topic, partition), [])
        record = MemoryRecord(topic, partition, len(log), timestamp, key, value, headers)
        log.append(record)
        return record

    def read(self, topic: str, partition: int, start: int, limit: int) -> list[MemoryRecord]:
        """Return up to `limit` records from offset `start` on."""
        return self.partitions.get((topic, partition), [])[start : start + limit]

    def records(self, topic: str) -> list[MemoryRecord]:
        """Return everything in a topic, partition by partition."""
        return [r for (name, _), log in sorted(self.partitions.items()) if name == topic for r in log]


class MemoryTaskLog:
    """A task's half of a memory broker.

    Args:
        broker: The broker.
        box: Name of the box; with `partition` it names the changelog and the transactional id.
        partition: Number of the task.
        sources: The box's source topics.
        is_transactional: Whether a commit is atomic and fenced.
        now: Stamps what carries no timestamp of its own.
        step: Crash hook, see `Step`.
    """

    def __init__(
        self,
        broker: MemoryBroker,
        box: str,
        partition: int,
        sources: Sequence[str],
        *,
        is_transactional: bool = True,
        now: Callable[[], Millis] = lambda: 0,
        step: Step = lambda _: None,
    ) -> None:
        self._broker, self._box, self._partition, self._sources = broker, box, partition, sources
        self._now, self._step, self._epoch = now, step, 0
        self.is_transactional = is_transactional

    @property
    def changelog(self) -> str:
        """Name of the changelog topic."""
        return f"{self._box}-changelog"

    async def fence(self) -> None:
        """Take over the transactional id."""
        name = f"{self._box}-{self._partition}"
        self._epoch = self._broker.epochs[name] = self._broker.epochs.get(name, 0) + 1

    async def committed(self) -> Mapping[str, int | None]:
        """Return the committed offsets."""
        return {t: self._broker.offsets.get((self._box, self._partition, t)) for t in self._sources}

    async def earliest(self) -> Mapping[str, int]:
        """Return nothing: everything is kept."""
        return {}

    async def latest(self) -> Mapping[str, int]:
        """Return nothing: nothing is ever taken back."""
        return {}

    async def read_changelog(self, put: Put) -> int:
        """Feed the whole changelog to `put`."""
        records = self._broker.partitions.get((self.changelog, self._partition), [])
        for record in records:
            if record.key is not None:
                put(record.key, record.value)
        return len(records)

    async def commit(self, commit: Commit, meta: tuple[bytes, bytes]) -> None:
        """Make everything visible; atomically when transactional, else in the order of the port's contract."""
        if self.is_transactional:
            self._check_fence()
            for name in ("changelog", "outputs", "offsets"):
                self._step(name)  # a crash at any of them leaves nothing behind
        for name in self._writing(commit, meta):
            if not self.is_transactional:
                self._step(name)
        self._step("committed")

    def _check_fence(self) -> None:
        if self._broker.epochs.get(f"{self._box}-{self._partition}") != self._epoch:
            raise Fenced(f"task {self._box}-{self._partition} belongs to another worker")

    def _writing(self, commit: Commit, meta: tuple[bytes, bytes]) -> Iterator[str]:
        """Write output by output, customer by customer, then offsets; yield each one's step before it is written."""
        for out in commit.outputs:
            yield "outputs"
            stamp = self._now() if out.timestamp is None else out.timestamp
            self._broker.append(out.topic, out.partition, out.key, out.value, out.headers, stamp)
        owner = None  # without transactions a crash may fall between two customers, never within one
        for key, value in (*commit.changes.items(), meta):
            if owner_of(key) != owner:
                owner = owner_of(key)
                yield "changelog"
            self._broker.append(self.changelog, self._partition, key, value, (), self._now())
        yield "offsets"
        self._set_offsets(commit)

    def _set_offsets(self, commit: Commit) -> None:
        for topic, offset in commit.offsets.items():
            self._broker.offsets[self._box, self._partition, topic] = offset

    async def close(self) -> None:
        """Nothing is held."""
