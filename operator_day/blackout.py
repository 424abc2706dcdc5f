"""The day the large node fails: everybody below it is told once, whatever its parts and their alarms say."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from operator_day import config
from operator_day.city import Person
from operator_day.events import CONTROL, Event
from operator_day.impacts import ExpectedImpact, ImpactKey
from operator_day.ledger import Answer, ExpectedMessage, MessageKey
from operator_day.network import LARGE, NOBODY, Network, port, site
from operator_day.pen import ALARM, OUTAGE, Pen
from operator_day.plan import DayPlan
from operator_day.zones import HOUR, MINUTE, SECOND, Millis
from schemas import records

LARGE_OUTAGE: Final = "o-large"
STORY: Final = "large node"
BREAKS_AT: Final = config.NOON - 1
"""Hour of the outage: the hold-down ends in the slice of noon, while a worker may be killed."""
ENDS_AT: Final = BREAKS_AT + 3

_BROKEN: Final[tuple[records.ServiceKind, ...]] = ("tv",)
"""No channel needs it, so that everybody with an address can be told."""
_CAUSE: Final = "A head-end has failed"
_ANSWERED: Final = 25
"""The channels answer one in so many of these messages: each answer is two events."""
_ALARMED: Final = 4
"""One port in so many raises an alarm."""
_ADDRESSES: Final = {"sms": "msisdn", "push": "app", "email": "email"}


class Blackout:
    """The outage of the large node; what must come of it is entered as it is made."""

    def __init__(self, plan: DayPlan, people: Sequence[Person], pen: Pen, network: Network) -> None:
        self._plan = plan
        self._pen = pen
        self._network = network
        self._breaks_at = plan.hour(BREAKS_AT) + 4 * MINUTE
        self._ends_at = plan.hour(ENDS_AT) + 4 * MINUTE
        hold = config.HOLD_DOWN_SECONDS * SECOND
        pen.ledger.held["outage.opened", LARGE_OUTAGE] = self._breaks_at + hold
        pen.ledger.held["outage.resolved", LARGE_OUTAGE] = self._ends_at + hold
        self._shown = records.OpenOutage(
            LARGE_OUTAGE, _BROKEN, self._breaks_at - 4 * MINUTE, eta=self._ends_at, cause_public=_CAUSE
        )
        for number, person in enumerate(people):
            self._expect(person, "silent" if number % _ANSWERED else "delivered")

    def hour(self, hour: int) -> list[Event]:
        """Write what the network operations centre says in `hour`."""
        if hour == BREAKS_AT:
            return [*self._break(), *self._alarms(self._breaks_at + 2 * MINUTE)]
        if hour == ENDS_AT - 1:
            parts = range(self._network.sites)
            return [self._resolved(f"{LARGE_OUTAGE}-{part}", self._ends_at - HOUR + part * SECOND) for part in parts]
        return [self._resolved(LARGE_OUTAGE, self._ends_at)] if hour == ENDS_AT else []

    def _break(self) -> Iterator[Event]:
        yield self._opened(LARGE_OUTAGE, LARGE, self._breaks_at, None)
        for part in range(self._network.sites):
            # Every other part names the whole; of the rest the tree tells.
            parent = None if part % 2 else LARGE_OUTAGE
            yield self._opened(f"{LARGE_OUTAGE}-{part}", site(part), self._breaks_at + MINUTE + part * SECOND, parent)

    def _opened(self, name: str, element: str, at: Millis, parent: str | None) -> Event:
        return self._write(
            OUTAGE,
            name,
            at,
            records.OutageOpened,
            outage_id=name,
            affected_resources=(element,),
            service_kinds=_BROKEN,
            severity="major",
            started_at=self._breaks_at - 4 * MINUTE,
            parent_id=parent,
            eta=self._ends_at,
            cause_public=_CAUSE,
        )

    def _resolved(self, name: str, at: Millis) -> Event:
        return self._write(OUTAGE, name, at, records.OutageResolved, outage_id=name, resolved_at=at - MINUTE)

    def _alarms(self, at: Millis) -> Iterator[Event]:
        """Yield alarms of every site and of many ports: minor ones, which confirm nothing."""
        elements = [site(number) for number in range(self._network.sites)]
        elements += [port(number) for number in range(0, self._network.ports, _ALARMED)]
        for number, element in enumerate(elements):
            named = {"alarm_id": f"a-large-{number}", "resource_id": element}
            how = {"severity": "minor", "is_service_affecting": True}
            yield self._write(ALARM, element, at + number * 100, records.AlarmRaised, **named, **how)
            yield self._write(ALARM, element, at + 20 * MINUTE + number * 100, records.AlarmCleared, **named)

    def _write(self, topic: str, key: str, at: Millis, kind: type[Any], **fields: Any) -> Event:  # noqa: ANN401  # the record's
        record = self._pen.record(kind, topic, at - SECOND, **fields)
        self._pen.ledger.causes[record.event_id] = LARGE_OUTAGE
        return self._pen.write(topic, NOBODY, record, at, fate=CONTROL, key=key.encode(), story=STORY)

    def _expect(self, person: Person, answer: Answer) -> None:
        """Expect that it is told once when it breaks and once when it ends, or said once that it cannot be."""
        schemes = {scheme for scheme, _ in person.identifiers()}
        channels = frozenset(each for each in config.URGENT_CHANNELS if _ADDRESSES[each] in schemes)
        ledger, who = self._pen.ledger, person.customer_id
        if channels:
            for purpose in ("outage.opened", "outage.resolved"):
                key = MessageKey("requested", who, purpose, LARGE_OUTAGE)
                ledger.expect(key, ExpectedMessage(None, channels, answer, STORY))
        else:
            key = MessageKey("suppressed", who, "outage.opened", LARGE_OUTAGE)
            ledger.expect(key, ExpectedMessage("no-channel", None, answer, STORY))
        minutes = (self._ends_at - self._breaks_at) // MINUTE + 3
        ledger.impacts[ImpactKey(who, LARGE_OUTAGE, "opened")] = ExpectedImpact(None, STORY)
        ledger.impacts[ImpactKey(who, LARGE_OUTAGE, "resolved")] = ExpectedImpact(minutes, STORY)
        ledger.breaks(who, self._breaks_at, self._ends_at, self._shown)
