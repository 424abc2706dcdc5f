"""Laws of the money: what is known does not depend on the order of arrival, and nobody is told more for it."""

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.balance.model import Money
from agents.message.model import Contact
from schemas.records import (
    AutopayChanged,
    BalanceChanged,
    ChargePosted,
    ConsentGranted,
    ConsentRevoked,
    CustomerUpserted,
    IdentifierLinked,
    IdentifierUnlinked,
    PreferenceSet,
    PromisedPaymentOpened,
    PromisedPaymentOverdue,
    PromisedPaymentRepaid,
    TopupSucceeded,
    UsageRated,
)
from tests.builders.day import HOUR, MINUTE, a_customer

AGES = st.sampled_from([0, 1, 2, 3, 59]).map(lambda minutes: minutes * MINUTE)
ACCOUNTS = st.sampled_from(["a-1", "a-2"])
MINOR = st.integers(-200_00, 500_00)
TEXT = st.sampled_from([None, "x", "y"])
CLASSES, CHANNELS = st.sampled_from(["service", "survey"]), st.sampled_from(["sms", "push"])
LINK = {"customer_id": st.just("c-1"), "scheme": st.just("app"), "value": st.sampled_from(["x", "y"])}
MINUTES = st.sampled_from([0, 60, 1440])


def an(kind: type, /, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[type, dict[str, Any]]]:
    return st.tuples(st.just(kind), st.fixed_dictionaries({"ago": AGES, **fields}))


MONEY = st.one_of(
    an(BalanceChanged, account_id=ACCOUNTS, balance_minor=MINOR, currency=st.just("RUB")),
    an(ChargePosted, account_id=ACCOUNTS, amount_minor=MINOR, currency=st.just("RUB"), kind=st.just("fee"),
       units=st.just(1)),
    an(TopupSucceeded, account_id=ACCOUNTS, topup_id=st.just("t"), amount_minor=MINOR, currency=st.just("RUB")),
    an(AutopayChanged, account_id=ACCOUNTS, is_enabled=st.booleans()),
)  # fmt: skip
OTHERS = st.one_of(
    an(UsageRated, sequence=st.just(1), kind=st.sampled_from(["data", "voice"]), units=st.integers(0, 9),
       cost_minor=st.integers(-5, 5), currency=st.just("RUB")),
    an(CustomerUpserted, customer_id=st.just("c-1"), first_name=TEXT, language=TEXT),
    an(IdentifierLinked, **LINK, valid_from=st.integers(0, 3), valid_to=st.sampled_from([None, 2, 10**15])),
    an(IdentifierUnlinked, **LINK, valid_to=st.integers(1, 4)),
    an(ConsentGranted, message_class=CLASSES, channel=CHANNELS, valid_to=st.sampled_from([None, 10**15]),
       proof_ref=TEXT),
    an(ConsentRevoked, message_class=CLASSES, channel=CHANNELS, proof_ref=TEXT),
    an(PreferenceSet, quiet_from_minute=MINUTES, quiet_to_minute=MINUTES, preferred_channel=CHANNELS),
)  # fmt: skip
PROMISES = st.lists(
    st.tuples(
        st.sampled_from(["p-1", "p-2", "p-3"]),
        st.sampled_from([PromisedPaymentOpened, PromisedPaymentRepaid, PromisedPaymentOverdue]),
        AGES,
    ),
    max_size=6,
    unique_by=lambda each: each[:2],
)


def numbered(events: list[tuple[type, dict[str, Any]]]) -> list[tuple[type, dict[str, Any]]]:
    """Give every event an id, every balance a version and every charge an id of its own, by the time they happened."""
    result = []
    for number, (kind, fields) in enumerate(sorted(events, key=lambda each: -each[1]["ago"])):
        own: dict[str, Any] = {"event_id": f"n-{number:03}"}
        if kind is BalanceChanged:
            own["balance_version"] = number
        elif kind is ChargePosted:
            own["charge_id"] = f"c-{number:03}"
        result.append((kind, fields | own))
    return result


def promised(promise_id: str, kind: type, ago: int) -> tuple[type, dict[str, Any]]:
    fields: dict[str, Any] = {"account_id": "a-1", "promise_id": promise_id, "ago": ago}
    if kind is PromisedPaymentOpened:
        fields |= {"amount_minor": 5, "currency": "RUB", "due_at": 10**15}
    return kind, fields


def facts(events: list[tuple[type, dict[str, Any]]]) -> tuple[Any, ...]:
    """Return all that is known after the events, without what a guard remembers."""
    day = a_customer()
    day.now += HOUR
    for kind, fields in events:
        day.happens(kind, **fields)
    machine = day.machine
    known = []
    for account in ("a-1", "a-2"):
        money = machine.section(f"money:{account}", Money)
        money.levels = {}
        known.append(money)
    sections = {name: raw for name, raw in machine.stored.items() if name in ("core", "ids", "usage", "accounts")}
    accounts = [(each.account_id, each.balance_minor, each.promise, each.charges) for each in day.context.accounts]
    contact = machine.section("contact", Contact)
    return known, sections, accounts, contact.consents, contact.preference, day.context.usage


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(MONEY, OTHERS), max_size=25), PROMISES, st.randoms(use_true_random=False))
def test_any_order_within_lateness_gives_equal_facts(
    events: list[tuple[type, dict[str, Any]]], promises: list[tuple[str, type, int]], rng: random.Random
) -> None:
    in_order = numbered(events + [promised(*each) for each in promises])
    shuffled = list(in_order)
    rng.shuffle(shuffled)
    assert facts(shuffled) == facts(in_order)


BALANCES = st.lists(st.integers(0, 300), min_size=1, max_size=20)


def told(balances: list[tuple[int, int]]) -> list[int]:
    """Return the versions that led to a message, for (version, balance) in order of arrival."""
    day = a_customer().with_levels(("low", 100, "RUB"))
    for version, minor in balances:
        day.happens(BalanceChanged, account_id="a-1", balance_minor=minor, currency="RUB", balance_version=version)
    return [int(request.cause_event_id.removeprefix("e-")) for request in day.requests]


@settings(max_examples=200, deadline=None)
@given(BALANCES, st.randoms(use_true_random=False))
def test_no_order_of_arrival_tells_more_than_the_right_order(balances: list[int], rng: random.Random) -> None:
    in_order = list(enumerate(balances))
    shuffled = list(in_order)
    rng.shuffle(shuffled)
    assert len(told(shuffled)) <= len(told(in_order))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 120), min_size=1, max_size=30))
def test_a_balance_that_swings_below_the_rearm_line_is_told_once(balances: list[int]) -> None:
    swings = [150, *balances, 99]
    assert len(told(list(enumerate(swings)))) == 1


@settings(max_examples=100, deadline=None)
@given(BALANCES)
def test_every_message_is_about_a_fall_from_the_level_or_above_to_below_it(balances: list[int]) -> None:
    day = a_customer().with_levels(("low", 100, "RUB"), ("lower", 50, "RUB"))
    amounts = {"low": 100, "lower": 50}
    before: int | None = None
    for minor in balances:
        sent = len(day.requests)
        day.with_balance(minor)
        for request in day.requests[sent:]:
            level = amounts[str(request.parameters["level_id"])]
            assert before is not None
            assert minor < level <= before
            assert not any(minor < other <= before for other in amounts.values() if other < level)
        before = minor
