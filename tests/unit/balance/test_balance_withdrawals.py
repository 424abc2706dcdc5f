"""A warning that waits for the end of the night is not given when it is no longer true."""

import pytest

from agents.balance.model import MAX_ACCOUNTS
from schemas.records import Suppressed
from tests.builders.day import (
    HOUR,
    Day,
    Step,
    a_customer,
    after,
    charged,
    enabled_autopay,
    has_balance,
    let_promise_pass,
    opened_promise,
    repaid_promise,
    spent,
    topped_up,
)

LOW = "balance.low"
COVERED = [(LOW, "covered")]
MORNING = after(hours=10)


def warned_at_night(minor: int = 80_00) -> Day:
    """Return a customer whose balance fell below a level at night, which is not said before 8."""
    day = a_customer().with_quiet_hours(22 * 60, 8 * 60).at("2026-03-10 23:00")
    return day.who(has_balance(150_00), has_balance(minor))


@pytest.mark.parametrize("minor", [100_00, 100_01, 500_00])
def test_a_balance_that_reaches_the_level_again_withdraws_the_warning_at_once(minor: int) -> None:
    day = warned_at_night().who(has_balance(minor))
    assert day.suppressions == COVERED
    assert day.who(MORNING).messages == []
    assert day.suppressions == COVERED


def test_a_top_up_withdraws_the_warning() -> None:
    assert warned_at_night().who(topped_up(50_00), MORNING).messages == []


@pytest.mark.parametrize("minor", [99_99, 80_01, 70_00])
def test_a_balance_that_stays_below_the_level_withdraws_nothing(minor: int) -> None:
    day = warned_at_night().who(has_balance(minor), MORNING)
    assert (day.messages, day.suppressions) == ([LOW], [])


def test_the_suppression_names_the_event_that_was_to_be_told() -> None:
    day = warned_at_night()
    assert day.machine.emitted == []
    day.who(enabled_autopay())
    (suppressed,) = [each.record for each in day.machine.emitted]
    assert isinstance(suppressed, Suppressed)
    assert (suppressed.cause_event_id, suppressed.cause_source) == ("e-3", "test")  # after the link and the start
    assert (suppressed.message_class, suppressed.decided_at) == ("service", day.now)


def test_nothing_is_left_of_a_withdrawn_warning() -> None:
    day = warned_at_night().who(has_balance(150_00))
    assert not {"holds", "timers"}.intersection(day.machine.stored)


def test_autopay_withdraws_what_waits() -> None:
    day = warned_at_night().who(enabled_autopay())
    assert day.suppressions == COVERED
    assert day.who(enabled_autopay(is_enabled=False), MORNING).messages == []  # the level fired, in silence


def test_autopay_switched_off_withdraws_nothing() -> None:
    assert warned_at_night().who(enabled_autopay(is_enabled=False), MORNING).messages == [LOW]


def test_old_news_of_autopay_withdraws_nothing() -> None:
    day = a_customer().who(enabled_autopay(is_enabled=False)).with_quiet_hours(22 * 60, 8 * 60)
    day.at("2026-03-10 23:00").who(has_balance(150_00), has_balance(80_00), enabled_autopay(ago=24 * HOUR), MORNING)
    assert day.messages == [LOW]


def test_a_promise_withdraws_what_waits() -> None:
    day = warned_at_night().who(opened_promise(50_00))
    assert day.suppressions == COVERED
    assert day.who(MORNING).messages == []


@pytest.mark.parametrize("end", [repaid_promise(), let_promise_pass(), opened_promise(5, hours=-1)])
def test_a_promise_that_covers_nothing_withdraws_nothing(end: Step) -> None:
    day = warned_at_night().who(end, opened_promise(50_00, hours=-2), MORNING)
    assert (day.messages, day.suppressions) == ([LOW], [])


@pytest.mark.parametrize(
    "news",
    [
        has_balance(150_00, is_silent=True),
        enabled_autopay(is_silent=True, ago=HOUR),
        opened_promise(50_00, is_silent=True),
    ],
)
def test_late_news_withdraws_too(news: Step) -> None:
    assert warned_at_night().who(news, MORNING).messages == []


def test_an_older_balance_withdraws_nothing() -> None:
    assert warned_at_night().who(has_balance(150_00, balance_version=1), MORNING).messages == [LOW]


def test_only_what_the_balance_has_reached_is_withdrawn() -> None:
    day = warned_at_night().who(has_balance(-5_00), has_balance(10_00), MORNING)
    assert day.told_levels == ["low"]
    assert day.suppressions == COVERED


def test_warnings_about_other_accounts_wait_on() -> None:
    day = warned_at_night().who(has_balance(150_00, "a-2"), has_balance(80_00, "a-2"))
    day.who(enabled_autopay(), MORNING)
    assert [request.parameters["account_id"] for request in day.requests] == ["a-2"]


def test_a_warning_that_went_out_is_not_touched() -> None:
    day = a_customer().with_balance(150_00).who(spent(60_00), topped_up(200_00), enabled_autopay(), opened_promise(5))
    assert (day.messages, day.suppressions, day.cancellations) == ([LOW], [], [])


def test_a_fall_after_the_withdrawal_is_a_warning_of_its_own() -> None:
    day = warned_at_night().who(has_balance(150_00), has_balance(90_00), MORNING)
    assert (day.messages, day.suppressions) == ([LOW], COVERED)
    assert day.requests[0].parameters["balance_minor"] == 90_00


def test_the_level_as_it_was_warned_about_decides_not_as_it_is_now() -> None:
    day = warned_at_night().with_levels(("low", 200_00, "RUB"))
    assert day.who(has_balance(120_00), MORNING).messages == []


def test_a_level_no_longer_in_force_is_reached_all_the_same() -> None:
    day = warned_at_night().with_levels(("other", 70_00, "RUB"))
    assert day.who(has_balance(60_00), has_balance(100_00), MORNING).told_levels == []


def test_a_balance_in_another_currency_withdraws_what_waits() -> None:
    day = warned_at_night().who(has_balance(5_00, currency="EUR"))
    assert day.suppressions == COVERED


def test_an_account_that_made_room_and_comes_back_withdraws_what_waits_about_it() -> None:
    day = warned_at_night().who(*(charged(1, "ch", f"b-{number}", ago=-HOUR) for number in range(MAX_ACCOUNTS)))
    assert "money:a-1" not in day.machine.stored
    assert day.who(has_balance(150_00), MORNING).messages == []
