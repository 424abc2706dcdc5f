"""From an item to its effects: what is known already, which rules run, what the contact policy makes of it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple
from zlib import crc32

import msgspec

from agents.customer.dedup import fingerprint
from agents.customer.model import Capability, Cause, Customer, GuardFull, Handler, Moment, TimerHandler, Told, short
from agents.customer.poison import Poison
from agents.customer.progress import MAX_STREAMS, Stream, TopicCount
from agents.customer.work import Arrival, Arrived, Claiming, Firing, Reaching, Work
from agents.identity.model import normalise
from agents.message.model import Covered, Effect, Emit, Notice, Withdraw
from agents.outage.model import Outage
from schemas import RecordType, Topic
from schemas.records import Claimed, Entry, Requested
from streams.codec import FRAME, Undecodable, expires_at
from streams.core.fold import FoldContext
from streams.core.records import Millis

CONTEXT_TIMER: Final = "context"
CONTEXT_WITHIN_MILLIS: Final = 60 * 1000
"""A change that is not material goes out with the next context, at the latest after this."""
CONTEXT_SPREAD_MILLIS: Final = 30 * 1000
"""Each customer's goes out at a time of its own within so long. Else who came in together, with a backlog for instance,
would go out together every minute from then on: 20,000 contexts at once were a second's stall (2026-11)."""
MAILBOX_TIMER: Final = "mailbox"


@dataclass(frozen=True)
class Decisions:
    """Everything that decides, put together by the program.

    Attributes:
        capabilities: In the order in which their handlers of one event run.
        arbitrate: The contact policy: a wanted message to requests, suppressions, or a hold in the record; a
            withdrawn one out of its hold.
        view: The customer as downstream sees it: (customer, moment, counts, version, changed sections).
        keep: Takes an event (entry, occurred_at) into a mailbox; returns what is over its bound.
        claim: Takes a link's events out of a mailbox.
        expire: Takes out what nobody came for.
        reach: What an outage, as it stands now, means to a customer who is or was under it.
    """

    capabilities: Sequence[Capability]
    arbitrate: Callable[[Customer, Notice | Covered | Withdraw, Moment], Sequence[Emit]]
    view: Callable[..., msgspec.Struct]
    keep: Callable[[Customer, Entry, Millis, Moment], Sequence[Entry]]
    claim: Callable[[Customer, Claimed, Moment], Sequence[Entry]]
    expire: Callable[[Customer, Moment], Sequence[Entry]]
    reach: Callable[[Customer, Outage, Moment], Iterable[Effect]]


class Plan(NamedTuple):
    """What becomes of one type of event.

    Attributes:
        handlers: In the order in which they run.
        lateness: Age at arrival above which it triggers nothing, milliseconds; None is without limit.
    """

    handlers: tuple[Handler, ...]
    lateness: Millis | None


class Interpreter:
    """Runs the rules on a customer in hand.

    Args:
        decisions: What decides.
        context: Codec and contracts.

    Attributes:
        frame: What the timeline entry of an event begins with.
    """

    def __init__(self, decisions: Decisions, context: FoldContext) -> None:
        self._decisions, self._codec, self._partition = decisions, context.codec, context.partition
        self._topics = context.catalogue.topics
        self.frame, self._arrived = context.codec.part_decoder(Arrived)
        self._entry: Callable[[bytes, int], Any] = context.codec.decoder(context.catalogue.schema_id(Entry.NAME))
        self._timers: dict[str, TimerHandler] = {}
        self._told: dict[str, Told] = {}
        for capability in decisions.capabilities:
            self._timers.update(capability.timers)
            self._told.update(capability.told)
        self._plans = {t.struct: self._plan(t) for t in context.catalogue.record_types.values()}

    def _plan(self, record_type: RecordType) -> Plan:
        found = [capability.handlers.get(record_type.struct) for capability in self._decisions.capabilities]
        late = record_type.lateness_seconds
        return Plan(tuple(handler for handler in found if handler is not None), 1000 * late if late else None)

    def entry(self, item: Arrival) -> Entry:
        """Return the whole of an event's timeline entry."""
        entry: Entry = self._entry(item.raw, FRAME)
        return entry

    def arrive(self, work: Work, item: Arrival) -> None:
        """Apply an event to its customer's record.

        Raises:
            Poison: it cannot be decoded.
            GuardFull: a guard cannot take it in.
        """
        arrived: Arrived = self._arrived(item.raw, FRAME)
        name, headers, now, progress = arrived.topic, arrived.headers, item.now, work.progress
        topic = self._topics[name]
        try:  # an entry without a value is no event: undecodable
            event: Any = self._codec.decode(arrived.value or b"", headers, topic)
            expiry = expires_at(headers) if headers else None
        except Undecodable as error:
            raise Poison(error.reason, error.detail, has_touched=False) from error
        handlers, lateness = self._plans[type(event)]
        is_late = now - event.occurred_at > (now if lateness is None else lateness)
        is_silent = is_late or (expiry is not None and expiry <= now)
        moment = Moment(now, is_silent, event, self._partition, item.config)
        if work.is_provisional:
            refused = self._decisions.keep(work.customer, self.entry(item), event.occurred_at, moment)
            work.unclaimed = (*work.unclaimed, *refused)
            work.kept += 1 - len(refused)
        else:
            counts = progress.counts.get(name)
            if counts is None:
                counts = progress.counts[name] = TopicCount()
            if self._is_duplicate(work, event, arrived, now, topic):
                counts.duplicate += 1
                work.duplicates.append(name)
            else:
                for handler in handlers:
                    effects = handler(work.customer, event, moment)
                    if effects:
                        self._settle(work, effects, moment)
                counts.applied += 1
                work.applied.append(name)
            if not progress.context_at:
                progress.context_at = context_due(work.prefix, now)
                work.customer.new_timers.append((CONTEXT_TIMER, progress.context_at))
        progress.position = item.position + 1

    def fire(self, work: Work, item: Firing) -> None:
        """Run a due timer; it is removed first."""
        customer = work.customer
        if item.name == CONTEXT_TIMER:
            work.is_context_due = True
            return
        customer.clear_timer(item.name)
        moment = Moment(item.now, False, Cause(f"timer:{item.name}", "hub"), 0, item.config)  # noqa: FBT003 - a field
        if item.name == MAILBOX_TIMER:
            work.unclaimed = (*work.unclaimed, *self._decisions.expire(customer, moment))
        else:
            family, colon, _ = item.name.partition(":")
            self._settle(work, self._timers[family + colon](customer, item.name, moment), moment)

    def claim(self, work: Work, item: Claiming) -> None:
        """Take the events of a link out of the mailbox."""
        moment = Moment(item.now, False, Cause("claim", "hub"), 0, item.config)  # noqa: FBT003 - a field
        taken = self._decisions.claim(work.customer, item.claimed, moment)
        work.forwards = (*work.forwards, *[(entry, item.claimed.customer_id) for entry in taken])

    def reach(self, work: Work, item: Reaching) -> None:
        """Let the customer know of an outage as it stands now."""
        outage = item.outage
        moment = Moment(item.now, False, Cause(outage.cause_event_id, outage.cause_source), 0, item.config)  # noqa: FBT003 - a field
        self._settle(work, self._decisions.reach(work.customer, outage, moment), moment)

    @staticmethod
    def _is_duplicate(work: Work, event: Any, arrived: Arrived, now: Millis, topic: Topic) -> bool:  # noqa: ANN401 - any event
        if topic.sequence is not None:
            known = _is_known_by_sequence(work.progress.sequences, event, arrived)
            if known is not None:
                return known
        key = fingerprint(event.source, type(event).NAME, event.event_id)
        return work.seen().was_seen(key, now)

    def _settle(self, work: Work, effects: Iterable[Effect], moment: Moment) -> None:
        """Carry out effects one by one, so that a rule that yields them sees what became of those before."""
        for effect in effects:
            emits = (effect,) if isinstance(effect, Emit) else self._decisions.arbitrate(work.customer, effect, moment)
            work.emits = (*work.emits, *emits)
            for emit in emits:
                if isinstance(emit.record, Requested) and emit.record.purpose in self._told:
                    self._told[emit.record.purpose](work.customer, emit.record, moment)


def context_due(customer: bytes, now: Millis) -> Millis:
    """Return when the context of a change that is not material goes out: after 30 to 60 s, at the customer's own time.

    Where changes never cease that is once a minute: its own time comes round every 30 s, and the first is too soon.

    Args:
        customer: What tells the customer from others.
        now: When the change came, UTC milliseconds.
    """
    earliest = now + CONTEXT_WITHIN_MILLIS - CONTEXT_SPREAD_MILLIS
    return earliest + (crc32(customer) - earliest) % CONTEXT_SPREAD_MILLIS


def _is_known_by_sequence(streams: dict[str, Stream], event: Any, arrived: Arrived) -> bool | None:  # noqa: ANN401 - any event
    """Return whether a strictly ordered stream is past the event; None when the blocks must say.

    What a mailbox forwards comes after what came directly. The direct stream, which is in order, has brought
    everything from its first number to its highest but for its gaps; everything else is told apart by the blocks.

    Raises:
        GuardFull: it begins a stream, and the customer has `MAX_STREAMS` already.
    """
    source, key = event.source, (arrived.key or b"").decode()
    # Most producers spell a key as it is kept; what is spelt otherwise names no stream before it is normalised.
    stream = streams.get(f"{source}|{key}") or _stream(streams, _stream_name(source, key))
    sequence: int = event.sequence
    if arrived.is_forwarded:
        if stream.has_brought(sequence):
            return True
        stream.forwarded = max(stream.forwarded, sequence)
        return None
    if sequence <= stream.high:
        return True
    known = None if sequence <= stream.forwarded else False
    stream.advance(sequence)
    return known


def _stream(streams: dict[str, Stream], name: str) -> Stream:
    stream = streams.get(name)
    if stream is None:
        if len(streams) >= MAX_STREAMS:
            raise GuardFull("a customer has more streams of ordered events than any customer has")
        stream = streams[name] = Stream()
    return stream


@lru_cache(maxsize=65_536)
def _stream_name(source: str, key: str) -> str:
    """Return the name of an ordered stream: one, however its key is spelt."""
    return f"{short(source, 'source')}|{normalise(key)}"
