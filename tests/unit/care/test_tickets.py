import pytest

from agents.care.model import CARE, MAX_OPEN, MAX_OVER, Care, open_tickets
from tests.builders.contact import opened_ticket, reopened_ticket, resolved_ticket, ticket_stood
from tests.builders.day import HOUR, MINUTE, Day, a_customer


def care(day: Day) -> Care:
    found: Care = day.machine.section(CARE, Care)
    return found


def waiting(day: Day) -> list[str]:
    return [each.ticket_id for each in open_tickets(care(day))]


def test_a_ticket_waits_from_its_opening_to_its_solution() -> None:
    day = a_customer().who(opened_ticket("t-1"), ticket_stood("t-1", "in_progress"))
    assert waiting(day) == ["t-1"]
    day.who(resolved_ticket("t-1"))
    assert waiting(day) == []
    assert day.context.tickets == ()


@pytest.mark.parametrize("status", ["closed", "cancelled"])
def test_a_ticket_that_is_closed_or_cancelled_waits_no_longer(status: str) -> None:
    assert waiting(a_customer().who(opened_ticket("t-1"), ticket_stood("t-1", status))) == []


@pytest.mark.parametrize("status", ["acknowledged", "in_progress", "pending", "held", "UNKNOWN"])
def test_a_ticket_waits_in_any_other_status(status: str) -> None:
    assert waiting(a_customer().who(opened_ticket("t-1"), ticket_stood("t-1", status))) == ["t-1"]


def test_a_status_does_not_open_a_ticket_that_is_over() -> None:
    day = a_customer().who(opened_ticket("t-1"), resolved_ticket("t-1"), ticket_stood("t-1", "in_progress"))
    assert waiting(day) == []


def test_a_reopened_ticket_waits_again_until_it_is_solved_again() -> None:
    day = a_customer().who(opened_ticket("t-1"), resolved_ticket("t-1"), reopened_ticket("t-1"))
    assert waiting(day) == ["t-1"]
    day.who(resolved_ticket("t-1"))
    assert waiting(day) == []


def test_an_older_end_does_not_end_a_reopened_ticket() -> None:
    day = a_customer().who(opened_ticket("t-1"), reopened_ticket("t-1"), resolved_ticket("t-1", ago=MINUTE))
    assert waiting(day) == ["t-1"]


def test_an_opening_told_after_the_end_opens_nothing() -> None:
    day = a_customer().who(resolved_ticket("t-1"), opened_ticket("t-1", ago=MINUTE))
    assert waiting(day) == []


def test_a_ticket_whose_opening_is_not_told_waits_since_the_first_that_is_known_of_it() -> None:
    day = a_customer().who(ticket_stood("t-1", "in_progress"))
    assert [(each.kind, each.opened_at) for each in open_tickets(care(day))] == [("", day.now)]


def test_the_newest_word_says_when_it_should_be_solved() -> None:
    day = a_customer().who(opened_ticket("t-1", expected_resolution_at=5))
    day.who(ticket_stood("t-1", "pending", expected_resolution_at=9), ticket_stood("t-1", "held"))
    day.who(ticket_stood("t-1", "pending", expected_resolution_at=7, ago=HOUR))
    (ticket,) = day.context.tickets
    assert (ticket.ticket_id, ticket.kind, ticket.expected_resolution_at) == ("t-1", "no_internet", 9)


def test_the_newest_open_and_the_last_ended_are_kept_and_all_are_counted() -> None:
    day = a_customer()
    for number in range(MAX_OVER + 3):
        day.who(opened_ticket(f"e-{number}"), resolved_ticket(f"e-{number}"))
    for number in range(MAX_OPEN + 3):
        day.who(opened_ticket(f"o-{number}"))
    assert waiting(day) == [f"o-{number}" for number in range(3, MAX_OPEN + 3)]
    assert len(care(day).tickets) == MAX_OPEN + MAX_OVER
    assert care(day).opened == MAX_OPEN + MAX_OVER + 6


def test_the_context_goes_out_when_a_ticket_opens_or_ends_and_not_for_a_status() -> None:
    day = a_customer().who(opened_ticket("t-1"))
    material = day.machine.material
    day.who(ticket_stood("t-1", "in_progress"))
    assert day.machine.material == material
    day.who(resolved_ticket("t-1"))
    assert day.machine.material == material + 1
