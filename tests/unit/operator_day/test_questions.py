"""What asks for something to offer, and what is known of the customer then."""

from typing import Any

import pytest

from operator_day import shelf
from operator_day.known import Known
from operator_day.questions import asked, balances, charges, is_question, is_repeat, searches, usage
from operator_day.zones import HOUR, MINUTE, SECOND
from schemas import records

NOW = 1_800_000_000_000


def said(kind: type[Any], ago: int = 0, /, **fields: Any) -> Any:
    return kind(event_id=f"{kind.__name__}-{ago}", source="/test", occurred_at=NOW - ago, **fields)


def began(name: str, ago: int, reason: str | None = None, direction: str = "inbound") -> Any:
    fields = {"interaction_id": name, "channel": "chat", "direction": direction, "reason_code": reason}
    return said(records.InteractionStarted, ago, **fields)


def balance(account: str, minor: int, version: int, ago: int) -> Any:
    fields = {"account_id": account, "balance_minor": minor, "currency": "RUB", "balance_version": version}
    return said(records.BalanceChanged, ago, **fields)


def charge(number: int, kind: str = "voice") -> Any:
    fields = {"account_id": "A", "charge_id": f"c{number}", "amount_minor": 1, "currency": "RUB", "units": 1}
    return said(records.ChargePosted, (100 - number) * MINUTE, kind=kind, **fields)


def search(query: str, ago: int, surface: str = "app") -> Any:
    return said(records.SearchPerformed, ago, session_id="s", surface=surface, query=query)


@pytest.mark.parametrize(
    ("record", "asks"),
    [
        (began("i", 0), True),
        (began("i", HOUR), True),
        (began("i", HOUR + 1), False),
        (began("i", 0, direction="outbound"), False),
        (search("roaming", 0), True),
        (search("roaming", 0, "tv"), False),
    ],
)
def test_what_asks(record: Any, asks: bool) -> None:  # noqa: FBT001  # a fact of the table
    assert is_question(record, NOW) is asks


def test_a_reason_is_asked_where_the_conversation_is() -> None:
    typed = said(records.ReasonSet, 0, interaction_id="i", reason_code="SIM")
    assert asked(typed, Known([began("i", 9), typed])) == ("reason_set", "i", "chat", "SIM")
    assert asked(typed, Known([typed])) == ("reason_set", "i", "UNKNOWN", "SIM")


def test_a_channel_that_gives_no_reason_means_the_conversations() -> None:
    question = said(records.ActionRequested, 0, request_id="r", channel="app", interaction_id="i")
    assert asked(question, Known([began("i", 9, "SIM"), question])) == ("channel", "i", "app", "SIM")


@pytest.mark.parametrize(
    ("before", "is_one"),
    [
        (began("a", HOUR, "sim"), True),
        (began("a", shelf.REPEAT_SECONDS * SECOND, "sim"), True),
        (began("a", shelf.REPEAT_SECONDS * SECOND + 1, "sim"), False),
        (began("a", HOUR, "tariff"), False),
        (began("a", HOUR, "sim", "outbound"), False),
    ],
)
def test_a_repeat_contact_is_about_the_same_within_the_window(before: Any, is_one: bool) -> None:  # noqa: FBT001
    assert is_repeat(Known([before, began("b", 0, "SIM")]), "b", "SIM", NOW) is is_one


def test_searches_count_for_their_time() -> None:
    time = shelf.INTENT_SECONDS * SECOND
    assert list(searches(Known([search("old", time), search("new", time - 1)]), NOW)) == ["new"]


def test_the_balance_heard_of_last_counts_and_of_an_account_the_highest_version() -> None:
    known = Known([balance("A", 9_00, 2, 50), balance("A", 1_00, 1, 10), balance("B", 5_00, 7, 20)])
    assert balances(known) == {"RUB": 5_00}


def test_usage_is_summed_by_kind() -> None:
    fields = {"kind": "voice", "units": 60, "cost_minor": 2_50, "currency": "RUB"}
    known = Known([said(records.UsageRated, ago, sequence=3 - ago, **fields) for ago in (1, 2)])
    assert usage(known) == {"voice": (120, 5_00)}


def test_of_charges_the_last_ten_of_an_account_are_known() -> None:
    known = Known([charge(number, "voice" if number % 2 else "data") for number in range(12)])
    assert charges(known)["voice"] == ("c3", "c5", "c7", "c9", "c11")
