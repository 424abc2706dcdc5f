"""What customers allow and prefer, and what became of the messages that were requested.

A withdrawn consent and a lost address count at once, late news included: what is outstanding and may go out on no
channel any more is cancelled. What is held is decided anew when it is released.
"""

from collections.abc import Sequence

from agents.customer.model import Capability, Customer, Moment, short
from agents.message.arbitration import HOLD, arbitrate, on_hold_due, withdraw
from agents.message.model import CONTACT, HOLDS, NOTHING, Consent, Contact, Effect, Holds, Preference, SendState
from agents.message.quiet import window
from schemas.records import (
    ConsentGranted,
    ConsentRevoked,
    IdentifierLinked,
    IdentifierUnlinked,
    MessageAccepted,
    MessageDelivered,
    MessageFailed,
    PreferenceSet,
)

__all__ = ["arbitrate", "capability"]


def on_consent_granted(customer: Customer, event: ConsentGranted, moment: Moment) -> Sequence[Effect]:
    """Know what the customer allows."""
    _take(customer, event, Consent(True, event.occurred_at, event.valid_to, _proof(event)), moment)  # noqa: FBT003 - a field
    return NOTHING


def on_consent_revoked(customer: Customer, event: ConsentRevoked, moment: Moment) -> Sequence[Effect]:
    """Know what the customer no longer allows, and take back what may go out on no channel any more."""
    if _take(customer, event, Consent(False, event.occurred_at, None, _proof(event)), moment):  # noqa: FBT003 - a field
        return withdraw(customer, moment, event.message_class)
    return NOTHING


def on_preference_set(customer: Customer, event: PreferenceSet, _moment: Moment) -> Sequence[Effect]:
    """Know when and where the customer prefers to be told; what is left out is as the policy says.

    Raises:
        ValueError: one end of the quiet hours without the other, or one that is no minute of the day.
    """
    begin, end = event.quiet_from_minute, event.quiet_to_minute
    if (begin is None) != (end is None):
        raise ValueError("quiet hours need a beginning and an end")
    if begin is not None and end is not None:
        window(begin, end)
    channel = None if event.preferred_channel == "UNKNOWN" else event.preferred_channel
    contact = customer.section(CONTACT, Contact)
    preference = Preference(event.occurred_at, begin, end, channel)
    if preference.version() > contact.preference.version():
        contact.preference = preference
    return NOTHING


def on_accepted(customer: Customer, event: MessageAccepted, _moment: Moment) -> Sequence[Effect]:
    """Know that the gateway has the message."""
    return _report(customer, event, SendState.ACCEPTED)


def on_delivered(customer: Customer, event: MessageDelivered, _moment: Moment) -> Sequence[Effect]:
    """Know that the message arrived."""
    return _report(customer, event, SendState.DELIVERED)


def on_failed(customer: Customer, event: MessageFailed, _moment: Moment) -> Sequence[Effect]:
    """Give the slot back that the message held in the caps."""
    return _report(customer, event, SendState.FAILED)


def on_identifier_changed(
    customer: Customer,
    _event: IdentifierLinked | IdentifierUnlinked,
    moment: Moment,
) -> Sequence[Effect]:
    """Take back what has no address any more. Runs after profile has seen the event."""
    return withdraw(customer, moment)


def _take(customer: Customer, event: ConsentGranted | ConsentRevoked, consent: Consent, moment: Moment) -> bool:
    """Take over a word on consent when it is the newest; one on a class or channel unknown here says nothing."""
    if "UNKNOWN" in (event.message_class, event.channel):
        return False
    contact = customer.section(CONTACT, Contact)
    before = contact.consent(event.message_class, event.channel)
    if not contact.take_consent(event.message_class, event.channel, consent):
        return False
    if before is None or before.holds(moment.now) != consent.holds(moment.now):
        customer.mark_material()
    return True


def _proof(event: ConsentGranted | ConsentRevoked) -> str | None:
    return None if event.proof_ref is None else short(event.proof_ref, "proof_ref")


def _report(
    customer: Customer, event: MessageAccepted | MessageDelivered | MessageFailed, state: SendState
) -> Sequence[Effect]:
    for send in customer.section(CONTACT, Contact).sends:
        if send.message_id == event.message_id:
            send.report(state, event.channel)
    return NOTHING


def capability() -> Capability:
    """Return what the contact policy contributes; it is listed after profile, whose addresses it reads."""
    return Capability(
        name="message",
        sections={CONTACT: Contact, HOLDS: Holds},
        handlers={
            ConsentGranted: on_consent_granted,
            ConsentRevoked: on_consent_revoked,
            PreferenceSet: on_preference_set,
            MessageAccepted: on_accepted,
            MessageDelivered: on_delivered,
            MessageFailed: on_failed,
            IdentifierLinked: on_identifier_changed,
            IdentifierUnlinked: on_identifier_changed,
        },
        timers={HOLD: on_hold_due},
    )
