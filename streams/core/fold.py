"""What a box does with a chunk: pure, synchronous, without I/O."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from schemas import Catalogue
from streams.codec import Codec
from streams.core.ports import Clock, Store
from streams.core.records import Millis, Output, Record


class Unit:
    """What folding one chunk wants committed.

    Attributes:
        changes: State changes by changelog key; None deletes. The task writes them to the store after the fold.
        outputs: Records for other topics, in order.
        tallies: Counts by (metric name, label values) that become true with the commit.
        dead_letters: How many of the chunk's inputs ended as dead letters; feeds the brake.
    """

    __slots__ = ("changes", "dead_letters", "outputs", "tallies")

    def __init__(self) -> None:
        self.changes: dict[bytes, bytes | None] = {}
        self.outputs: list[Output] = []
        self.tallies: dict[tuple[str, tuple[str, ...]], int] = {}
        self.dead_letters = 0

    def tally(self, metric: str, *labels: str, count: int = 1) -> None:
        """Count `count` more of `metric` with these label values, once the chunk is committed."""
        key = (metric, labels)
        self.tallies[key] = self.tallies.get(key, 0) + count


class Fold(Protocol):
    """The state machine of one task. Same records in the same order give the same units.

    Attributes:
        now: The task's time, kept through crashes by META; never goes back.
    """

    now: Millis

    def restored(self) -> None:
        """Build what is derived from the store; called once, before the first `fold`."""

    def fold(self, topic: str, records: Sequence[Record], unit: Unit) -> None:
        """Apply `records` of the source `topic` in order and write what follows from them into `unit`.

        Bad input never raises: it ends as a dead letter. An exception is a broken invariant of the engine.
        """

    def next_due(self) -> Millis | None:
        """Return when the earliest timer is due, or None; an owner tick is appended then."""


@dataclass(frozen=True, slots=True)
class FoldContext:
    """What a fold may use.

    Attributes:
        partition: Number k of the task.
        partitions: N, the partitions of every people-keyed topic.
        store: The task's state; a fold reads it, and writes through its unit.
        clock: Source of stamps.
        codec: Bytes to typed records and back.
        catalogue: The contracts.
        max_value_bytes: Values above it are dead letters.
        pseudonym_key: Key of the hash that names provisional customers.
    """

    partition: int
    partitions: int
    store: Store
    clock: Clock
    codec: Codec
    catalogue: Catalogue
    max_value_bytes: int = 262_144
    pseudonym_key: bytes = b"development"


@dataclass(frozen=True, slots=True)
class Box:
    """A box of the picture: a name, its co-partitioned sources, and what it does with them.

    Attributes:
        name: Names the Faust agent, the table and the changelog.
        sources: Logical topic names; partition k of all of them is one task.
        is_single: True for a box of one task on one partition (control).
        has_ticks: True when the task's owner appends a tick when a timer is due and nothing comes.
        urgent: Logical topics that a person waits at. What is read from a source among them, or would go out to an
            output among them, is committed at once, whosever turn it is.
        fold: Makes the state machine of one task.
    """

    name: str
    sources: tuple[str, ...]
    fold: Callable[[FoldContext], Fold]
    is_single: bool = False
    has_ticks: bool = False
    urgent: frozenset[str] = frozenset()

    def tasks(self, partitions: int) -> int:
        """Return how many tasks the box has where people-keyed topics have so many partitions."""
        return 1 if self.is_single else partitions
