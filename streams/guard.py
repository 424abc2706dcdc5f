"""Where trouble stays local: dead letters that keep the bytes, and the brake that stops a task."""

from collections.abc import Sequence

import msgspec

from schemas.reasons import DeadLetterReason
from streams.core.fold import Unit
from streams.core.records import Header, Millis, Output, Record
from streams.tallies import Tally

DEAD_LETTER_SUFFIX = ".dlq"


class Refused(Exception):  # noqa: N818 - reads as what happened
    """A record must go to the dead letters of the topic that it came in on.

    Attributes:
        reason: From the closed list.
        detail: One clause for the producer's developer; holds no part of the payload.
    """

    def __init__(self, reason: DeadLetterReason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail


class Origin(msgspec.Struct, frozen=True, gc=False):
    """An input as the public topic held it: its coordinates and its bytes, untouched.

    Attributes:
        topic: Logical name of the topic it came in on.
        partition: Its partition there.
        offset: Its offset there.
        timestamp: Its Kafka timestamp there.
        key: Raw key.
        value: Raw value.
        headers: Raw headers, as its producer set them.
    """

    topic: str
    partition: int
    offset: int
    timestamp: Millis
    key: bytes | None
    value: bytes | None
    headers: Sequence[Header]


def origin_of(topic: str, record: Record) -> Origin:
    """Return `record` of the public `topic` as it is."""
    return Origin(topic, record.partition, record.offset, record.timestamp, record.key, record.value, record.headers)


def dead_letter(origin: Origin, reason: DeadLetterReason, stage: str, detail: str, partition: int) -> Output:
    """Return the dead letter of `origin`: key, value and headers byte for byte, and why in `hub_*` headers.

    Args:
        origin: The input.
        reason: Why, from the closed list.
        stage: The box that gave up on it.
        detail: One clause for the producer's developer; must carry no part of the payload.
        partition: Target partition of the dead-letter topic.
    """
    headers = (
        *((name, value) for name, value in origin.headers),  # producers take plain tuples only
        ("hub_reason", reason.value.encode()),
        ("hub_detail", detail.encode()),
        ("hub_stage", stage.encode()),
        ("hub_topic", origin.topic.encode()),
        ("hub_partition", b"%d" % origin.partition),
        ("hub_offset", b"%d" % origin.offset),
        ("hub_timestamp", b"%d" % origin.timestamp),
    )
    return Output(origin.topic + DEAD_LETTER_SUFFIX, partition, origin.key, origin.value, headers)


def put_aside(
    unit: Unit, origin: Origin, reason: DeadLetterReason, stage: str, detail: str, partition: int | None = None
) -> None:
    """Let `unit` commit the dead letter of `origin` and count it; see `dead_letter`.

    Args:
        unit: What the chunk commits.
        origin: The input.
        reason: Why, from the closed list.
        stage: The box that gave up on it.
        detail: One clause for the producer's developer; must carry no part of the payload.
        partition: Target partition of the dead-letter topic; the one it came in on unless given.
    """
    target = origin.partition if partition is None else partition
    unit.outputs.append(dead_letter(origin, reason, stage, detail, target))
    unit.dead_letters += 1
    unit.tally(Tally.DEAD_LETTERS, origin.topic, reason.value)


class Brake:
    """Stops a task whose input has turned to rubbish: too many dead letters in a row, or in proportion.

    Args:
        in_a_row: Dead letters without anything good between them.
        fraction: Share of dead letters within the window.
        window: Inputs after which the share is looked at and counting starts anew.
    """

    def __init__(self, in_a_row: int, fraction: float, window: int) -> None:
        self._in_a_row, self._fraction, self._window = in_a_row, fraction, window
        self._row = self._seen = self._dead = 0

    def observe(self, inputs: int, dead: int) -> bool:
        """Count a chunk; return True when the task must stop. A chunk with anything good in it ends a row."""
        self._row = self._row + dead if dead == inputs else 0
        self._seen += inputs
        self._dead += dead
        if self._row >= self._in_a_row:
            return True
        if self._seen < self._window:
            return False
        is_tripped = self._dead > self._fraction * self._seen
        self._seen = self._dead = 0
        return is_tripped
