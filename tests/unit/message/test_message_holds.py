import pytest

from agents.customer.model import ActiveConfig
from agents.message.arbitration import MAX_HELD
from schemas.records import ContactPolicy, Template, Templates
from tests.builders.day import HOUR, a_customer, after, millis, prefers, revoked
from tests.builders.wishes import DAY, LOW, reasons, sent_at, wants

NIGHT = (22 * 60, 8 * 60)


def test_a_message_in_quiet_hours_waits_until_they_end() -> None:
    day = a_customer().with_quiet_hours(*NIGHT).at("2026-03-10 23:00").who(wants())
    assert day.messages == []
    assert day.who(after(hours=12)).messages == [LOW]
    assert list(day.machine.stored) == ["ids", "contact"]  # no hold and no timer is left


def test_it_is_released_at_the_end_of_the_customers_own_night() -> None:
    day = a_customer().with_quiet_hours(*NIGHT).in_zone("Asia/Vladivostok").at("2026-03-10 23:00", "Asia/Vladivostok")
    end = millis("2026-03-11 08:00", "Asia/Vladivostok")
    day.who(wants())
    day.machine.advance(end - 1)
    assert sent_at(day) == []
    day.machine.advance(end)
    assert sent_at(day) == [end]
    assert day.requests[0].cause_event_id == "cause-1"


def test_a_critical_message_does_not_wait() -> None:
    day = a_customer().told_as("critical").with_quiet_hours(*NIGHT).at("2026-03-10 23:00")
    assert day.who(prefers(None, *NIGHT), wants()).messages == [LOW]


def test_the_customers_own_quiet_hours_override_the_policys() -> None:
    base = a_customer().with_quiet_hours(*NIGHT).at("2026-03-10 23:00")
    assert base.who(prefers(None, 60, 120), wants()).messages == [LOW]
    assert a_customer().with_quiet_hours(*NIGHT).at("2026-03-10 23:00").who(prefers(None, 7, 7), wants()).messages == [
        LOW
    ]
    assert a_customer().who(prefers(None, 11 * 60, 13 * 60), wants()).messages == []


def test_preferences_go_back_to_the_policys_when_they_say_nothing() -> None:
    day = a_customer().with_quiet_hours(*NIGHT).at("2026-03-10 23:00").who(prefers(None, 60, 120), prefers(), wants())
    assert day.messages == []


@pytest.mark.parametrize(("begin", "end"), [(None, 5), (5, None), (0, 2000)])
def test_quiet_hours_that_are_none_are_refused(begin: int | None, end: int | None) -> None:
    with pytest.raises(ValueError, match="quiet hours"):
        a_customer().who(prefers(None, begin, end))


def test_what_expires_while_it_waits_is_suppressed_when_it_does() -> None:
    day = a_customer().with_quiet_hours(*NIGHT).at("2026-03-10 23:00").who(wants(useful=HOUR))
    assert day.suppressions == []
    assert reasons(day.who(after(hours=1))) == ["quiet-hours-expired"]
    assert day.who(after(hours=12)).messages == []


def test_a_consent_withdrawn_overnight_stops_what_waits() -> None:
    day = a_customer().told_as("marketing").with_quiet_hours(*NIGHT).with_consent("marketing", "sms")
    day.at("2026-03-10 23:00").who(wants(), revoked("marketing", "sms"))
    assert (day.suppressions, day.cancellations) == ([], [])
    assert reasons(day.who(after(hours=12))) == ["no-consent"]


def test_quiet_hours_that_grew_overnight_are_kept() -> None:
    day = a_customer().with_quiet_hours(*NIGHT).at("2026-03-10 23:00").who(wants(), prefers(None, 22 * 60, 9 * 60))
    assert day.who(after(hours=9.5)).messages == []
    day.machine.advance(millis("2026-03-11 09:00"))
    assert sent_at(day) == [millis("2026-03-11 09:00")]


def test_a_wish_that_waits_is_the_same_message_when_it_comes_again() -> None:
    day = a_customer().with_quiet_hours(*NIGHT).at("2026-03-10 23:00").who(wants())
    expires_at = day.now + DAY
    day.who(after(hours=1), wants(), after(hours=12))
    assert [request.expires_at for request in day.requests] == [expires_at]


def test_what_is_released_together_goes_by_priority_within_the_caps() -> None:
    day = a_customer().with_quiet_hours(*NIGHT).with_cap(4, 24).at("2026-03-10 23:00")
    order = [3, 1, 5, 2, 6, 4]
    templates = [Template(f"p-{number}", "t", "service", number, ()) for number in order]
    policy = day.machine.config.of(ContactPolicy)
    assert policy is not None
    day.machine.config = ActiveConfig(7, policy, Templates("t", 1, tuple(templates)))
    day.who(*(wants(purpose=f"p-{number}") for number in order), after(hours=12))
    assert day.messages == ["p-6", "p-5", "p-4", "p-3"]
    assert day.suppressions == [("p-2", "cap"), ("p-1", "cap")]


def test_more_than_one_night_can_hold_is_suppressed_as_such() -> None:
    day = a_customer().with_quiet_hours(*NIGHT).at("2026-03-10 23:00")
    day.who(*(wants(str(number)) for number in range(MAX_HELD + 1)))
    assert reasons(day) == ["guard-full"]
