"""The resolve box: every input becomes a timeline entry, a stray or a dead letter; exactly one of them."""

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Final, NamedTuple, TypeAlias

import msgspec

from agents.identity.model import BadIdentifier, checked_customer_id
from agents.resolve.assertions import CUSTOMER_RECORDS, assertion_of, claims_of, settled_of
from agents.resolve.owners import Owners, Route
from agents.resolve.refusal import check_size, check_time
from agents.resolve.stray import coordinates, origin_of_stray, stray
from schemas import Topic
from schemas.reasons import DeadLetterReason
from schemas.records import Asserted, Claimed, Entry, Settled
from streams.codec import Occurrence, Undecodable
from streams.core.fold import FoldContext, Unit
from streams.core.records import Header, Millis, Output, Record
from streams.guard import Refused, origin_of, put_aside
from streams.tallies import Tally
from streams.topics import IDENTITY, STRAY, TIMELINE

STAGE: Final = "resolve"


EncodeEntry: TypeAlias = Callable[[int, Millis, bytes, bytes], bytes]
"""Writes the entry of an offset, a timestamp, a key and a value."""

_REFUSALS: Final = (Refused, Undecodable, BadIdentifier)


class Kind(NamedTuple):
    """A record type as resolve reads it.

    Attributes:
        too_old: Greatest age at arrival; infinity is without limit.
        names_customer: Its records name their customer themselves.
    """

    too_old: float
    names_customer: bool


class Source(msgspec.Struct, frozen=True):
    """A public topic as resolve reads it.

    Attributes:
        name: Its name.
        contract: Its contract.
        occurrence: Says when a record's event happened and of what type it is.
        kinds: Its record types by name.
        place: What this task's strays of it say of where they were.
    """

    name: str
    contract: Topic
    occurrence: Occurrence
    kinds: dict[str, Kind]
    place: tuple[Header, Header]


class ResolveFold:
    """The state machine of partition k of all inputs: identity state and nothing about customers.

    Args:
        context: What the engine gives.
    """

    def __init__(self, context: FoldContext) -> None:
        self.now: Millis = 0
        self._partition, self._limit = context.partition, context.max_value_bytes
        self._clock, self._codec = context.clock, context.codec
        self._owners = Owners(context)
        self._sources = {topic.name: _source(topic, context) for topic in context.catalogue.inputs()}
        self._identity = context.catalogue.topics[IDENTITY]
        self._writer = context.codec.writer(Entry, ("topic", "partition", "headers", "is_forwarded"))

    def restored(self) -> None:
        """Nothing is derived from the store."""

    def next_due(self) -> Millis | None:
        """Return None: resolve has no timers."""
        return None

    def fold(self, topic: str, records: Sequence[Record], unit: Unit) -> None:
        """Resolve a chunk; see `Fold.fold`."""
        self._owners.begin()
        stamped = zip(records, self._stamps(records), strict=True)
        entries = cache(self._entries)
        if topic == IDENTITY:
            for record, stamp in stamped:
                self._learn(record, stamp, unit)
        elif topic == STRAY:
            for record, stamp in stamped:
                self._take_stray(record, stamp, entries, unit)
        else:
            source = self._sources[topic]
            encode = entries(topic, self._partition)
            for record, stamp in stamped:
                try:
                    self._route(source, record, stamp, encode, unit)
                except _REFUSALS as refusal:
                    self._refuse(source, record, refusal, unit)

    def _stamps(self, records: Sequence[Record]) -> list[Millis]:
        """Return each record's stamp: its own time on the log's clock, else one time for the whole chunk."""
        if self._clock.is_log:
            stamps = [record.timestamp for record in records]
        else:
            stamps = [max(self.now, self._clock.now())] * len(records)
        self.now = max([self.now, *stamps])
        return stamps

    def _entries(self, topic: str, partition: int, headers: Sequence[Header] = ()) -> EncodeEntry:
        return self._writer(topic, partition, headers, False)  # noqa: FBT003 - is_forwarded

    def _take_stray(
        self, record: Record, stamp: Millis, entries: Callable[[str, int], EncodeEntry], unit: Unit
    ) -> None:
        """Route one record that another partition handed on, as the topic that it came in on held it."""
        origin = origin_of_stray(record)
        source = self._sources[origin.topic]
        encode = entries(origin.topic, origin.partition)
        try:
            self._route(source, origin, stamp, encode, unit, is_stray=True)
        except _REFUSALS as refusal:
            self._refuse(source, origin, refusal, unit)

    def _route(
        self, source: Source, record: Record, stamp: Millis, encode: EncodeEntry, unit: Unit, *, is_stray: bool = False
    ) -> None:
        """Append one record of a public topic to its customer's timeline, or hand it on.

        Args:
            source: The topic.
            record: As the topic held it.
            stamp: The time it arrived at.
            encode: Writes entries of the record's partition that have no headers.
            unit: What the chunk commits.
            is_stray: It arrived, and was checked, on another partition.

        Raises:
            Refused, Undecodable, BadIdentifier: it belongs to the dead letters.
        """
        key, value, headers = record.key, record.value, record.headers
        if not key:
            raise Refused(DeadLetterReason.NO_KEY, "a record needs a key: scheme:value")
        if value is None:
            raise Refused(DeadLetterReason.NO_VALUE, "a record needs a value")
        if headers or len(value) > self._limit or len(key) > self._limit:
            check_size(record, value, self._limit)
        occurred_at, type_name = source.occurrence(record)
        found = self._owners.identify(key)
        too_old, names_customer = source.kinds[type_name]
        if not is_stray:
            check_time(occurred_at, stamp, too_old)
        if names_customer:
            route: Route | None = self._named(source, record, value, stamp, unit)
        else:
            route = self._owners.route(found, occurred_at)
        if route is None:
            home = self._owners.home_of(found)
            if home != self._partition:
                unit.outputs.append(stray(record, source.place, home))
                unit.tally(Tally.STRAY, source.name)
                return
            route = self._owners.to_mailbox(found.identifier, unit)
        if headers:
            encode = self._entries(source.name, record.partition, headers)
        entry = encode(record.offset, record.timestamp, key, value)
        unit.outputs.append(Output(TIMELINE, route.partition, route.key, entry, (), stamp))

    def _named(self, source: Source, record: Record, value: bytes, stamp: Millis, unit: Unit) -> Route:
        """Return the way to the customer that the record's body names, and publish what it says about identity.

        So a link whose key nobody has claimed yet finds its customer like any other.
        """
        event = self._codec.decode(value, record.headers, source.contract)
        if not isinstance(event, CUSTOMER_RECORDS):
            raise TypeError(f"{type(event).__name__} does not name its customer")
        route = self._owners.to_customer(checked_customer_id(event.customer_id))
        asserted = assertion_of(event)
        if asserted is not None:
            home = self._owners.home(asserted.identifier)
            encoded = self._codec.encode(asserted)
            unit.outputs.append(Output(IDENTITY, home, asserted.identifier.encode(), encoded, (), stamp))
        return route

    def _learn(self, record: Record, stamp: Millis, unit: Unit) -> None:
        """Take what was said into the state; a mailbox learns to whom its events belong. A tombstone forgets.

        Every assertion is answered by all that is known after it, under its key, since compaction keeps only the last
        record of a key. So is one that is no news: it stands after the answer to the first. What is known is
        answered by nothing, so that the task's own answers end here.
        """
        if record.key is None:
            return
        if record.value is None:
            self._owners.forget(record.key.decode(), unit)
            return
        said = self._codec.decode(record.value, record.headers, self._identity)
        if not isinstance(said, Asserted | Settled):
            raise TypeError(f"{IDENTITY} holds a {type(said).__name__}")
        identifier = said.identifier
        mailbox = self._owners.mailbox(identifier)
        for interval in self._owners.learn(identifier, claims_of(said), unit):
            claimed = Claimed(identifier, interval.customer_id, interval.start, interval.end)
            encoded = self._codec.encode(claimed)
            unit.outputs.append(Output(TIMELINE, mailbox.partition, mailbox.key, encoded, (), stamp))
        if isinstance(said, Asserted):
            settled = self._codec.encode(settled_of(identifier, self._owners.known(identifier)))
            unit.outputs.append(Output(IDENTITY, self._partition, record.key, settled, (), stamp))

    def _refuse(self, source: Source, record: Record, refusal: Exception, unit: Unit) -> None:
        if isinstance(refusal, Refused | Undecodable):
            reason, detail = refusal.reason, refusal.detail
        else:
            reason, detail = DeadLetterReason.BAD_IDENTIFIER, str(refusal)
        put_aside(unit, origin_of(source.name, record), reason, STAGE, detail)


def _source(topic: Topic, context: FoldContext) -> Source:
    kinds = {
        each.name: Kind(
            too_old=math.inf if each.too_old_seconds is None else 1000 * each.too_old_seconds,
            names_customer=each.struct in CUSTOMER_RECORDS,
        )
        for each in topic.records
    }
    place = coordinates(topic.name, context.partition)
    return Source(topic.name, topic, context.codec.occurrence(topic), kinds, place)
