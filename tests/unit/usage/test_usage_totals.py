import pytest

from agents.usage.model import DAY_MILLIS, DAYS, Days, Implausible, Usage
from tests.builders.day import HOUR, a_customer, after, used

DAY = 24 * HOUR


def test_totals_cover_one_seven_and_thirty_days() -> None:
    day = a_customer().who(used("data", 1), used("data", 10, ago=DAY), used("data", 100, ago=7 * DAY))
    total = day.who(used("data", 1000, 5, ago=29 * DAY), used("data", 10_000, ago=30 * DAY)).context.usage
    assert [(each.kind, each.units_1d, each.units_7d, each.units_30d) for each in total] == [("data", 1, 11, 1111)]
    assert total[0].cost_30d_minor == 5


def test_totals_shrink_as_days_pass_without_usage() -> None:
    day = a_customer().who(used("voice", 60), after(hours=24))
    assert (day.context.usage[0].units_1d, day.context.usage[0].units_7d) == (0, 60)
    assert day.who(after(hours=29 * 24)).context.usage[0].units_30d == 0


def test_kinds_are_counted_apart_and_shown_by_name() -> None:
    day = a_customer().who(used("voice", 60), used("sms", 1), used("UNKNOWN", 2))
    assert [(each.kind, each.units_1d) for each in day.context.usage] == [("UNKNOWN", 2), ("sms", 1), ("voice", 60)]


def test_late_usage_lands_on_its_own_day() -> None:
    day = a_customer().who(used("data", 1), used("data", 5, ago=2 * DAY, is_silent=True))
    assert (day.context.usage[0].units_1d, day.context.usage[0].units_7d) == (1, 6)


def test_usage_is_never_material() -> None:
    day = a_customer()
    before = day.machine.material
    assert day.who(used("data", 1)).machine.material == before


def test_days_keep_what_lies_within_thirty_days_of_the_newest() -> None:
    days = Days()
    for number in (100, 129, 99, 130, 200, 100):
        days.add(number * DAY_MILLIS, 1)
    assert (days.newest, days.sums) == (200, [1])


def test_the_thirtieth_day_back_is_kept_and_the_one_before_is_not() -> None:
    days = Days()
    for number in (130, 101, 100):
        days.add(number * DAY_MILLIS, 1)
    assert days == Days(130, [1, *[0] * 28, 1])


def test_days_leave_no_trace_of_what_cancels_out() -> None:
    days = Days()
    days.add(100 * DAY_MILLIS, 5)
    days.add(90 * DAY_MILLIS, 5)
    days.add(90 * DAY_MILLIS, -5)
    assert days == Days(100, [5])


def test_an_amount_beyond_any_event_is_refused() -> None:
    with pytest.raises(Implausible):
        a_customer().who(used("data", 10**13 + 1))


def test_usage_full_of_everything_stays_within_its_budget() -> None:
    day = a_customer()
    for number in range(DAYS):
        steps = [used(kind, 10**9 + number, 1000) for kind in ("voice", "sms", "data")]
        day.who(after(hours=24), *steps)
    assert len(day.machine.section("usage", Usage).kinds) == 3
    assert len(day.machine.stored["usage"]) < 1536
