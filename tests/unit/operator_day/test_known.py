"""What an operator knows of a customer: the newest word counts, whatever the order in which the words came."""

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import pytest

from operator_day import shelf
from operator_day.dealings import recalled
from operator_day.journal import Journal
from operator_day.known import Known
from operator_day.zones import HOUR, SECOND
from schemas import records

INTENT = shelf.INTENT_SECONDS * SECOND


def said(kind: type[Any], at: int, /, **fields: Any) -> Any:
    return kind(event_id=f"{kind.__name__}-{at}", source="/test", occurred_at=at, **fields)


def sold(at: int, spec_id: str, kind: type[Any] = records.ProductActivated, product_id: str = "p") -> Any:
    return said(kind, at, product_id=product_id, spec_id=spec_id, name=spec_id, is_tariff=True)


def ended(at: int, product_id: str = "p") -> Any:
    return said(records.ProductTerminated, at, product_id=product_id)


def ticket(kind: type[Any], at: int, ticket_id: str = "t", **more: Any) -> Any:
    fields = {"kind": "billing", "severity": "normal"} if kind is records.TicketOpened else {}
    return said(kind, at, ticket_id=ticket_id, **fields, **more)


def began(at: int, interaction_id: str, reason: str | None = None, direction: str = "inbound") -> Any:
    fields = {"interaction_id": interaction_id, "channel": "phone", "direction": direction, "reason_code": reason}
    return said(records.InteractionStarted, at, **fields)


@pytest.mark.parametrize(
    ("words", "tariff"),
    [
        ([sold(1, "a"), sold(2, "b", records.ProductChanged)], "b"),
        ([sold(1, "a"), ended(2)], None),
        ([sold(1, "a"), ended(2), sold(3, "b", records.ProductChanged)], None),
        ([sold(1, "a"), ended(2), sold(3, "c")], "c"),
        ([sold(1, "a"), sold(2, "b", product_id="q")], "b"),
        ([sold(1, "a"), sold(2, "b", product_id="q"), ended(3, "q")], "a"),
    ],
)
def test_tariff_is_the_newest_that_works(words: Sequence[Any], tariff: str | None) -> None:
    for order in permutations(words):
        found = Known(order).tariff()
        assert (found and found.spec_id) == tariff


@pytest.mark.parametrize(
    ("words", "is_open"),
    [
        ([ticket(records.TicketOpened, 1)], True),
        ([ticket(records.TicketOpened, 1), ticket(records.TicketResolved, 2)], False),
        ([ticket(records.TicketOpened, 1), ticket(records.TicketStatusChanged, 2, status="cancelled")], False),
        ([ticket(records.TicketOpened, 1), ticket(records.TicketStatusChanged, 2, status="held")], True),
        (
            [
                ticket(records.TicketOpened, 1),
                ticket(records.TicketResolved, 2),
                ticket(records.TicketStatusChanged, 3, status="pending"),
            ],
            False,
        ),
        (
            [
                ticket(records.TicketOpened, 1),
                ticket(records.TicketResolved, 2),
                ticket(records.TicketReopened, 3),
            ],
            True,
        ),
    ],
)
def test_ticket_is_open_until_its_end_and_when_reopened(words: Sequence[Any], is_open: bool) -> None:  # noqa: FBT001
    for order in permutations(words):
        assert bool(Known(order).open_tickets()) is is_open


def test_ticket_is_expected_by_the_newest_date() -> None:
    words = [
        ticket(records.TicketOpened, 1, expected_resolution_at=10),
        ticket(records.TicketStatusChanged, 2, status="pending", expected_resolution_at=30),
        ticket(records.TicketStatusChanged, 3, status="in_progress"),
    ]
    for order in permutations(words):
        assert Known(order).open_tickets()[0].expected_resolution_at == 30


def test_conversation_is_told_by_its_newest_words() -> None:
    words = [
        began(1, "i", "menu"),
        said(records.ReasonSet, 2, interaction_id="i", reason_code="typed", agent_id="a"),
        said(records.WrapupSet, 4, interaction_id="i", reason_code="closed", outcome="escalated"),
    ]
    for order in permutations(words):
        (found,) = Known(order).conversations()
        assert (found.reason_code, found.agent_id, found.outcome, found.is_over) == ("closed", "a", "escalated", True)


@pytest.mark.parametrize(
    ("before", "is_repeat"),
    [
        (began(10, "a", "Roaming"), True),
        (began(10, "a", "rOAMING"), True),
        (began(10, "a", "SIM"), False),
        (began(10, "a"), False),
        (began(4, "a", "Roaming"), False),
        (began(10, "a", "Roaming", "outbound"), False),
        (began(30, "a", "Roaming"), False),
    ],
)
def test_repeat_contact_is_the_same_reason_before_and_within_the_window(before: Any, is_repeat: bool) -> None:  # noqa: FBT001
    assert Known([before, began(20, "b", "Roaming")]).is_repeat("b", since=5) is is_repeat


def test_balance_is_the_highest_version_of_the_account_heard_of_last() -> None:
    def balance(at: int, account: str, version: int) -> Any:
        fields = {"account_id": account, "balance_minor": at, "currency": "RUB", "balance_version": version}
        return said(records.BalanceChanged, at, **fields)

    found = Known([balance(1, "a", 2), balance(2, "b", 9), balance(3, "a", 1)]).balance()
    assert found is not None
    assert (found.account_id, found.balance_minor) == ("a", 1)
    assert Known([]).balance() is None


def test_journal_recalls_by_arrival_who_is_followed() -> None:
    journal, late, early = Journal(), began(5, "i"), began(9, "j")
    journal.follow("C")
    for customer in ("C", "D"):
        journal.enter(customer, late, 20)
        journal.enter(customer, early, 10)
    assert journal.of("C") == [(10, early), (20, late)]
    assert journal.before("C", late) == [early]
    assert journal.at("C", early) == 10
    assert "D" not in journal
    with pytest.raises(ValueError, match="never arrived"):
        journal.before("C", began(9, "j"))


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ([1], {("intent", "roaming"): None}),
        ([20], {("intent", "roaming"): 20 * HOUR + INTENT}),
        ([1, 20], {("intent", "roaming"): 20 * HOUR + INTENT}),
        ([15], {}),
        ([1, 15], {}),
    ],
    ids=["it ran out", "it counts", "it counts again", "it ran out by the end", "the later one ran out by the end"],
)
def test_the_last_search_of_the_same_words_decides_what_is_known_of_it(
    at: list[int], expected: dict[tuple[str, str], int | None]
) -> None:
    searches = [
        said(records.SearchPerformed, hour * HOUR, session_id="s", surface="app", query="roaming") for hour in at
    ]
    found = recalled(Known(searches), last_at=16 * HOUR, end=21 * HOUR)
    assert {name: value for name, value in found.items() if name[0] == "intent"} == expected
