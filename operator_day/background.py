"""Everybody else: bursts of usage, of charges and of other doings with an evening peak, far above every level."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Final

from operator_day import config
from operator_day.bursts import Kind, draw
from operator_day.city import Person
from operator_day.events import Event, Fate
from operator_day.pen import BILLING, CONSENT, USAGE, Pen
from operator_day.plan import DayPlan
from operator_day.visits import Visits
from operator_day.zones import HOUR, MINUTE, SECOND
from schemas import records

_LEAST, _MOST = 7, 11
"""Records of a burst: they lie within a minute of each other, so that a customer's context changes once."""

_DUPLICATES: Final = 0.006
_LATE: Final = 0.006
_HIGH: Final = 600_00
_SPREAD: Final = 3_000_00
_SETTLED: Final = 0.15
"""Share of the people who say something about consent on the eve."""

_KINDS: Final = ("data", "data", "data", "voice", "voice", "sms")

_FOLLOWED: Final = frozenset({"conversation", "search", "session", "ticket"})
"""What a context or an agent's screen tells of."""


class Background:
    """The day of those who play in no story. Its balances stay above every level, so no message may come of it."""

    def __init__(self, plan: DayPlan, people: Sequence[Person], pen: Pen) -> None:
        self._plan = plan
        self._people = people
        self._pen = pen
        self._sequences = [0] * len(people)
        self._versions = [0] * len(people)
        self._visits = Visits(plan, people, pen)
        self._writers: dict[Kind, Callable[[int, int, Random], list[Event]]] = {
            "usage": self._usage,
            "charges": self._charges,
            "conversation": self._visits.conversation,
            "search": self._visits.search,
            "session": self._visits.session,
            "ticket": self._visits.ticket,
        }
        self._bursts = draw(plan, people)
        done = ((people[index].customer_id, kind) for each in self._bursts.values() for index, kind in each)
        pen.ledger.journal.follow(*(customer for customer, kind in done if kind in _FOLLOWED))

    def eve(self) -> list[Event]:
        """Write what some have and say about consent when they join; the script introduces their profiles."""
        rng = Random(f"consent/{self._plan.seed}")
        events = self._visits.eve()
        for person in self._people:
            if rng.random() < _SETTLED:
                at = self._plan.hour(-1) + 2 * MINUTE + rng.randrange(55 * 60) * SECOND
                kind = records.ConsentGranted if rng.random() < 0.7 else records.ConsentRevoked  # noqa: PLR2004
                says = {"message_class": "marketing", "channel": rng.choice(("sms", "email"))}
                record = self._pen.record(kind, CONSENT, at - SECOND, **says)
                # Under the customer's own id: the number's link may still be on its way.
                events.append(self._pen.write(CONSENT, person, record, at, key=person.customer_key()))
        return events

    def hour(self, hour: int) -> list[Event]:
        """Write the bursts of `hour`; one customer's in the order in which they must be published."""
        rng = Random(f"hour/{self._plan.seed}/{hour}")
        events: list[Event] = []
        start = self._plan.hour(hour)
        for index, kind in self._bursts.get(hour, ()):
            at = start + rng.randrange(3 * MINUTE, HOUR - 3 * MINUTE)
            events += self._writers[kind](index, at, rng)
        return events

    def _usage(self, index: int, at: int, rng: Random) -> list[Event]:
        person, pen = self._people[index], self._pen
        events: list[Event] = []
        for _ in range(rng.randint(_LEAST, _MOST)):
            draw = rng.random()
            occurred_at = at - (2 + int(draw / _LATE * 40)) * HOUR if draw < _LATE else at - 800
            self._sequences[index] += 1
            kind = _KINDS[int(draw * 997) % len(_KINDS)]
            record = pen.record(
                records.UsageRated,
                USAGE,
                occurred_at,
                sequence=self._sequences[index],
                kind=kind,
                units=1 + int(draw * 9_973) % 600,
                cost_minor=int(draw * 7_919) % 400,
                currency=config.CURRENCY,
            )
            events.append(pen.write(USAGE, person, record, at))
            if draw > 1 - _DUPLICATES:
                events.append(_again(events[-1], at + 500))
            at += 4_000
        return events

    def _charges(self, index: int, at: int, rng: Random) -> list[Event]:
        person, pen = self._people[index], self._pen
        account = person.accounts[0]
        events: list[Event] = []
        for _ in range(rng.randint(_LEAST, _MOST)):
            draw = rng.random()
            units = 1 + int(draw * 97) % 20
            record = pen.record(
                records.ChargePosted,
                BILLING,
                at - 800,
                account_id=account,
                charge_id=f"c{index}-{at}",
                amount_minor=units * 350,
                currency=config.CURRENCY,
                kind=_KINDS[int(draw * 997) % len(_KINDS)],
                units=units,
                unit_price_minor=350,
            )
            events.append(pen.write(BILLING, person, record, at))
            if draw > 1 - _DUPLICATES:
                events.append(_again(events[-1], at + 500))
            at += 4_000
        self._versions[index] += 1
        balance = pen.record(
            records.BalanceChanged,
            BILLING,
            at - 800,
            account_id=account,
            balance_minor=_HIGH + rng.randrange(_SPREAD),
            currency=config.CURRENCY,
            balance_version=self._versions[index],
        )
        events.append(pen.write(BILLING, person, balance, at))
        return events


def _again(event: Event, at: int) -> Event:
    return event._replace(timestamp=at, fate=Fate(event.fate.customer, is_duplicate=True))
