import pytest

from schemas.records import MessageAccepted, MessageDelivered, MessageFailed
from tests.builders.day import HOUR, Step, a_customer, after, granted, heard, lost_address, millis, revoked
from tests.builders.wishes import DAY, reasons, wants


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


def test_a_cancellation_is_an_event_of_its_own_and_no_repetition_of_the_request() -> None:
    day = a_customer().who(wants(), revoked("service", "sms"))
    ids = [each.id for each in day.machine.emitted if each.topic == "message.request.v1"]
    assert len(ids) == len(set(ids)) == 2
