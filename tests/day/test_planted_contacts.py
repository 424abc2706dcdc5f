"""What the day says of conversations, tickets, products and searches bites: wrong with any one rule planted wrong."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from msgspec.structs import replace

from agents.care import rules as care
from agents.care.model import Ticket
from agents.context.rules import view
from agents.customer import decide
from agents.customer.model import Moment
from agents.product import rules as product
from agents.product.model import Product
from agents.screenpop import rules as screenpop
from agents.touch import rules as touch
from agents.touch import surfing
from agents.touch.interaction import Interaction
from hub import composition
from operator_day.stories import care as care_stories
from operator_day.stories import contact, digital, screen
from operator_day.stories import product as product_stories
from schemas import records
from tests.day.planted import Plant, a_day_of, returning

STORIES = (*contact.STORIES, *screen.STORIES, *care_stories.STORIES, *product_stories.STORIES, *digital.STORIES)
SCREENS = ("outage", "ticket", "charge", "actions")
a_day = partial(a_day_of, STORIES)


@pytest.mark.parametrize(("seed", "slice_seconds"), [(1, 3_600), (2, 3_600), (3, 900)])
async def test_conversations_are_right_with_the_hubs_own_rules(seed: int, slice_seconds: int) -> None:
    report = await a_day(seed, slice_seconds)
    assert report.findings == ()
    assert report.is_right
    for first in SCREENS:
        assert report.line(f"screen-pop {first}").seen > 0


def being(kind: type, name: str, said: Callable[[Any], Any]) -> Plant:
    """Plant a property."""
    return lambda patch: patch.setattr(kind, name, property(said))


def showing(**wrong: Any) -> Plant:
    """Plant a context that says this of everybody."""
    return lambda patch: patch.setattr(composition, "view", lambda *known: replace(view(*known), **wrong))


def screening(wrong: Callable[[Any], Any]) -> Plant:
    """Plant a screen that is changed before it goes out."""
    right = screenpop.screen_pop
    return lambda patch: patch.setattr(screenpop, "screen_pop", lambda *known: wrong(right(*known)))


def screens_what_the_operator_began(patch: pytest.MonkeyPatch) -> None:
    right = screenpop.on_interaction_started

    def wrong(customer: Any, event: Any, moment: Any) -> Any:
        return right(customer, replace(event, direction="inbound"), moment)

    patch.setattr(screenpop, "on_interaction_started", wrong)


def hears_late_news_as_new(patch: pytest.MonkeyPatch) -> None:
    right = Moment
    patch.setattr(decide, "Moment", lambda now, _silent, *rest: right(now, False, *rest))  # noqa: FBT003 - a field


def goes_by_arrival(patch: pytest.MonkeyPatch) -> None:
    def wrong(_care: Any, ticket: Any, event: Any) -> None:
        ticket.over = replace(ticket.over, at=-1)
        ticket.stood = replace(ticket.stood, at=event.occurred_at, status=event.status)

    patch.setattr(care, "tell_status", wrong)


def keeps_the_first_price_list(patch: pytest.MonkeyPatch) -> None:
    right = product.tell_changed

    def wrong(product: Any, event: Any) -> None:
        if product.content.at < 0:
            right(product, event)

    patch.setattr(product, "tell_changed", wrong)


PLANTED: dict[str, Plant] = {
    "screen: none at all": returning(screenpop, "on_interaction_started", ()),
    "screen: for the operator's own calls": screens_what_the_operator_began,
    "screen: for late news": hears_late_news_as_new,
    "screen: nothing is a repetition": returning(screenpop, "is_repeat", value=False),
    "screen: everything is a repetition": returning(screenpop, "is_repeat", value=True),
    "screen: outages are not looked up": screening(lambda pop: replace(pop, outage=None)),
    "screen: what is broken does not come first": screening(
        lambda pop: replace(pop, first="ticket" if pop.first == "outage" else pop.first)
    ),
    "screen: tickets are not looked up": returning(screenpop, "open_tickets", ()),
    "screen: old charges are fresh": lambda patch: patch.setattr(screenpop, "FRESH_MILLIS", 1 << 50),
    "screen: charges are not looked up": returning(screenpop, "_last_charge", None),
    "screen: no balance": returning(screenpop, "accounts_by_news", []),
    "screen: no tariff": returning(screenpop, "tariff", None),
    "screen: all contacts and not three": lambda patch: patch.setattr(screenpop, "SHOWN", 20),
    "screen: oldest contact first": screening(lambda pop: replace(pop, contacts=pop.contacts[::-1])),
    "screen: nobody's name": screening(lambda pop: replace(pop, first_name=None)),
    "screen: the gate is open": screening(lambda pop: replace(pop, gate=None)),
    "screen: no actions": screening(lambda pop: replace(pop, actions=())),
    "screen: of another decision": screening(lambda pop: replace(pop, decision_id=pop.interaction_id)),
    "touch: conversations never end": being(Interaction, "is_over", lambda _: False),
    "touch: a conversation lasts for ever": returning(touch, "_set_timer", None),
    "touch: the agent's reason is not heard": returning(touch, "tell_reason", None),
    "touch: the wrap-up is not heard": returning(touch, "tell_wrapup", None),
    "touch: the agent is not heard of": returning(touch, "_tell_agent", None),
    "touch: searches are not heard": lambda patch: patch.setattr(
        surfing, "HANDLERS", {kind: rule for kind, rule in surfing.HANDLERS.items() if kind != records.SearchPerformed}
    ),
    "touch: searches count for ever": returning(surfing, "intent_millis", 1 << 50),
    "touch: searches count for a minute": returning(surfing, "intent_millis", 60_000),
    "care: tickets never end": being(Ticket, "is_open", lambda _: True),
    "care: tickets are never reopened": returning(care, "tell_reopened", None),
    "care: closed and cancelled are statuses like others": lambda patch: patch.setattr(care, "ENDS", frozenset()),
    "care: the last status to arrive counts": goes_by_arrival,
    "care: the first date stays": returning(care, "tell_status", None),
    "product: products never end": being(Product, "is_active", lambda each: each.content.at >= 0),
    "product: what ended stays ended": being(
        Product, "is_active", lambda each: each.content.at >= 0 and each.terminated_at < 0
    ),
    "product: changes are not heard": keeps_the_first_price_list,
    "context: no tickets": showing(tickets=()),
    "context: no contacts": showing(contacts=()),
    "context: no products": showing(products=()),
    "context: no tariff": showing(tariff=None),
    "context: no searches": showing(intents=()),
    "context: nobody is talking": showing(live_interaction=None),
}


@pytest.mark.parametrize("plant", PLANTED.values(), ids=PLANTED.keys())
async def test_a_rule_of_conversations_planted_wrong_is_found(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    report = await a_day()
    assert not report.is_right
