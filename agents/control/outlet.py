"""What the control box's parts write into a chunk: records for every timeline, state changes, dead letters."""

from collections.abc import Mapping
from typing import Final

import msgspec

from schemas import Topic
from schemas.reasons import DeadLetterReason
from streams.core.fold import FoldContext, Unit
from streams.core.records import Millis, Output, Record
from streams.guard import Origin, Refused, put_aside
from streams.topics import TIMELINE

STAGE: Final = "control"


class Outlet:
    """Reads the chunk's records and writes into its unit.

    Args:
        context: What the engine gives; `partitions` is the number of timelines.

    Attributes:
        unit: The chunk's; set at its beginning.
    """

    def __init__(self, context: FoldContext) -> None:
        self.unit = Unit()
        self.codec, self.store = context.codec, context.store
        self._topics: Mapping[str, Topic] = context.catalogue.topics
        self._timelines, self._limit = context.partitions, context.max_value_bytes

    def key_of(self, record: Record) -> bytes:
        """Return the record's key.

        Raises:
            Refused: `no-key`.
        """
        if not record.key:
            raise Refused(DeadLetterReason.NO_KEY, "a record needs a key")
        return record.key

    def event_of(self, topic: str, record: Record, missing: str) -> msgspec.Struct:
        """Return the typed event; `missing` says why there must be one.

        Raises:
            Refused: `no-value` or `too-large`.
            Undecodable: it is not what the contract says.
        """
        if record.value is None:
            raise Refused(DeadLetterReason.NO_VALUE, missing)
        if len(record.value) > self._limit:
            raise Refused(DeadLetterReason.TOO_LARGE, f"a value of more than {self._limit} bytes")
        return self.codec.decode(record.value, record.headers, self._topics[topic])

    def everywhere(self, record: msgspec.Struct, stamp: Millis) -> None:
        """Append the record to every timeline."""
        value = self.codec.encode(record)
        self.unit.outputs += [Output(TIMELINE, k, None, value, (), stamp) for k in range(self._timelines)]

    def refuse(self, origin: Origin, reason: DeadLetterReason, detail: str) -> None:
        """Put an input aside."""
        put_aside(self.unit, origin, reason, STAGE, detail)
