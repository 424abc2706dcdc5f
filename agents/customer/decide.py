"""From an item to its effects: what is known already, which rules run, what the contact policy makes of it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import msgspec

from agents.customer import dedup
from agents.customer.model import Capability, Cause, Customer, GuardFull, Handler, Moment, TimerHandler, Told, short
from agents.customer.poison import Poison
from agents.customer.progress import MAX_STREAMS, Stream, TopicCount
from agents.customer.work import Arrival, Claiming, Firing, Reaching, Work
from agents.identity.model import is_provisional, normalise
from agents.message.model import Covered, Effect, Emit, Notice, Withdraw
from agents.outage.model import Outage
from schemas import Topic
from schemas.records import Claimed, Entry, Requested
from streams.codec import Undecodable, expires_at
from streams.core.fold import FoldContext
from streams.core.records import Millis

CONTEXT_TIMER: Final = "context"
CONTEXT_WITHIN_MILLIS: Final = 60 * 1000
"""A change that is not material goes out with the next context, at the latest after this."""
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


class Interpreter:
    """Runs the rules on a customer in hand.

    Args:
        decisions: What decides.
        context: Codec and contracts.
    """

    def __init__(self, decisions: Decisions, context: FoldContext) -> None:
        self._decisions, self._codec = decisions, context.codec
        self._topics, self._types = context.catalogue.topics, context.catalogue.record_types
        self._handlers: dict[type, list[Handler]] = {}
        self._timers: dict[str, TimerHandler] = {}
        self._told: dict[str, Told] = {}
        for capability in decisions.capabilities:
            for kind, handler in capability.handlers.items():
                self._handlers.setdefault(kind, []).append(handler)
            self._timers.update(capability.timers)
            self._told.update(capability.told)
        self._lateness = {t.struct: 1000 * t.lateness_seconds for t in self._types.values() if t.lateness_seconds}

    def arrive(self, work: Work, item: Arrival) -> None:
        """Apply an event to its customer's record.

        Raises:
            Poison: it cannot be decoded.
            GuardFull: a guard cannot take it in.
        """
        entry = item.entry
        topic = self._topics[entry.topic]
        event, expiry = self._decode(entry, topic)
        progress = work.progress
        cause = Cause(event.event_id, event.source)
        is_late = item.now - event.occurred_at > self._lateness.get(type(event), item.now)
        is_silent = is_late or (expiry is not None and expiry <= item.now)
        moment = Moment(item.now, is_silent, cause, entry.partition, item.config)
        if is_provisional(work.customer_id):
            refused = self._decisions.keep(work.customer, entry, event.occurred_at, moment)
            work.unclaimed += refused
            work.kept += 1 - len(refused)
        else:
            counts = progress.counts.get(entry.topic)
            if counts is None:
                counts = progress.counts[entry.topic] = TopicCount()
            if self._is_duplicate(work, event, entry, topic, item.now):
                counts.duplicate += 1
                work.duplicates[entry.topic] = work.duplicates.get(entry.topic, 0) + 1
            else:
                for handler in self._handlers.get(type(event), ()):
                    self._settle(work, handler(work.customer, event, moment), moment)
                counts.applied += 1
                work.applied[entry.topic] = work.applied.get(entry.topic, 0) + 1
            if not progress.context_at:
                progress.context_at = item.now + CONTEXT_WITHIN_MILLIS
                work.customer.new_timers.append((CONTEXT_TIMER, progress.context_at))
        progress.position = item.offset + 1

    def fire(self, work: Work, item: Firing) -> None:
        """Run a due timer; it is removed first."""
        customer = work.customer
        if item.name == CONTEXT_TIMER:
            work.is_context_due = True
            return
        customer.clear_timer(item.name)
        moment = Moment(item.now, False, Cause(f"timer:{item.name}", "hub"), 0, item.config)  # noqa: FBT003 - a field
        if item.name == MAILBOX_TIMER:
            work.unclaimed += self._decisions.expire(customer, moment)
        else:
            family, colon, _ = item.name.partition(":")
            self._settle(work, self._timers[family + colon](customer, item.name, moment), moment)

    def claim(self, work: Work, item: Claiming) -> None:
        """Take the events of a link out of the mailbox."""
        moment = Moment(item.now, False, Cause("claim", "hub"), 0, item.config)  # noqa: FBT003 - a field
        taken = self._decisions.claim(work.customer, item.claimed, moment)
        work.forwards += [(entry, item.claimed.customer_id) for entry in taken]

    def reach(self, work: Work, item: Reaching) -> None:
        """Let the customer know of an outage as it stands now."""
        outage = item.outage
        moment = Moment(item.now, False, Cause(outage.cause_event_id, outage.cause_source), 0, item.config)  # noqa: FBT003 - a field
        self._settle(work, self._decisions.reach(work.customer, outage, moment), moment)

    def _decode(self, entry: Entry, topic: Topic) -> tuple[Any, Millis | None]:
        """Return the typed event and the time after which it triggers nothing."""
        value = entry.value or b""  # an entry without a value is no event: undecodable
        try:
            event = self._codec.decode(value, entry.headers, topic)
            return event, expires_at(entry.headers) if entry.headers else None
        except Undecodable as error:
            raise Poison(error.reason, error.detail, has_touched=False) from error

    def _is_duplicate(self, work: Work, event: Any, entry: Entry, topic: Topic, now: Millis) -> bool:  # noqa: ANN401 - any event
        if topic.sequence is not None:
            known = self._is_known_by_sequence(work, event, entry)
            if known is not None:
                return known
        key = dedup.fingerprint(event.source, type(event).NAME, event.event_id)
        if dedup.is_known(key, work.read):
            return True
        dedup.remember(key, now, work.read, work.write)
        return False

    @staticmethod
    def _is_known_by_sequence(work: Work, event: Any, entry: Entry) -> bool | None:  # noqa: ANN401 - any event
        """Return whether a strictly ordered stream is past the event; None when the blocks must say.

        What a mailbox forwards comes after what came directly. The direct stream, which is in order, has brought
        everything from its first number to its highest but for its gaps; everything else is told apart by the blocks.

        Raises:
            GuardFull: it begins a stream, and the customer has `MAX_STREAMS` already.
        """
        name = _stream_name(short(event.source, "source"), entry.key or b"")
        streams = work.progress.sequences
        stream = streams.get(name)
        if stream is None:
            if len(streams) >= MAX_STREAMS:
                raise GuardFull("a customer has more streams of ordered events than any customer has")
            stream = streams[name] = Stream()
        sequence = event.sequence
        if entry.is_forwarded:
            if stream.has_brought(sequence):
                return True
            stream.forwarded = max(stream.forwarded, sequence)
            return None
        if sequence <= stream.high:
            return True
        known = None if sequence <= stream.forwarded else False
        stream.advance(sequence)
        return known

    def _settle(self, work: Work, effects: Iterable[Effect], moment: Moment) -> None:
        """Carry out effects one by one, so that a rule that yields them sees what became of those before."""
        for effect in effects:
            emits = (effect,) if isinstance(effect, Emit) else self._decisions.arbitrate(work.customer, effect, moment)
            work.emits += emits
            for emit in emits:
                if isinstance(emit.record, Requested) and emit.record.purpose in self._told:
                    self._told[emit.record.purpose](work.customer, emit.record, moment)


@lru_cache(maxsize=65_536)
def _stream_name(source: str, key: bytes) -> str:
    """Return the name of an ordered stream: one, however its key is spelt."""
    return f"{source}|{normalise(key.decode())}"
