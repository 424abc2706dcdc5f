"""The customer box: folds each timeline chunk into its customers and says what follows.

The order within a chunk: for every record time moves on, due timers fire, outages reach their next customers, then the
record is applied. At the end of
the chunk every touched customer is encoded once and, where due, one context goes out.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from agents.customer import progress
from agents.customer.config import ConfigBook
from agents.customer.decide import CONTEXT_TIMER, Decisions, Interpreter
from agents.customer.model import TIMERS, GuardFull, Timers
from agents.customer.outputs import Outputs
from agents.customer.poison import Poison
from agents.customer.walk import OutageBook
from agents.customer.work import Arrival, Claiming, Firing, Item, Postponing, Reaching, Work, work_on
from agents.outage.model import NETWORK, Network, places
from schemas.reasons import DeadLetterReason
from schemas.records import Activated, Claimed, OutageChanged, Ticked
from streams.core.fold import FoldContext, Unit
from streams.core.records import Millis, Record
from streams.tallies import Tally
from streams.timers import NEVER, TimerIndex

TIMERS_PER_RECORD: Final = 1000
"""Timers fired before one record; what is left fires before the next, so that a flood of them delays nobody long."""
TIMERS_PER_TICK: Final = 4_000
"""Before a control record, such as a tick: half a second's work, which may come for each task of a worker in a row, and
their transactions live ten seconds. The others go with the records behind it."""
TIMER_RETRY_MILLIS: Final = 3600 * 1000
"""When a timer's rule raises it is tried again this much later; its state stays as it was."""


class CustomerFold:
    """The state machine of one timeline partition.

    Args:
        context: What the engine gives.
        decisions: What the capabilities decide.
    """

    def __init__(self, context: FoldContext, decisions: Decisions) -> None:
        self.now: Millis = 0
        self._store, self._codec = context.store, context.codec
        self._book = ConfigBook(context.store, context.codec)
        self._outages = OutageBook()
        self._rules = Interpreter(decisions, context)
        self._outputs = Outputs(context, decisions.view)
        self._timers = TimerIndex()
        self._works: dict[str, Work] = {}

    def restored(self) -> None:
        """Build the due index, where the customers are, and what is in force or broken, in one pass over the store."""
        self._book.load()
        entries: list[tuple[Millis, str, str]] = []
        for key, parts in self._store.owners():
            owner = key.decode()
            if TIMERS in parts:
                due = msgspec.msgpack.decode(parts[TIMERS], type=Timers).due
                entries += [(at, owner, name) for name, at in due.items()]
            if progress.SECTION in parts:
                at = progress.decode(parts[progress.SECTION]).context_at
                entries += [(at, owner, CONTEXT_TIMER)] if at else []
            self._outages.restore(owner, parts)
        self._timers.load(entries)
        self._outages.restored()
        self._book.break_down(self._outages.outages)

    def next_due(self) -> Millis | None:
        """Return when the earliest timer is due or an outage has customers to reach, or None."""
        due = min(self._timers.due, self._outages.due)
        return due if due < NEVER else None

    def fold(self, topic: str, records: Sequence[Record], unit: Unit) -> None:
        """Apply timeline records; see `Fold.fold`."""
        del topic  # the timeline is the only source
        works = self._works = {}
        timers, frame, outages, parts_of = self._timers, self._rules.frame, self._outages, self._store.of
        now = self.now
        for record in records:
            key, value, stamp = record.key, record.value, record.timestamp
            if stamp > now:
                now = self.now = stamp
            if timers.due <= now:
                self._fire_due(TIMERS_PER_TICK if key is None else TIMERS_PER_RECORD, unit)
            if outages.due <= now:
                self._walk(unit)
            if value is None:
                continue
            if key is None or not value.startswith(frame):
                self._control(record, value, unit)
                continue
            customer_id = key.decode()
            work = works.get(customer_id)
            if work is None:
                work = works[customer_id] = work_on(customer_id, parts_of(key).get)
            position = record.offset
            if position >= work.progress.position:  # else delivered once more after a crash: part of the state
                self._guarded(work, Arrival(value, position, now, self._book.active), unit)
        self._outputs.count(works.values(), unit)
        for customer_id in [*works]:
            self._outputs.finish(works.pop(customer_id), now, self._book.active, unit)

    def _work(self, customer_id: str) -> Work:
        work = self._works.get(customer_id)
        if work is None:
            work = self._works[customer_id] = self._begin(customer_id)
        return work

    def _begin(self, customer_id: str) -> Work:
        return work_on(customer_id, self._store.of(customer_id.encode()).get)

    def _guarded(self, work: Work, item: Item, unit: Unit) -> None:
        """Apply an item; whatever a rule does wrong costs this item alone."""
        try:
            self._apply(work, item)
        except Poison as poison:
            self._give_up(work, item, poison, unit)
        except GuardFull as error:
            self._give_up(work, item, Poison(DeadLetterReason.GUARD_FULL, str(error)), unit)
        except Exception as error:  # noqa: BLE001 - the guard: a rule that raises must not stop the partition
            self._give_up(work, item, Poison(DeadLetterReason.RULE_FAILED, type(error).__name__), unit)
        else:
            work.journal.append(item)

    def _apply(self, work: Work, item: Item) -> None:
        if isinstance(item, Arrival):
            self._rules.arrive(work, item)
        elif isinstance(item, Firing):
            self._rules.fire(work, item)
        elif isinstance(item, Claiming):
            self._rules.claim(work, item)
        elif isinstance(item, Reaching):
            self._rules.reach(work, item)
        else:
            work.customer.set_timer(item.name, item.due)
        if work.customer.new_timers:
            self._index(work)
        if work.customer.is_moved:
            self._move(work)

    def _give_up(self, work: Work, item: Item, poison: Poison, unit: Unit) -> None:
        """Take the item's changes back by folding the customer's part of the chunk again without it."""
        if poison.has_touched:
            work.reset()
            for earlier in work.journal:
                self._apply(work, earlier)
        if isinstance(item, Arrival):
            self._outputs.dead_letter(self._rules.entry(item), poison.reason, poison.detail, unit)
        elif isinstance(item, Firing):
            unit.tally(Tally.TIMER_FAILURES, item.name.partition(":")[0])
            again = Postponing(item.name, item.now + TIMER_RETRY_MILLIS)
            self._apply(work, again)
            work.journal.append(again)  # the index has forgotten the timer: it must outlive another item's undoing
        elif isinstance(item, Reaching):
            unit.tally(Tally.OUTAGE_FAILURES)

    def _index(self, work: Work) -> None:
        for name, due in work.take_new_timers():
            self._timers.add(due, work.customer_id, name)

    def _move(self, work: Work) -> None:
        customer = work.customer
        customer.is_moved = False
        before = work.places if work.places is not None else _places(customer.stored(NETWORK, Network))
        work.places = _places(customer.peek(NETWORK, Network))
        self._outages.move(work.customer_id, before, work.places)

    def _walk(self, unit: Unit) -> None:
        """Let what is broken reach its next customers."""
        for outage, customers in self._outages.walk(self.now, unit):
            for customer_id in customers:
                self._guarded(self._work(customer_id), Reaching(outage, self.now, self._book.active), unit)

    def _fire_due(self, limit: int, unit: Unit) -> None:
        """Fire at most `limit` timers; entries that are no longer true do not count, a restart knows none of them."""
        fired = 0
        while fired < limit and (entry := self._timers.take(self.now)) is not None:
            due, customer_id, name = entry
            work = self._works.get(customer_id) or self._begin(customer_id)
            is_due = work.progress.context_at if name == CONTEXT_TIMER else work.customer.timers.get(name)
            if is_due == due:  # else it was moved or cleared since
                fired += 1
                self._works[customer_id] = work
                self._guarded(work, Firing(name, self.now, self._book.active), unit)

    def _control(self, record: Record, value: bytes, unit: Unit) -> None:
        """Apply what concerns the whole partition, or a mailbox."""
        message = self._codec.decoder(int.from_bytes(value[1:5], "big"))(value, 5)
        if isinstance(message, Activated):
            self._book.activate(message, unit)
        elif isinstance(message, OutageChanged):
            if self._outages.take(message, unit):
                self._book.break_down(self._outages.outages)
        elif isinstance(message, Claimed) and record.key is not None:
            work, item = self._work(record.key.decode()), Claiming(message, self.now, self._book.active)
            self._apply(work, item)  # no rule of a capability runs here: what raises is the engine's fault
            work.journal.append(item)
        elif not isinstance(message, Ticked):
            raise TypeError(f"a timeline partition holds a {type(message).__name__}")


def _places(network: Network | None) -> frozenset[str]:
    return frozenset() if network is None else places(network)
