"""The resolve box: every input becomes a timeline entry, a stray or a dead letter; exactly one of them."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NamedTuple

from agents.identity.model import BadIdentifier, checked_customer_id
from agents.resolve.assertions import CUSTOMER_RECORDS, assertion_of, claims_of, settled_of
from agents.resolve.owners import Owners, Route
from agents.resolve.refusal import check_size, check_time
from agents.resolve.stray import origin_of_stray, stray
from schemas import Topic
from schemas.reasons import DeadLetterReason
from schemas.records import Asserted, Claimed, Entry, Header, Settled
from streams.codec import Undecodable
from streams.core.fold import FoldContext, Unit
from streams.core.records import Millis, Output, Record
from streams.guard import Refused, origin_of, put_aside
from streams.tallies import Tally
from streams.topics import IDENTITY, STRAY, TIMELINE

STAGE: Final = "resolve"


class Source(NamedTuple):
    """A public topic as resolve reads it.

    Attributes:
        contract: Its contract.
        too_old: Greatest age at arrival by record type; None is without limit.
        naming: Types of records that name their customer themselves.
    """

    contract: Topic
    too_old: dict[str, Millis | None]
    naming: frozenset[str]


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
        self._sources = {topic.name: _source(topic) for topic in context.catalogue.inputs()}
        self._identity = context.catalogue.topics[IDENTITY]

    def restored(self) -> None:
        """Nothing is derived from the store."""

    def next_due(self) -> Millis | None:
        """Return None: resolve has no timers."""
        return None

    def fold(self, topic: str, records: Sequence[Record], unit: Unit) -> None:
        """Resolve a chunk; see `Fold.fold`."""
        self._owners.begin()
        if topic == IDENTITY:
            self._each(records, self._learn, unit)
        elif topic == STRAY:
            self._each(records, self._take_stray, unit)
        else:
            self._each(records, partial(self._take, self._sources[topic]), unit)

    def _each(self, records: Sequence[Record], apply: Callable[[Record, Millis, Unit], None], unit: Unit) -> None:
        """Apply every record with its stamp: its own time on the log's clock, else one time for the whole chunk."""
        if self._clock.is_log:
            for record in records:
                self.now = max(self.now, record.timestamp)
                apply(record, record.timestamp, unit)
            return
        stamp = self.now = max(self.now, self._clock.now())
        for record in records:
            apply(record, stamp, unit)

    def _take_stray(self, record: Record, stamp: Millis, unit: Unit) -> None:
        """Route one record that another partition handed on, as the topic that it came in on held it."""
        origin = origin_of_stray(record)
        self._take(self._sources[origin.topic], origin, stamp, unit, is_stray=True)

    def _take(self, source: Source, record: Record, stamp: Millis, unit: Unit, *, is_stray: bool = False) -> None:
        """Route one record of a public topic, or put it aside."""
        try:
            self._route(source, record, stamp, unit, is_stray=is_stray)
        except (Refused, Undecodable) as refusal:
            self._refuse(source, record, refusal.reason, refusal.detail, unit)
        except BadIdentifier as refusal:
            self._refuse(source, record, DeadLetterReason.BAD_IDENTIFIER, str(refusal), unit)

    def _route(self, source: Source, record: Record, stamp: Millis, unit: Unit, *, is_stray: bool) -> None:
        key, value = record.key, record.value
        if not key:
            raise Refused(DeadLetterReason.NO_KEY, "a record needs a key: scheme:value")
        if value is None:
            raise Refused(DeadLetterReason.NO_VALUE, "a record needs a value")
        topic = source.contract.name
        if record.headers or len(value) > self._limit or len(key) > self._limit:
            check_size(record, value, self._limit)
        envelope = self._codec.envelope(record, source.contract)
        identifier = self._owners.spell(key)
        occurred_at, type_name = envelope.occurred_at, envelope.type
        if not is_stray:  # it arrived where it was found
            check_time(occurred_at, stamp, source.too_old[type_name])
        if type_name in source.naming:
            route: Route | None = self._named(source, record, value, stamp, unit)
        else:
            route = self._owners.route(identifier, occurred_at)
        if route is None:
            home = self._owners.home(identifier)
            if home != self._partition:
                unit.outputs.append(stray(topic, record, home))
                unit.tally(Tally.STRAY, topic)
                return
            route = self._owners.to_mailbox(identifier, unit)
        headers = tuple(Header(name, content) for name, content in record.headers) if record.headers else ()
        entry = Entry(topic, record.partition, record.offset, record.timestamp, key, value, headers)
        unit.outputs.append(Output(TIMELINE, route.partition, route.key, self._codec.encode(entry), (), stamp))

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

    def _refuse(self, source: Source, record: Record, reason: DeadLetterReason, detail: str, unit: Unit) -> None:
        put_aside(unit, origin_of(source.contract.name, record), reason, STAGE, detail)


def _source(topic: Topic) -> Source:
    too_old = {r.name: None if r.too_old_seconds is None else 1000 * r.too_old_seconds for r in topic.records}
    naming = frozenset(r.name for r in topic.records if r.struct in CUSTOMER_RECORDS)
    return Source(topic, too_old, naming)
