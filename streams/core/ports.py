"""The ports of the core: what a task needs of the world. Adapters implement them (Kafka, memory)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from streams.core.records import Millis, Output

Put = Callable[[bytes, bytes | None], None]
"""Receives one changelog record: key, and value or None for a tombstone."""


class Clock(Protocol):
    """Where a stamp comes from."""

    @property
    def is_log(self) -> bool:
        """True when stamps are the source records' Kafka timestamps and no owner ticks."""

    def now(self) -> Millis:
        """Return the time a writer stamps on what it appends."""

    def monotonic(self) -> float:
        """Return seconds of a clock that never goes back, for durations only."""


class Store(Protocol):
    """A task's state, encoded: every value is what the changelog holds under its key."""

    def get(self, key: bytes) -> bytes | None:
        """Return the value of `key`, or None."""

    def of(self, owner: bytes) -> Mapping[str, bytes]:
        """Return the parts of an owner as they are until the next change; empty when there are none."""

    def owners(self) -> Iterator[tuple[bytes, Mapping[str, bytes]]]:
        """Iterate over the owners and their parts, in no particular order."""

    def put(self, key: bytes, value: bytes) -> None:
        """Set `key`."""

    def delete(self, key: bytes) -> None:
        """Remove `key`; absent is fine."""

    def update(self, changes: Mapping[bytes, bytes | None]) -> None:
        """Set each key to its value; None removes it."""

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """Iterate over everything, in no particular order."""

    def clear(self) -> None:
        """Forget everything."""

    def __len__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Commit:
    """What moves together.

    Attributes:
        changes: Changelog records; None deletes. For a log without transactions the keys of one owner stand next to
            each other, and what belongs to the whole partition comes last.
        outputs: Records for other topics, in order.
        offsets: Next offset to read of every source that advanced, by logical topic name.
    """

    changes: Mapping[bytes, bytes | None]
    outputs: Sequence[Output]
    offsets: Mapping[str, int]


class TaskLog(Protocol):
    """One task's half of the log: its changelog, its outputs, its sources' offsets."""

    @property
    def is_transactional(self) -> bool:
        """True when a commit is atomic and a former owner is fenced."""

    async def fence(self) -> None:
        """Become the only writer of this task; returns after the former owner's commit is decided.

        Without transactions there is no fence and this does nothing.
        """

    async def committed(self) -> Mapping[str, int | None]:
        """Return the committed next offset per source; to be read after `fence`."""

    async def earliest(self) -> Mapping[str, int]:
        """Return the first offset that is still there of each source; what keeps everything may be left out."""

    async def latest(self) -> Mapping[str, int]:
        """Return the end of each source, as far as the broker is to be believed; the others are left out."""

    async def read_changelog(self, put: Put) -> int:
        """Feed every changelog record, oldest first, to `put`, up to the true end; return how many."""

    async def commit(self, commit: Commit, meta: tuple[bytes, bytes]) -> None:
        """Make `commit` durable, `meta` (key, value) being its last changelog record.

        Transactional: all of it or nothing becomes visible to read_committed readers. Otherwise outputs,
        then changelog, then offsets, each acknowledged before the next.

        Raises:
            CommitFailed: the outcome is a failure or unknown.
        """

    async def close(self) -> None:
        """Let go of connections; never blocks for long, never raises."""


class Observer(Protocol):
    """Who watches: metrics in production, a list in tests. Must not raise."""

    def applied(self, box: str, topic: str, events: int, seconds: float, age_seconds: float | None) -> None:
        """A chunk was folded. `age_seconds` is its oldest record's age, None on the log's clock."""

    def committed(self, box: str, seconds: float, tallies: Mapping[tuple[str, tuple[str, ...]], int]) -> None:
        """A commit succeeded; `tallies` are the counts that became true with it."""

    def recovered(self, box: str, partition: int, records: int, seconds: float) -> None:
        """A task's state was read back."""

    def task_state(self, box: str, partition: int, state: str) -> None:
        """A task is now `recovering`, `open`, `braked` or `closed`."""


class NullObserver:
    """Watches nothing."""

    def applied(self, box: str, topic: str, events: int, seconds: float, age_seconds: float | None) -> None:
        """Ignore."""

    def committed(self, box: str, seconds: float, tallies: Mapping[tuple[str, tuple[str, ...]], int]) -> None:
        """Ignore."""

    def recovered(self, box: str, partition: int, records: int, seconds: float) -> None:
        """Ignore."""

    def task_state(self, box: str, partition: int, state: str) -> None:
        """Ignore."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a task may hold before it commits, and when it must stop.

    Attributes:
        commit_spacing_seconds: Least time between the beginnings of two commits of a task; a transaction costs
            the same whatever it holds, so what waits goes together.
        commit_timeout_seconds: A commit that takes longer has failed.
        in_flight_bytes: Encoded bytes applied but not committed beyond which the task is congested.
        in_flight_seconds: Age of the oldest uncommitted chunk beyond which the task is congested.
        brake_in_a_row: Dead letters in an unbroken row that stop the task.
        brake_fraction: Share of dead letters within `brake_window` inputs that stops the task.
        brake_window: Inputs over which the share is taken.
        is_reset_accepted: Committed offsets that contradict the state, and records that were deleted unread, do not
            stop a task from opening.
    """

    commit_spacing_seconds: float = 0.02
    commit_timeout_seconds: float = 30.0
    in_flight_bytes: int = 16 << 20
    in_flight_seconds: float = 5.0
    brake_in_a_row: int = 1000
    brake_fraction: float = 0.5
    brake_window: int = 10_000
    is_reset_accepted: bool = False
