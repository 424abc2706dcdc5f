import pytest

from agents.message.arbitration import MAX_SUPPRESSED
from agents.message.model import Notice
from agents.message.verdict import MAX_CRITICAL_SENDS, MAX_SENDS
from schemas.records import MessageAccepted, MessageDelivered, MessageFailed
from tests.builders.day import a_customer, after, heard
from tests.builders.wishes import DAY, LOW, reasons, sent_at, wants


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
