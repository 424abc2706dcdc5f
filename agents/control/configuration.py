"""Configurations: kept for good by version, put into force once, in the order of their activations."""

from collections.abc import Sequence
from typing import Final, TypeVar

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
from agents.control.outlet import Outlet
from agents.control.validation import Config, fault_of
from schemas.reasons import DeadLetterReason
from schemas.records import Activated, ClockReached, ConfigActivated, Ticked
from streams.core.records import Millis, Record
from streams.guard import Origin, Refused

PATIENCE_MILLIS: Final = 60 * 1000
"""On the wall clock: how long an activation waits for its content. What was published before it is read long before."""
PATIENCE_CLOCKS: Final = 2
"""The same on the log's clock, in clock records: the first may belong to the activation's own slice, and a slice
ends only when everything in it has been read."""

_KIND_OF_TOPIC: Final = {topic: kind for kind, topic in TOPIC_OF_KIND.items()}
C = TypeVar("C", bound=msgspec.Struct)


class Configuration:
    """What was published and what is in force.

    Args:
        outlet: Where to write.
        is_log: Whether stamps are the log's own.
    """

    def __init__(self, outlet: Outlet, *, is_log: bool) -> None:
        self._outlet, self._is_log = outlet, is_log
        self._state = Activations()
        self._stored: bytes = encode_activations(self._state)
        self._decoded: dict[str, tuple[str, msgspec.Struct]] = {}

    def restored(self) -> None:
        """Read what was in force at the last commit."""
        stored = self._outlet.store.get(ACTIVATIONS_KEY)
        self._state = Activations() if stored is None else decode_activations(stored)
        self._stored = encode_activations(self._state)

    def apply(self, topic: str, record: Record, stamp: Millis) -> None:
        """Apply a record of a config topic.

        Raises:
            Refused, Undecodable: it goes to the dead letters.
        """
        key = self._outlet.key_of(record)
        event = self._outlet.event_of(topic, record, "a version that was published is kept for good")
        if isinstance(event, ClockReached):
            self._outlet.everywhere(Ticked(), stamp)
            self._state.waiting = [msgspec.structs.replace(w, clocks=w.clocks + 1) for w in self._state.waiting]
        elif isinstance(event, ConfigActivated):
            self._activate(event, record, stamp)
        elif isinstance(event, Config):
            self._keep(_KIND_OF_TOPIC[topic], event, key, stamp)
        else:
            raise TypeError(f"control does not read {type(event).__name__}")

    def in_force(self, kind: str, shape: type[C]) -> C | None:
        """Return the content in force of a kind."""
        ref = self._state.active.get(kind)
        if ref is None:
            return None
        known = self._decoded.get(kind)
        if known is None or known[0] != ref:
            content = self._content(kind, ref)
            known = self._decoded[kind] = (ref, self._read(content or b""))
        return known[1] if isinstance(known[1], shape) else None

    def lose_patience(self, stamp: Millis) -> None:
        """Give up activations whose content has not come in time."""
        waiting = self._state.waiting
        given_up = [each for each in waiting if self._is_hopeless(each, stamp)] or too_many(waiting)
        if given_up:
            self._state.waiting = [each for each in waiting if each not in given_up]
            self._give_up(given_up)

    def write(self) -> None:
        """Write what changed since it was written last."""
        encoded = encode_activations(self._state)
        if encoded != self._stored:
            self._outlet.unit.changes[ACTIVATIONS_KEY] = self._stored = encoded

    def _keep(self, kind: str, config: Config, key: bytes, stamp: Millis) -> None:
        """Keep a version for good; publishing the same once more changes nothing."""
        ref = reference(config.config_id, config.version)
        if key != ref.encode():
            raise Refused(DeadLetterReason.BAD_IDENTIFIER, "the key must be the record's config_id@version")
        fault = fault_of(config)
        if fault is not None:
            raise Refused(DeadLetterReason.RULE_FAILED, fault)
        known = self._content(kind, ref)
        if known is None:
            self._outlet.unit.changes[config_key(kind, ref)] = self._outlet.codec.encode(config)
        elif self._read(known) != config:
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
        self._outlet.everywhere(
            Activated(state.number, waiting.kind, waiting.config_id, waiting.version, content),
            stamp,
        )

    def _is_hopeless(self, waiting: Waiting, stamp: Millis) -> bool:
        if self._is_log:
            return waiting.clocks >= PATIENCE_CLOCKS
        return stamp - waiting.seen_at >= PATIENCE_MILLIS

    def _give_up(self, given_up: Sequence[Waiting]) -> None:
        for waiting in given_up:
            origin = Origin(
                ACTIVATION, waiting.partition, waiting.offset, waiting.timestamp,
                waiting.key, waiting.value, waiting.headers,
            )  # fmt: skip
            self._outlet.refuse(origin, DeadLetterReason.UNKNOWN_CONFIG, "this version was not published before it")

    def _content(self, kind: str, ref: str) -> bytes | None:
        key = config_key(kind, ref)
        return self._outlet.unit.changes.get(key) or self._outlet.store.get(key)

    def _read(self, content: bytes) -> msgspec.Struct:
        return self._outlet.codec.decoder(int.from_bytes(content[1:5], "big"))(content, 5)
