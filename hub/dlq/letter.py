"""A dead letter as a person meets it: why it is here, and the record that it was."""

import re
from collections.abc import AsyncIterator, Sequence
from typing import Final

import msgspec

from hub.connection import Reader
from hub.refusal import CommandRefused
from schemas import load
from streams.core.records import Header, Millis, Record
from streams.guard import DEAD_LETTER_SUFFIX, Origin

REPLAYED_FROM: Final = "hub_replayed_from"
"""Header of a replayed record: `partition:offset` of the dead letter that it was; more than its original had."""
FOREIGN: Final = "foreign"
"""Stands for a reason where somebody else wrote the record: there is no original to go back to."""

_WRITTEN: Final = (
    "hub_reason",
    "hub_detail",
    "hub_stage",
    "hub_topic",
    "hub_partition",
    "hub_offset",
    "hub_timestamp",
)
"""What the hub appends, in its order. Headers of these names before the last seven are the original's own."""

_NUMBER: Final = re.compile(r"-?[0-9]{1,18}")
"""A record of a producer that sets no time has the timestamp -1."""


class Letter(msgspec.Struct, frozen=True, gc=False):
    """A dead letter.

    Attributes:
        partition: Where it is in the dead letters.
        offset: The same.
        put_aside_at: When it was put there.
        reason: Why; of the closed list, or `FOREIGN`.
        stage: The box that gave up on it.
        detail: One clause for the producer's developer.
        origin: The record as its topic held it.
    """

    partition: int
    offset: int
    put_aside_at: Millis
    reason: str
    stage: str
    detail: str
    origin: Origin

    def __repr__(self) -> str:
        return f"Letter({self.origin.topic}, {self.at}, {self.reason})"

    @property
    def at(self) -> str:
        """Its place in the dead letters, as `--at` takes it."""
        return f"{self.partition}:{self.offset}"

    @property
    def replayed_from(self) -> str | None:
        """The place of the letter that a replay made the original of this one from; None for a producer's own."""
        return next((text_of(value) for name, value in self.origin.headers if name == REPLAYED_FROM), None)


def letter_of(topic: str, record: Record) -> Letter:
    """Read a record of the dead letters of `topic`; headers that the hub did not append stay with the original."""
    own, added = tuple(record.headers)[: -len(_WRITTEN)], tuple(record.headers)[-len(_WRITTEN) :]
    if tuple(name for name, _ in added) == _WRITTEN:
        reason, detail, stage, source, *numbers = [text_of(value) for _, value in added]
        if source == topic and all(map(_NUMBER.fullmatch, numbers)):
            partition, offset, timestamp = map(int, numbers)
            origin = Origin(topic, partition, offset, timestamp, record.key, record.value, own)
            return Letter(record.partition, record.offset, record.timestamp, reason, stage, detail, origin)
    origin = _as_it_is(topic, record)
    return Letter(record.partition, record.offset, record.timestamp, FOREIGN, "", "the hub did not write this", origin)


def _as_it_is(topic: str, record: Record) -> Origin:
    headers: tuple[Header, ...] = tuple(record.headers)
    return Origin(topic, record.partition, record.offset, record.timestamp, record.key, record.value, headers)


def text_of(value: bytes | None) -> str:
    """Return a header's value as text, whatever it is."""
    return (value or b"").decode("utf-8", "backslashreplace")


def owned_topic(name: str) -> str:
    """Return the topic whose dead letters are meant: it may be named itself, or they.

    Raises:
        CommandRefused: there is none, or it has no dead letters.
    """
    topics = load().topics
    topic = name.removesuffix(DEAD_LETTER_SUFFIX)
    if topic + DEAD_LETTER_SUFFIX in topics:
        return topic
    if topic in topics:
        raise CommandRefused(f"{topic} has no dead letters, since only the hub writes it.")
    raise CommandRefused(f"there is no topic {topic}; those with dead letters are {', '.join(owned_topics())}.")


def owned_topics() -> list[str]:
    """Return every topic that has dead letters, in order of name."""
    topics = load().topics.values()
    return sorted(each.name.removesuffix(DEAD_LETTER_SUFFIX) for each in topics if each.direction == "dlq")


async def letters(source: Reader, topics: Sequence[str]) -> AsyncIterator[Letter]:
    """Yield the dead letters of these topics; those of a partition in their order.

    Raises:
        CommandRefused: one is not on the cluster, or the broker stopped answering.
    """
    await source.assign_all([topic + DEAD_LETTER_SUFFIX for topic in topics])
    async for record in source.to_end():
        yield letter_of(source.logical(record.topic).removesuffix(DEAD_LETTER_SUFFIX), record)
