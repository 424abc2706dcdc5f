import pytest

from agents.message.arbitration import MAX_HELD, MAX_SUPPRESSED, message_id
from agents.message.model import Covered, Notice
from agents.message.verdict import MAX_CRITICAL_SENDS, MAX_SENDS
from schemas.reasons import SuppressionReason
from schemas.records import Channel, MessageAccepted, MessageClass, MessageDelivered, MessageFailed, Template, Templates
from tests.builders.day import (
    HOUR,
    Day,
    Step,
    a_customer,
    after,
    granted,
    heard,
    lost_address,
    millis,
    prefers,
    revoked,
)

LOW = "balance.low"
DAY = 24 * HOUR
NIGHT = (22 * 60, 8 * 60)
ALL: tuple[MessageClass, ...] = ("critical", "service", "relationship", "survey", "marketing")
OPT_IN = ("relationship", "survey", "marketing")


def wants(phase: str = "1", useful: int = DAY, purpose: str = LOW) -> Step:
    def step(day: Day) -> None:
        notice = Notice(purpose, "a-1", phase, {"balance_minor": 5, "unknown": 1}, day.now + useful)
        day.machine.want(notice, day.now, cause=f"cause-{phase}")

    return step


def reasons(day: Day) -> list[str]:
    return [reason for _, reason in day.suppressions]


def sent_at(day: Day) -> list[int]:
    return [request.decided_at for request in day.requests]


# what a request says


def test_a_request_says_who_what_why_and_until_when() -> None:
    day = a_customer().who(wants())
    (request,) = day.requests
    assert (request.customer_id, request.template_id, request.priority) == ("c-1", "tpl-1", 5)
    assert (request.message_class, request.channels, request.activation) == ("service", ("sms",), 7)
    assert (request.cause_event_id, request.cause_source) == ("cause-1", "test")
    assert (request.decided_at, request.expires_at) == (day.now, day.now + DAY)
    assert request.parameters == {"balance_minor": 5}
    assert [(each.topic, each.id) for each in day.machine.emitted] == [("message.request.v1", request.message_id)]


def test_the_same_wish_twice_is_one_message() -> None:
    assert a_customer().who(wants(), wants()).messages == [LOW]


def test_the_same_wish_suppressed_is_one_suppression() -> None:
    day = a_customer().who(revoked("service", "sms"), revoked("service", "push"), revoked("service", "email"))
    assert day.who(wants(), wants()).suppressions == [(LOW, "no-consent")]


def test_message_ids_do_not_run_into_each_other() -> None:
    parts = [("a", "b", "c"), ("a", "bc", ""), ("ab", "", "c"), ("a\0b", "", "c")]
    ids = {message_id("c-1", Notice(*each, parameters={}, expires_at=0)) for each in parts}
    ids |= {message_id("c-2", Notice("a", "b", "c", {}, 0))}
    assert len(ids) == 5


def test_a_covered_wish_is_a_suppression_once() -> None:
    day = a_customer()
    covered = Covered(Notice(LOW, "a-1", "1", {}, day.now + DAY), SuppressionReason.COVERED)
    day.machine.want(covered, day.now)
    day.machine.want(covered.notice, day.now)
    assert (day.messages, day.suppressions) == ([], [(LOW, "covered")])


def test_what_is_of_no_use_any_more_expires() -> None:
    assert reasons(a_customer().who(wants(useful=0))) == ["expired"]
    assert a_customer().who(wants(useful=1)).messages == [LOW]


def test_a_purpose_without_a_template_has_no_channel() -> None:
    day = a_customer().who(wants(purpose="birthday"))
    assert day.suppressions == [("birthday", "no-channel")]


def test_without_a_policy_nothing_is_sent() -> None:
    day = a_customer()
    day.machine.config.policy = None
    assert reasons(day.who(wants())) == ["no-channel"]


# consent


@pytest.mark.parametrize("message_class", ALL)
def test_only_what_needs_an_opt_in_waits_for_a_consent(message_class: MessageClass) -> None:
    silent = a_customer().told_as(message_class).who(wants())
    asked = a_customer().told_as(message_class).with_consent(message_class, "sms").who(wants())
    withdrawn = a_customer().told_as(message_class)
    withdrawn.who(*(revoked(message_class, channel) for channel in ("sms", "push", "email")), wants())
    assert reasons(silent) == (["no-consent"] if message_class in OPT_IN else [])
    assert reasons(asked) == []
    assert reasons(withdrawn) == ["no-consent"]


def test_consent_is_per_class_and_channel() -> None:
    day = a_customer().told_as("marketing").with_consent("survey", "sms").with_consent("marketing", "email")
    assert reasons(day.who(wants())) == ["no-channel"]  # e-mail is allowed and has no address
    assert day.with_address("email").who(wants("2")).requests[0].channels == ("email",)


def test_a_consent_holds_until_its_end() -> None:
    end = millis("2026-03-10 13:00")
    day = a_customer().told_as("marketing").with_consent("marketing", "sms", valid_to=end)
    assert day.who(wants()).messages == [LOW]
    assert reasons(day.who(after(hours=1), wants("2"))) == ["no-consent"]


def test_the_newest_word_on_consent_counts() -> None:
    day = a_customer().told_as("marketing").who(revoked("marketing", "sms"), granted("marketing", "sms", ago=HOUR))
    assert reasons(day.who(wants())) == ["no-consent"]


def test_of_a_grant_and_a_revocation_at_once_the_revocation_counts() -> None:
    day = a_customer().told_as("marketing")
    now = day.now
    for step in (revoked("marketing", "sms", occurred_at=now), granted("marketing", "sms", occurred_at=now)):
        step(day)
    assert reasons(day.who(wants())) == ["no-consent"]


def test_a_consent_for_what_is_not_known_here_says_nothing() -> None:
    day = a_customer().who(granted("UNKNOWN", "sms"), revoked("service", "UNKNOWN"))
    assert day.context.consents == ()


# channels


def test_channels_go_in_the_order_of_the_policy_those_with_an_address() -> None:
    day = a_customer().told_as("service", "email", "push", "sms").with_address("email").who(wants())
    assert day.requests[0].channels == ("email", "sms")


def test_the_preferred_channel_goes_first_when_the_policy_has_it() -> None:
    day = a_customer().with_address("email").with_address("push").who(prefers("email"), wants())
    assert day.requests[0].channels == ("email", "sms", "push")
    day = a_customer().told_as("service", "sms").with_address("email").who(prefers("email"), wants())
    assert day.requests[0].channels == ("sms",)


def test_an_address_counts_while_it_is_the_customers() -> None:
    day = a_customer().who(lost_address("sms"))
    assert reasons(day.who(wants())) == ["no-channel"]


# quiet hours


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
    day.machine.config.templates = Templates("t", 1, tuple(templates))
    day.who(*(wants(purpose=f"p-{number}") for number in order), after(hours=12))
    assert day.messages == ["p-6", "p-5", "p-4", "p-3"]
    assert day.suppressions == [("p-2", "cap"), ("p-1", "cap")]


def test_more_than_one_night_can_hold_is_suppressed_as_such() -> None:
    day = a_customer().with_quiet_hours(*NIGHT).at("2026-03-10 23:00")
    day.who(*(wants(str(number)) for number in range(MAX_HELD + 1)))
    assert reasons(day) == ["guard-full"]


# caps


def test_a_cap_rolls() -> None:
    day = a_customer().with_cap(2, 24).who(wants("1"), after(hours=12), wants("2"), wants("3"), after(hours=12))
    assert reasons(day) == ["cap"]
    assert day.who(wants("4"), wants("5")).suppressions == [(LOW, "cap"), (LOW, "cap")]
    assert len(day.messages) == 3


def test_a_slot_is_free_again_when_its_window_has_passed_and_not_a_moment_earlier() -> None:
    day = a_customer().with_cap(1, 24).who(wants("1"))
    first = day.requests[0].decided_at
    for now, phase in ((first + DAY - 1, "2"), (first + DAY, "3")):
        day.machine.want(Notice(LOW, "a-1", phase, {}, now + 1), now)
    assert sent_at(day) == [first, first + DAY]


def test_no_limit_is_no_rule_and_zero_is_none() -> None:
    assert a_customer().with_cap(None, 24).who(wants()).messages == [LOW]
    assert reasons(a_customer().with_cap(0, 24).who(wants())) == ["cap"]


@pytest.mark.parametrize(("capped", "expected"), [("service", ["cap"]), ("marketing", []), (None, ["cap"])])
def test_a_cap_of_a_class_counts_that_class(capped: str | None, expected: list[str]) -> None:
    day = a_customer().with_cap(1, 24, message_class=capped).who(wants("1"), wants("2"))
    assert reasons(day) == expected


def test_a_cap_of_a_channel_leaves_the_other_channels() -> None:
    day = a_customer().with_address("push").with_cap(1, 24, channel="sms")
    day.who(wants("1"), wants("2"))
    assert [request.channels for request in day.requests] == [("sms", "push"), ("push",)]


def test_a_report_frees_the_channels_that_were_not_taken() -> None:
    day = a_customer().with_address("push").with_cap(1, 24, channel="sms")
    day.who(wants("1"), heard(MessageAccepted, channel="push"), wants("2"))
    assert [request.channels for request in day.requests] == [("sms", "push"), ("sms", "push")]


def test_a_failure_on_one_channel_does_not_bind_the_message_to_it() -> None:
    day = a_customer().with_address("push").with_cap(1, 24, channel="sms").who(wants("1"))
    day.who(heard(MessageFailed, channel="sms"), heard(MessageDelivered, channel="push"), wants("2"))
    assert day.requests[1].channels == ("sms", "push")


def test_a_cap_counts_for_as_long_as_its_window_is() -> None:
    day = a_customer().with_cap(1, 30 * 24).who(wants("1"), after(hours=29 * 24), wants("2"))
    assert reasons(day) == ["cap"]


def test_a_failure_gives_the_slot_back_once() -> None:
    day = (
        a_customer().with_cap(1, 24).who(wants("1"), heard(MessageFailed), wants("2"), heard(MessageFailed, request=0))
    )
    assert len(day.messages) == 2
    assert reasons(day.who(wants("3"))) == ["cap"]


def test_a_failure_of_what_was_delivered_gives_nothing_back() -> None:
    day = a_customer().with_cap(1, 24).who(wants("1"), heard(MessageDelivered), heard(MessageFailed), wants("2"))
    assert reasons(day) == ["cap"]


def test_critical_messages_neither_ask_nor_count() -> None:
    day = a_customer().told_as("critical").with_cap(1, 24).who(wants("1"), wants("2"))
    assert len(day.messages) == 2
    assert day.told_as("service").who(wants("3")).suppressions == []


def test_a_report_on_an_unknown_message_changes_nothing() -> None:
    day = a_customer()
    before = dict(day.machine.stored)
    day.happens(MessageFailed, message_id="of-somebody-else", channel="sms")
    assert day.machine.stored == before


# guards


def test_a_full_list_of_sends_suppresses_but_lets_critical_messages_through() -> None:
    day = a_customer().who(*(wants(str(number)) for number in range(MAX_SENDS + 1)))
    assert (len(day.messages), reasons(day)) == (MAX_SENDS, ["guard-full"])
    assert len(day.told_as("critical").who(wants("critical")).messages) == MAX_SENDS + 1
    assert MAX_CRITICAL_SENDS > MAX_SENDS + 1


def test_the_list_of_sends_empties_with_time() -> None:
    day = a_customer().who(*(wants(str(number)) for number in range(MAX_SENDS)), after(hours=73), wants("next"))
    assert len(day.messages) == MAX_SENDS + 1


def test_a_full_list_of_suppressions_says_so() -> None:
    day = a_customer().with_cap(0, 1).who(*(wants(str(number)) for number in range(MAX_SUPPRESSED + 1)))
    assert reasons(day) == ["cap"] * MAX_SUPPRESSED + ["guard-full"]
    assert reasons(day.who(after(hours=73), wants("next")))[-1] == "cap"


# withdrawal


def test_a_consent_withdrawn_on_the_last_channel_cancels_what_is_outstanding_once() -> None:
    day = a_customer().with_address("push").who(wants(), revoked("service", "sms"))
    assert day.cancellations == []
    day.who(revoked("service", "push", is_silent=True), revoked("service", "push"))
    assert day.cancellations == [(day.requests[0].message_id, "no-consent")]


def test_a_lost_address_cancels_what_is_outstanding() -> None:
    day = a_customer().who(wants(), lost_address("sms"))
    assert day.cancellations == [(day.requests[0].message_id, "no-channel")]


@pytest.mark.parametrize(
    "step", [heard(MessageAccepted), heard(MessageDelivered), heard(MessageFailed), after(hours=25)]
)
def test_what_was_reported_or_has_expired_is_not_cancelled(step: Step) -> None:
    assert a_customer().who(wants(), step, revoked("service", "sms")).cancellations == []


def test_a_message_is_outstanding_for_as_long_as_it_is_of_use() -> None:
    day = a_customer().who(wants("1", useful=6 * DAY), after(hours=100), wants("2"), revoked("service", "sms"))
    assert [identity for identity, _ in day.cancellations] == [request.message_id for request in day.requests]


def test_a_withdrawal_leaves_a_class_alone_whose_consent_ran_out_since() -> None:
    day = a_customer().told_as("marketing").with_consent("marketing", "sms", valid_to=millis("2026-03-10 13:00"))
    assert day.who(wants(), after(hours=2), revoked("survey", "sms")).cancellations == []


def test_a_withdrawal_leaves_other_classes_alone() -> None:
    assert a_customer().who(wants(), revoked("marketing", "sms")).cancellations == []


def test_a_withdrawal_older_than_a_grant_cancels_nothing() -> None:
    day = a_customer().who(granted("service", "sms"), wants(), revoked("service", "sms", ago=HOUR))
    assert day.cancellations == []


def test_a_cancelled_message_keeps_its_slot_until_it_is_known_to_have_failed() -> None:
    day = a_customer().with_cap(1, 24).who(wants("1"), revoked("service", "sms"), granted("service", "sms"))
    assert reasons(day.who(wants("2"))) == ["cap"]
    assert len(day.who(heard(MessageFailed), wants("3")).messages) == 2


def test_consents_are_shown_as_they_stand_and_are_material_when_they_change() -> None:
    day = a_customer()
    before = day.machine.material
    day.who(granted("survey", "sms"), granted("survey", "sms"), revoked("marketing", "sms"), prefers("sms"))
    assert [(each.message_class, each.is_granted) for each in day.context.consents] == [
        ("marketing", False),
        ("survey", True),
    ]
    assert day.machine.material == before + 2


def test_every_channel_has_an_address_of_its_own() -> None:
    channels: tuple[Channel, ...] = ("sms", "push", "email")
    day = a_customer().with_address("push").with_address("email").who(wants())
    assert day.requests[0].channels == channels
