"""Records on a partition that is not their identifier's, handed on unchanged to the one that is."""

from typing import Final

from streams.core.records import Output, Record
from streams.guard import Origin
from streams.topics import STRAY

_COORDINATES: Final = ("hub_topic", "hub_partition", "hub_offset")
"""Appended after the record's own headers, in this order, and taken off again from the end, so that a record that
carries headers of these names already (one put back from dead letters) keeps its own."""


def stray(topic: str, record: Record, partition: int) -> Output:
    """Return `record` of the public `topic` as a stray for `partition`; key, value and timestamp stay."""
    values = (topic.encode(), b"%d" % record.partition, b"%d" % record.offset)
    headers = (*record.headers, *zip(_COORDINATES, values, strict=True))
    return Output(STRAY, partition, record.key, record.value, headers, record.timestamp)


def origin_of_stray(record: Record) -> Origin:
    """Return the record as its public topic held it.

    Raises:
        ValueError: its last headers are not what `stray` wrote; nobody but resolve writes to this topic.
    """
    own, added = record.headers[: -len(_COORDINATES)], record.headers[-len(_COORDINATES) :]
    if tuple(name for name, _ in added) != _COORDINATES:
        raise ValueError("a stray record without the coordinates of its origin")
    topic, partition, offset = (value or b"" for _, value in added)
    return Origin(topic.decode(), int(partition), int(offset), record.timestamp, record.key, record.value, tuple(own))
