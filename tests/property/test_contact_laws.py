"""Laws of contacts, tickets and products: what is known does not depend on the order of arrival."""

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.touch.model import MAX_INTERACTIONS, TOUCH, Touch
from schemas.records import (
    AgentJoined,
    AppInstalled,
    FormSubmitted,
    InteractionEnded,
    InteractionStarted,
    LoggedIn,
    MessageReceived,
    PermissionGranted,
    ProductActivated,
    ProductChanged,
    ProductTerminated,
    QueueEntered,
    QueueLeft,
    ReasonSet,
    ScreenPop,
    ScreenViewed,
    SearchPerformed,
    SessionStarted,
    TicketOpened,
    TicketReopened,
    TicketResolved,
    TicketStatusChanged,
    WrapupSet,
)
from tests.builders.day import HOUR, MINUTE, Day, a_customer

Happening = tuple[type, dict[str, Any]]

AGES = st.sampled_from([0, 1, 2, 59 * MINUTE, 5 * HOUR])
"""Some at the same time, and some on either side of what a conversation lives."""
TALKS, TEXT = st.sampled_from(["i-1", "i-2", "i-3"]), st.sampled_from(["x", "y"])
MAYBE = st.sampled_from([None, "x", "Y"])
CHANNELS = st.sampled_from(["phone", "chat", "UNKNOWN"])
SURFACES = st.sampled_from(["app", "web"])
TICKETS, TIMES = st.sampled_from(["t-1", "t-2", "t-3"]), st.sampled_from([None, 5, 6])
SPECS = {
    "product_id": st.sampled_from(["p-1", "p-2", "p-3"]),
    "spec_id": TEXT,
    "name": TEXT,
    "is_tariff": st.booleans(),
}


def an(kind: type, /, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Happening]:
    return st.tuples(st.just(kind), st.fixed_dictionaries({"ago": AGES, **fields}))


CONTACTS = st.one_of(
    an(InteractionStarted, interaction_id=TALKS, channel=CHANNELS, reason_code=MAYBE,
       direction=st.sampled_from(["inbound", "outbound"])),
    an(QueueEntered, interaction_id=TALKS, queue=TEXT),
    an(QueueLeft, interaction_id=TALKS, queue=TEXT, how=st.sampled_from(["answered", "abandoned"]),
       wait_seconds=st.integers(-1, 9)),
    an(AgentJoined, interaction_id=TALKS, agent_id=TEXT),
    an(ReasonSet, interaction_id=TALKS, reason_code=TEXT, agent_id=MAYBE),
    an(MessageReceived, interaction_id=TALKS, channel=CHANNELS),
    an(InteractionEnded, interaction_id=TALKS, status=st.sampled_from(["completed", "abandoned"])),
    an(WrapupSet, interaction_id=TALKS, reason_code=MAYBE, outcome=st.sampled_from(["resolved", "UNKNOWN"])),
)  # fmt: skip
DEEDS = st.one_of(
    an(SearchPerformed, session_id=TEXT, surface=SURFACES, query=st.sampled_from([*"aAbcdefghij", " "])),
    an(SessionStarted, session_id=TEXT, surface=SURFACES, device=MAYBE),
    an(ScreenViewed, session_id=TEXT, surface=SURFACES, screen=TEXT, product_id=MAYBE),
    an(AppInstalled, product_id=TEXT, device=MAYBE),
    an(PermissionGranted, product_id=TEXT, permission=TEXT),
    an(LoggedIn, session_id=TEXT, surface=SURFACES),
    an(FormSubmitted, session_id=TEXT, surface=SURFACES, form_id=TEXT, product_id=MAYBE),
)
CARE = st.one_of(
    an(TicketOpened, ticket_id=TICKETS, kind=TEXT, severity=st.sampled_from(["high", "low"]),
       expected_resolution_at=TIMES, outage_id=MAYBE, reason_code=MAYBE),
    an(TicketStatusChanged, ticket_id=TICKETS, status=st.sampled_from(["pending", "closed", "cancelled"]),
       expected_resolution_at=TIMES),
    an(TicketResolved, ticket_id=TICKETS),
    an(TicketReopened, ticket_id=TICKETS),
)  # fmt: skip
PRODUCTS = st.one_of(
    an(ProductActivated, **SPECS, price_minor=TIMES, currency=MAYBE),
    an(ProductChanged, **SPECS, price_minor=TIMES, currency=MAYBE),
    an(ProductTerminated, product_id=SPECS["product_id"]),
)
ANY = st.lists(st.one_of(CONTACTS, DEEDS, CARE, PRODUCTS), max_size=25)


def lived(events: list[Happening]) -> Day:
    day = a_customer()
    day.now += 6 * HOUR
    for kind, fields in events:
        day.happens(kind, **fields)
    return day


def shuffled(events: list[Happening], rng: random.Random) -> list[Happening]:
    other = list(events)
    rng.shuffle(other)
    return other


@settings(max_examples=200, deadline=None)
@given(ANY, st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_record_and_context(events: list[Happening], rng: random.Random) -> None:
    one, other = lived(events), lived(shuffled(events, rng))
    assert other.machine.stored == one.machine.stored
    assert other.context == one.context


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=15, max_size=30), st.randoms(use_true_random=False))
def test_in_any_order_the_conversations_and_searches_kept_are_the_newest(ages: list[int], rng: random.Random) -> None:
    begun: list[Happening] = [
        (InteractionStarted, {"interaction_id": f"i-{n:02}", "channel": "chat", "direction": "inbound", "ago": age})
        for n, age in enumerate(ages)
    ]
    sought: list[Happening] = [
        (SearchPerformed, {"session_id": "s", "surface": "web", "query": f"q-{n}", "ago": age})
        for n, age in enumerate(ages)
    ]
    one, other = lived(begun + sought), lived(shuffled(begun + sought, rng))
    assert other.machine.section(TOUCH, Touch) == one.machine.section(TOUCH, Touch)
    assert len(one.machine.section(TOUCH, Touch).interactions) == min(len(ages), MAX_INTERACTIONS)


@settings(max_examples=100, deadline=None)
@given(st.lists(CONTACTS, max_size=20), st.randoms(use_true_random=False))
def test_any_interleaving_of_conversations_leaves_each_as_it_was(events: list[Happening], rng: random.Random) -> None:
    """What is known of one conversation comes from its own events alone."""
    talks: dict[str, list[Happening]] = {}
    for kind, fields in events:
        talks.setdefault(fields["interaction_id"], []).append((kind, fields))
    one_by_one = [event for talk in talks.values() for event in talk]
    assert lived(shuffled(events, rng)).machine.stored == lived(one_by_one).machine.stored


@settings(max_examples=100, deadline=None)
@given(ANY, st.randoms(use_true_random=False))
def test_in_any_order_a_conversation_has_a_screen_at_most_once(events: list[Happening], rng: random.Random) -> None:
    day = lived(shuffled(events, rng))
    ids = [each.id for each in day.machine.emitted if isinstance(each.record, ScreenPop)]
    assert len(ids) == len(set(ids))


@settings(max_examples=100, deadline=None)
@given(ANY)
def test_whatever_others_see_goes_out_when_it_changes(events: list[Happening]) -> None:
    day = a_customer()
    day.now += 6 * HOUR
    for kind, fields in events:
        before, material = day.context, day.machine.material
        day.happens(kind, **fields)
        assert day.context == before or day.machine.material > material
