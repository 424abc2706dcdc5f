"""The control box: keeps configurations, puts them into force, and carries the log's clock to every timeline."""

from collections.abc import Sequence
from typing import Final

import msgspec

from agents.control.model import (
    ACTIVATION,
    ACTIVATIONS_KEY,
    TOPIC_OF_KIND,
    Activations,
    Waiting,
    config_key,
    decode_activations,
    encode_activations,
    reference,
    too_many,
)
from agents.control.validation import Config, fault_of
from schemas.reasons import DeadLetterReason
from schemas.records import Activated, ClockReached, ConfigActivated, Ticked
from streams.codec import Undecodable
from streams.core.fold import FoldContext, Unit
from streams.core.records import Millis, Output, Record
from streams.guard import Origin, Refused, origin_of, put_aside
from streams.topics import TIMELINE

STAGE: Final = "control"

_KIND_OF_TOPIC: Final = {topic: kind for kind, topic in TOPIC_OF_KIND.items()}

PATIENCE_MILLIS: Final = 60 * 1000
"""On the wall clock: how long an activation waits for its content. What was published before it is read long before."""
PATIENCE_CLOCKS: Final = 2
"""The same on the log's clock, in clock records: the first may belong to the activation's own slice, and a slice
ends only when everything in it has been read."""


class ControlFold:
    """The state machine of the one control task.

    Args:
        context: What the engine gives; `partitions` is the number of timelines.
    """

    def __init__(self, context: FoldContext) -> None:
        self.now: Millis = 0
        self._store, self._clock, self._codec = context.store, context.clock, context.codec
        self._timelines, self._topics = context.partitions, context.catalogue.topics
        self._limit = context.max_value_bytes
        self._state = Activations()
        self._unit = Unit()

    def restored(self) -> None:
        """Read what was in force at the last commit."""
        stored = self._store.get(ACTIVATIONS_KEY)
        self._state = Activations() if stored is None else decode_activations(stored)

    def next_due(self) -> Millis | None:
        """Return None: an activation that waited in vain is given up with the next record, whatever it is."""
        return None

    def fold(self, topic: str, records: Sequence[Record], unit: Unit) -> None:
        """Apply a chunk of a config topic; see `Fold.fold`."""
        self._unit = unit
        before = encode_activations(self._state)
        for record in records:
            stamp = record.timestamp if self._clock.is_log else self._clock.now()
            self.now = max(self.now, stamp)
            try:
                self._apply(topic, record, stamp)
            except (Refused, Undecodable) as refusal:
                self._refuse(origin_of(topic, record), refusal.reason, refusal.detail)
            self._lose_patience(stamp)
        after = encode_activations(self._state)
        if after != before:
            unit.changes[ACTIVATIONS_KEY] = after

    def _apply(self, topic: str, record: Record, stamp: Millis) -> None:
        event = self._read(topic, record)
        if isinstance(event, ClockReached):
            self._everywhere(Ticked(), stamp)
            self._state.waiting = [msgspec.structs.replace(w, clocks=w.clocks + 1) for w in self._state.waiting]
        elif isinstance(event, ConfigActivated):
            self._activate(event, record, stamp)
        elif isinstance(event, Config):
            self._keep(_KIND_OF_TOPIC[topic], event, record.key, stamp)
        else:
            raise TypeError(f"control does not read {type(event).__name__}")

    def _read(self, topic: str, record: Record) -> msgspec.Struct:
        if not record.key:
            raise Refused(DeadLetterReason.NO_KEY, "a record needs a key")
        if record.value is None:
            raise Refused(DeadLetterReason.NO_VALUE, "a version that was published is kept for good")
        if len(record.value) > self._limit:
            raise Refused(DeadLetterReason.TOO_LARGE, f"a value of more than {self._limit} bytes")
        return self._codec.decode(record.value, record.headers, self._topics[topic])

    def _keep(self, kind: str, config: Config, key: bytes | None, stamp: Millis) -> None:
        """Keep a version for good; publishing the same once more changes nothing."""
        ref = reference(config.config_id, config.version)
        if key != ref.encode():
            raise Refused(DeadLetterReason.BAD_IDENTIFIER, "the key must be the record's config_id@version")
        fault = fault_of(config)
        if fault is not None:
            raise Refused(DeadLetterReason.RULE_FAILED, fault)
        known = self._content(kind, ref)
        if known is None:
            self._unit.changes[config_key(kind, ref)] = self._codec.encode(config)
        elif self._codec.decoder(int.from_bytes(known[1:5], "big"))(known, 5) != config:
            raise Refused(DeadLetterReason.RULE_FAILED, "this version was published before with other content")
        self._release(stamp)

    def _activate(self, event: ConfigActivated, record: Record, stamp: Millis) -> None:
        if record.key != event.kind.encode():
            raise Refused(DeadLetterReason.BAD_IDENTIFIER, "the key must be the record's kind")
        if event.kind not in TOPIC_OF_KIND:
            raise Refused(DeadLetterReason.UNKNOWN_CONFIG, "there is no such kind of configuration")
        headers = list(record.headers)
        waiting = Waiting(
            event.kind, event.config_id, event.version, stamp, 0,
            record.partition, record.offset, record.timestamp, record.key, record.value, headers,
        )  # fmt: skip
        self._state.waiting.append(waiting)
        self._release(stamp)

    def _release(self, stamp: Millis) -> None:
        """Put into force, in order, what waited for content that is there now.

        It supersedes what waits before it for another content of the same kind: that would come too late.
        """
        staying: list[Waiting] = []
        for waiting in self._state.waiting:
            content = self._content(waiting.kind, waiting.reference)
            if content is None:
                staying.append(waiting)
                continue
            self._give_up([earlier for earlier in staying if earlier.kind == waiting.kind])
            staying = [earlier for earlier in staying if earlier.kind != waiting.kind]
            self._put_into_force(waiting, content, max(stamp, waiting.seen_at))
        self._state.waiting = staying

    def _put_into_force(self, waiting: Waiting, content: bytes, stamp: Millis) -> None:
        """Tell every timeline, unless this very version is in force already: a repeated record changes nothing."""
        state = self._state
        if state.active.get(waiting.kind) == waiting.reference:
            return
        state.number += 1
        state.active[waiting.kind] = waiting.reference
        self._everywhere(
            Activated(state.number, waiting.kind, waiting.config_id, waiting.version, content),
            stamp,
        )

    def _lose_patience(self, stamp: Millis) -> None:
        """Give up activations whose content has not come in time."""
        waiting = self._state.waiting
        given_up = [each for each in waiting if self._is_hopeless(each, stamp)] or too_many(waiting)
        if given_up:
            self._state.waiting = [each for each in waiting if each not in given_up]
            self._give_up(given_up)

    def _is_hopeless(self, waiting: Waiting, stamp: Millis) -> bool:
        if self._clock.is_log:
            return waiting.clocks >= PATIENCE_CLOCKS
        return stamp - waiting.seen_at >= PATIENCE_MILLIS

    def _give_up(self, given_up: Sequence[Waiting]) -> None:
        for waiting in given_up:
            origin = Origin(
                ACTIVATION, waiting.partition, waiting.offset, waiting.timestamp,
                waiting.key, waiting.value, waiting.headers,
            )  # fmt: skip
            self._refuse(origin, DeadLetterReason.UNKNOWN_CONFIG, "this version was not published before it")

    def _content(self, kind: str, ref: str) -> bytes | None:
        key = config_key(kind, ref)
        return self._unit.changes.get(key) or self._store.get(key)

    def _everywhere(self, record: msgspec.Struct, stamp: Millis) -> None:
        value = self._codec.encode(record)
        self._unit.outputs += [Output(TIMELINE, k, None, value, (), stamp) for k in range(self._timelines)]

    def _refuse(self, origin: Origin, reason: DeadLetterReason, detail: str) -> None:
        put_aside(self._unit, origin, reason, STAGE, detail)
