import pytest

from agents.balance.model import MAX_ACCOUNTS, MAX_PROMISES, Money
from agents.usage.model import Implausible
from tests.builders.day import (
    HOUR,
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


def test_a_balance_that_falls_below_a_level_is_told_once() -> None:
    day = a_customer().with_balance(150_00).who(spent(60_00), spent(1_00), spent(1_00))
    assert day.messages == [LOW]
    assert day.requests[0].parameters == {
        "account_id": "a-1",
        "balance_minor": 90_00,
        "currency": "RUB",
        "level_id": "low",
        "level_minor": 100_00,
    }


def test_a_balance_exactly_on_the_level_is_not_below_it() -> None:
    assert a_customer().with_balance(150_00).who(spent(50_00)).messages == []
    assert a_customer().with_balance(100_00).who(spent(1)).messages == [LOW]


def test_several_levels_crossed_at_once_are_one_message_about_the_lowest() -> None:
    day = a_customer().with_balance(150_00).who(spent(151_00))
    assert day.told_levels == ["empty"]
    assert day.context.accounts[0].lowest_level == "empty"


def test_levels_crossed_one_after_the_other_are_told_one_by_one() -> None:
    day = a_customer().with_gap(24 * 3600).with_balance(150_00).who(spent(60_00), spent(100_00))
    assert day.told_levels == ["low", "empty"]


def test_the_first_balance_is_a_start_and_no_crossing() -> None:
    day = a_customer().who(has_balance(5_00), spent(1_00))
    assert day.messages == []
    assert day.context.accounts[0].lowest_level is None


def test_rising_below_the_rearm_line_does_not_arm_the_level_again() -> None:
    day = a_customer().with_balance(150_00).who(spent(60_00), has_balance(120_00), has_balance(90_00))
    assert day.messages == [LOW]


def test_rising_above_the_rearm_line_arms_the_level_again() -> None:
    day = a_customer().with_balance(150_00).who(spent(60_00), has_balance(120_01))
    assert day.context.accounts[0].lowest_level is None
    assert day.who(has_balance(90_00)).messages == [LOW, LOW]


def test_a_large_top_up_arms_the_level_again_below_the_line() -> None:
    day = a_customer().with_levels(("low", 1000_00, "RUB"), topup=50_00).with_balance(1000_00).who(spent(10_00))
    assert day.who(topped_up(50_00), has_balance(999_00)).messages == [LOW, LOW]


def test_a_small_top_up_does_not_arm_the_level() -> None:
    day = a_customer().with_levels(("low", 1000_00, "RUB"), topup=50_01).with_balance(1000_00).who(spent(10_00))
    assert day.who(topped_up(50_00), has_balance(999_00)).messages == [LOW]


def test_a_top_up_paid_before_the_crossing_does_not_arm_it_when_it_comes_late() -> None:
    day = a_customer().with_levels(("low", 1000_00, "RUB"), topup=50_00).with_balance(1000_00).who(spent(10_00))
    assert day.who(topped_up(50_00, ago=HOUR), has_balance(999_00)).messages == [LOW]


def test_a_level_armed_again_within_the_gap_fires_in_silence() -> None:
    day = a_customer().with_gap(3600).with_balance(150_00).who(spent(60_00), has_balance(150_00), has_balance(90_00))
    assert day.messages == [LOW]
    assert day.suppressions == []
    assert day.context.accounts[0].lowest_level == "low"
    assert day.who(has_balance(150_00), after(hours=1), has_balance(90_00)).messages == [LOW, LOW]


def test_the_gap_is_over_exactly_when_it_is() -> None:
    day = (
        a_customer().with_gap(3600).with_balance(150_00).who(has_balance(90_00, occurred_at=1_000), has_balance(150_00))
    )
    assert day.who(has_balance(90_00, occurred_at=3_600_999)).messages == [LOW]
    day = (
        a_customer().with_gap(3600).with_balance(150_00).who(has_balance(90_00, occurred_at=1_000), has_balance(150_00))
    )
    assert day.who(has_balance(90_00, occurred_at=3_601_000)).messages == [LOW, LOW]


def test_the_same_balance_version_with_another_balance_changes_nothing() -> None:
    day = a_customer().with_balance(150_00).who(has_balance(90_00, balance_version=1))
    assert day.messages == []


def test_of_two_words_on_autopay_at_once_off_counts() -> None:
    for words in ((True, False), (False, True)):
        day = a_customer().with_balance(150_00)
        day.who(*(enabled_autopay(is_enabled=word, occurred_at=day.now) for word in words), spent(60_00))
        assert day.messages == [LOW]


def test_levels_no_longer_in_force_are_forgotten_with_the_next_crossing() -> None:
    day = a_customer().with_balance(150_00).who(spent(60_00)).with_levels(("other", 50_00, "RUB")).who(spent(60_00))
    assert list(day.machine.section("money:a-1", Money).levels) == ["other"]


def test_low_balance_stays_silent_while_a_promised_payment_is_open() -> None:
    day = a_customer().with_balance(100_00).who(opened_promise(50_00), spent(95_00))
    assert day.messages == []
    assert day.suppressions == [(LOW, "covered")]
    assert day.who(spent(1_00)).suppressions == [(LOW, "covered")]


def test_a_promise_covers_nothing_any_more_once_due_overdue_or_repaid() -> None:
    base = opened_promise(50_00, hours=1)
    assert a_customer().with_balance(100_00).who(base, after(hours=1), spent(95_00)).messages == [LOW]
    assert a_customer().with_balance(100_00).who(base, let_promise_pass(), spent(95_00)).messages == [LOW]
    assert a_customer().with_balance(100_00).who(base, repaid_promise(), spent(95_00)).messages == [LOW]


def test_a_promise_repaid_before_it_was_heard_of_covers_nothing() -> None:
    day = a_customer().with_balance(100_00).who(repaid_promise(), opened_promise(50_00, ago=HOUR), spent(95_00))
    assert day.messages == [LOW]
    assert day.context.accounts[0].promise is not None
    assert day.context.accounts[0].promise.state == "repaid"
    assert day.context.accounts[0].promise.amount_minor == 50_00


def test_an_overdue_promise_that_is_repaid_does_not_become_overdue_again() -> None:
    day = a_customer().with_balance(1).who(opened_promise(9), repaid_promise(), let_promise_pass(ago=HOUR))
    assert day.context.accounts[0].promise is not None
    assert day.context.accounts[0].promise.state == "repaid"


def test_low_balance_stays_silent_while_autopay_is_enabled() -> None:
    day = a_customer().with_balance(100_00).who(enabled_autopay(), spent(95_00))
    assert (day.messages, day.suppressions) == ([], [(LOW, "covered")])


def test_autopay_goes_by_the_newest_word_not_by_the_last_that_arrived() -> None:
    day = a_customer().with_balance(100_00).who(enabled_autopay(is_enabled=False), enabled_autopay(ago=HOUR))
    assert day.who(spent(95_00)).messages == [LOW]


def test_an_older_balance_version_changes_nothing() -> None:
    day = a_customer().with_balance(150_00).who(has_balance(120_00), has_balance(50_00, balance_version=1))
    assert day.messages == []
    assert day.context.accounts[0].balance_minor == 120_00


def test_a_late_balance_changes_the_record_and_tells_nobody() -> None:
    day = a_customer().with_balance(150_00).who(spent(60_00, is_silent=True, ago=2 * HOUR))
    assert (day.messages, day.suppressions) == ([], [])
    assert day.context.accounts[0].balance_minor == 90_00
    assert day.who(spent(1_00)).messages == []


def test_a_level_in_another_currency_is_none_of_the_account() -> None:
    day = a_customer().with_levels(("low", 100_00, "KZT")).with_balance(150_00).who(spent(60_00))
    assert day.messages == []


def test_a_balance_that_changes_its_currency_crosses_nothing() -> None:
    day = a_customer().with_balance(150_00).who(has_balance(150_00, currency="KZT"), has_balance(80_00))
    assert day.messages == []


def test_a_level_of_zero_arms_again_above_zero_alone() -> None:
    day = a_customer().with_levels(("empty", 0, "RUB")).with_balance(1).who(has_balance(-1), has_balance(0))
    assert day.who(has_balance(-1)).messages == [LOW]
    assert day.who(has_balance(1), has_balance(-1)).messages == [LOW, LOW]


def test_a_negative_level_arms_again_above_its_margin() -> None:
    day = a_customer().with_levels(("credit", -100_00, "RUB")).with_balance(0).who(has_balance(-101_00))
    assert day.who(has_balance(-80_00), has_balance(-101_00)).messages == [LOW]
    assert day.who(has_balance(-79_99), has_balance(-101_00)).messages == [LOW, LOW]


def test_accounts_of_one_customer_warn_apart() -> None:
    day = a_customer().with_balance(150_00).with_balance(150_00, "a-2").who(spent(60_00), spent(60_00, "a-2"))
    assert [request.parameters["account_id"] for request in day.requests] == ["a-1", "a-2"]


def test_without_levels_in_force_nobody_is_warned() -> None:
    assert a_customer().with_levels().with_balance(150_00).who(spent(200_00)).messages == []


def test_the_message_says_for_how_many_days_the_balance_lasts() -> None:
    day = a_customer().with_balance(150_00).who(charged(70_00), spent(70_00))
    assert day.requests[0].parameters["days_left"] == 8
    assert day.context.accounts[0].spend_7d_minor == 70_00


def test_the_account_longest_without_news_makes_room_for_a_ninth() -> None:
    day = a_customer().with_balance(1, "a-old").who(after(hours=24))
    for number in range(MAX_ACCOUNTS):
        day.with_balance(1, f"a-{number}")
    assert [account.account_id for account in day.context.accounts] == [f"a-{n}" for n in range(MAX_ACCOUNTS)]
    assert "money:a-old" not in day.machine.stored


def test_an_account_full_of_everything_stays_within_its_budget() -> None:
    day = a_customer().with_balance(150_00)
    for number in range(40):
        promise = opened_promise(50_00, promise=f"promise-{number:026}")
        day.who(after(hours=24), promise, charged(70_00, f"charge-{number:027}"))
    money = day.machine.section("money:a-1", Money)
    assert len(money.promises) == MAX_PROMISES
    assert [charge.charge_id[-2:] for charge in money.charges] == [str(number) for number in range(30, 40)]
    assert len(day.machine.stored["money:a-1"]) < 2048


@pytest.mark.parametrize(
    "step", [has_balance(1, "a" * 129), charged(1, "c" * 129), opened_promise(1, promise="p" * 129)]
)
def test_an_id_too_long_for_the_record_is_refused_without_naming_it(step: Step) -> None:
    with pytest.raises(ValueError, match=r"^\w+ is longer than 128 characters$"):
        a_customer().who(step)


def test_an_amount_that_nobody_can_owe_is_refused() -> None:
    with pytest.raises(Implausible):
        a_customer().who(charged(2**62))


def test_what_the_context_shows_of_an_account_is_material_only_when_it_changed() -> None:
    day = a_customer().with_balance(150_00)
    before = day.machine.material
    day.who(spent(1_00), topped_up(1_00), enabled_autopay(is_enabled=False))
    assert day.machine.material == before
    day.who(enabled_autopay(), opened_promise(1_00), repaid_promise(), spent(60_00), has_balance(500_00))
    assert day.machine.material == before + 5
