"""Records on a partition that is not their identifier's, handed on unchanged to the one that is."""

from typing import Final

from streams.core.records import Header, Output, Record
from streams.guard import Origin
from streams.topics import STRAY

_COORDINATES: Final = ("hub_topic", "hub_partition", "hub_offset")
"""Appended after the record's own headers, in this order, and taken off again from the end, so that a record that
carries headers of these names already (one put back from dead letters) keeps its own."""


def coordinates(topic: str, partition: int) -> tuple[Header, Header]:
    """Return what all strays of a partition of a public topic say."""
    return (_COORDINATES[0], topic.encode()), (_COORDINATES[1], b"%d" % partition)


def stray(record: Record, place: tuple[Header, Header], partition: int) -> Output:
    """Return `record` of the public `place` as a stray for `partition`; key, value and timestamp stay."""
    headers = (*record.headers, *place, (_COORDINATES[2], b"%d" % record.offset))
    return Output(STRAY, partition, record.key, record.value, headers, record.timestamp)


def origin_of_stray(record: Record) -> Origin:
    """Return the record as its public topic held it.

    Raises:
        ValueError: its last headers are not what `stray` wrote; nobody but resolve writes to this topic.
    """
    own, added = record.headers[: -len(_COORDINATES)], record.headers[-len(_COORDINATES) :]
    if [name for name, _ in added] != [*_COORDINATES]:
        raise ValueError("a stray record without the coordinates of its origin")
    topic, partition, offset = [value or b"" for _, value in added]
    return Origin(topic.decode(), int(partition), int(offset), record.timestamp, record.key, record.value, tuple(own))
