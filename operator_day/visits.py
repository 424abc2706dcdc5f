"""Everybody else's products on the eve, and their conversations, visits to the app and tickets by day."""

from collections.abc import Sequence
from random import Random
from typing import Any, Final

from operator_day import config, shelf
from operator_day.city import Person
from operator_day.events import Event
from operator_day.pen import CARE, CONTACT, DIGITAL, PRODUCT, Pen
from operator_day.plan import DayPlan
from operator_day.zones import HOUR, MINUTE, SECOND
from schemas import records

_WITH_TARIFF: Final = 0.25
_WITH_OPTION: Final = 0.3
"""Of those with a tariff."""
_ANSWERED: Final = 0.9
_MENU: Final = 0.4
"""Share of the conversations whose reason is known from the start, by a menu."""
_STEP: Final = 4_000
_DELAY: Final = 800

_TARIFFS: Final = ((shelf.SUPER, "Super"), ("super-plus", "Super Plus"), ("smart", "Smart"))
_CHANNELS: Final = ("phone", "phone", "phone", "chat", "messenger", "office")
_REASONS: Final = (
    shelf.CALLS_REASON,
    shelf.FAULT_REASON,
    shelf.MONEY_REASON,
    shelf.ROAMING_REASON,
    shelf.TARIFF_REASON,
    "SIM",
)
_WORDS: Final = ("gigabytes", "mobile internet", "my request", "opening hours", "roaming", "spam calls")
_SCREENS: Final = ("home", "balance", "usage", "tariff", "shop", "help")


class Visits:
    """Writes what the people of the background do beyond using and paying."""

    def __init__(self, plan: DayPlan, people: Sequence[Person], pen: Pen) -> None:
        self._plan = plan
        self._people = people
        self._pen = pen

    def eve(self) -> list[Event]:
        """Write which products some have."""
        rng = Random(f"products/{self._plan.seed}")
        events: list[Event] = []
        for index, person in enumerate(self._people):
            if rng.random() >= _WITH_TARIFF:
                continue
            at = self._plan.hour(-1) + 2 * MINUTE + rng.randrange(55 * 60) * SECOND
            spec_id, name = rng.choice(_TARIFFS)
            events.append(self._product(person, at, f"t{index}", spec_id, name, is_tariff=True))
            if rng.random() < _WITH_OPTION:
                events.append(self._product(person, at + SECOND, f"o{index}", shelf.MOBILE_INTERNET, "Mobile internet"))
        return events

    def _product(
        self, person: Person, at: int, product_id: str, spec_id: str, name: str, *, is_tariff: bool = False
    ) -> Event:
        what: dict[str, Any] = {"product_id": product_id, "spec_id": spec_id, "name": name, "is_tariff": is_tariff}
        price: dict[str, Any] = {"price_minor": 450_00, "currency": config.CURRENCY}
        record = self._pen.record(records.ProductActivated, PRODUCT, at - SECOND, **what, **price)
        # Under the customer's own id: the number's link may still be on its way.
        return self._pen.write(PRODUCT, person, record, at, key=person.customer_key())

    def conversation(self, index: int, at: int, rng: Random) -> list[Event]:
        """Write a conversation from the customer's call to the wrap-up, or to their giving up in the queue."""
        reason, channel = rng.choice(_REASONS), rng.choice(_CHANNELS)
        agent, wait = f"agent-{rng.randrange(200)}", rng.randrange(5, 400)
        known = reason if rng.random() < _MENU else None
        is_answered = rng.random() < _ANSWERED
        how = "answered" if is_answered else "abandoned"
        steps: list[tuple[type[Any], dict[str, Any]]] = [
            (records.InteractionStarted, {"channel": channel, "direction": "inbound", "reason_code": known}),
            (records.QueueEntered, {"queue": "first-line"}),
            (records.QueueLeft, {"queue": "first-line", "how": how, "wait_seconds": wait}),
        ]
        if is_answered:
            steps += [
                (records.AgentJoined, {"agent_id": agent}),
                (records.ReasonSet, {"reason_code": reason, "agent_id": agent}),
                (records.InteractionEnded, {"status": "completed"}),
                (records.WrapupSet, {"outcome": rng.choice(("resolved", "resolved", "unresolved"))}),
            ]
        else:
            steps.append((records.InteractionEnded, {"status": "abandoned"}))
        return self._write(index, CONTACT, at, steps, interaction_id=f"i{index}-{at}")

    def session(self, index: int, at: int, rng: Random) -> list[Event]:
        """Write a visit to the app or the site."""
        return self._write(index, DIGITAL, at, self._visit(index, at, rng))

    def search(self, index: int, at: int, rng: Random) -> list[Event]:
        """Write a visit that ends with a search."""
        steps = self._visit(index, at, rng)
        searched = steps[-1][1] | {"query": rng.choice(_WORDS)}
        searched.pop("screen")
        return self._write(index, DIGITAL, at, [*steps, (records.SearchPerformed, searched)])

    @staticmethod
    def _visit(index: int, at: int, rng: Random) -> list[tuple[type[Any], dict[str, Any]]]:
        surface = rng.choice(("app", "app", "web"))
        in_session: dict[str, Any] = {"session_id": f"s{index}-{at}", "surface": surface}
        steps: list[tuple[type[Any], dict[str, Any]]] = [
            (records.SessionStarted, {"device": "phone", **in_session}),
            (records.LoggedIn, in_session),
        ]
        screens = [rng.choice(_SCREENS) for _ in range(rng.randint(1, 4))]
        return [*steps, *((records.ScreenViewed, {"screen": screen, **in_session}) for screen in screens)]

    def ticket(self, index: int, at: int, rng: Random) -> list[Event]:
        """Write a ticket and how it stands now; it stays open."""
        kind = rng.choice(("no-internet", "billing", "quality"))
        due = at - at % HOUR + 30 * HOUR
        steps: list[tuple[type[Any], dict[str, Any]]] = [
            (records.TicketOpened, {"kind": kind, "severity": "normal", "expected_resolution_at": due}),
            (records.TicketStatusChanged, {"status": "acknowledged"}),
        ]
        return self._write(index, CARE, at, steps, ticket_id=f"tt{index}-{at}")

    def _write(
        self,
        index: int,
        topic: str,
        at: int,
        steps: Sequence[tuple[type[Any], dict[str, Any]]],
        **about: Any,  # noqa: ANN401  # what all of them are about
    ) -> list[Event]:
        events = []
        for number, (kind, fields) in enumerate(steps):
            arrives = at + number * _STEP
            record = self._pen.record(kind, topic, arrives - _DELAY, **about, **fields)
            events.append(self._pen.write(topic, self._people[index], record, arrives))
        return events
