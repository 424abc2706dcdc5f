import pytest

from agents.customer.model import ActiveConfig
from agents.message.model import Covered, Notice, message_id
from schemas.reasons import SuppressionReason
from schemas.records import Channel, MessageClass, Templates
from tests.builders.day import HOUR, a_customer, after, granted, lost_address, millis, prefers, revoked
from tests.builders.wishes import DAY, LOW, reasons, wants

ALL: tuple[MessageClass, ...] = ("critical", "service", "relationship", "survey", "marketing")
OPT_IN = ("relationship", "survey", "marketing")


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
    ids = {message_id("c-1", *each) for each in parts}
    ids |= {message_id("c-2", "a", "b", "c")}
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
    templates = day.machine.config.of(Templates)
    assert templates is not None
    day.machine.config = ActiveConfig(7, templates)
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
