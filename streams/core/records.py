"""What flows in and out of a task."""

from collections.abc import Sequence
from typing import Protocol, TypeAlias

import msgspec

Millis: TypeAlias = int
"""A point in time, UTC milliseconds since the epoch."""

Header: TypeAlias = tuple[str, bytes | None]
"""A record header: name and raw value; Kafka allows a value of null."""


class Record(Protocol):
    """One record of a source partition, as a consumer returns it.

    aiokafka's `ConsumerRecord` satisfies it as it is, so that the hot path copies nothing.
    """

    @property
    def offset(self) -> int:
        """Position in the source partition. Gaps between consecutive records are legal."""

    @property
    def partition(self) -> int:
        """Number of the source partition."""

    @property
    def timestamp(self) -> Millis:
        """The record's Kafka timestamp (CreateTime)."""

    @property
    def key(self) -> bytes | None:
        """The raw key."""

    @property
    def value(self) -> bytes | None:
        """The raw value; None is a tombstone."""

    @property
    def headers(self) -> Sequence[Header]:
        """Raw headers in their order; names may repeat."""


class Output(msgspec.Struct, frozen=True, gc=False):
    """One record to be produced within a task's commit.

    Made once or twice per event: a quarter of what a named tuple costs, and nothing that the collector looks at.

    Attributes:
        topic: Logical topic name; the adapter adds the installation's prefix.
        partition: Explicit target partition; nothing is left to a partitioner.
        key: Raw key.
        value: Raw value.
        headers: Raw headers.
        timestamp: Kafka timestamp; None lets the log stamp the record.
    """

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[Header] = ()
    timestamp: Millis | None = None

    def __repr__(self) -> str:
        return f"Output({self.topic}-{self.partition})"
