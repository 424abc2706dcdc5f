"""From a wish to what follows of it: a request that may be sent now, a hold, or a suppression with its reason.

A message is requested or suppressed at most once: what was decided is remembered for 72 hours and as long as a cap
counts it. What is held is decided when its hold ends, or before that when it is no longer true. Guards never forget
early: when one is full, the message is suppressed as `guard-full`.
"""

from collections.abc import Sequence
from typing import Final

from agents.customer.model import Customer, Moment
from agents.message.model import (
    CONTACT,
    HOLDS,
    Contact,
    Covered,
    Emit,
    Holds,
    Notice,
    Send,
    SendState,
    Wish,
    Withdraw,
    message_id,
)
from agents.message.policy import REMEMBERED_MILLIS, Policy, contact_policy
from agents.message.verdict import has_address, is_allowed, judge
from schemas.reasons import SuppressionReason
from schemas.records import Cancelled, Channel, MessageClass, Requested, Suppressed, Template
from streams.core.records import Millis

REQUESTS: Final = "message.request.v1"
SUPPRESSIONS: Final = "message.suppression.v1"
HOLD: Final = "hold:"
"""Timer of a held message, followed by its id."""
MAX_HELD: Final = 32
"""Messages that wait for the end of one night; nobody wants to wake up to more."""
MAX_SUPPRESSED: Final = 64
"""Messages suppressed within 72 hours."""


def arbitrate(customer: Customer, effect: Notice | Covered | Withdraw, moment: Moment) -> Sequence[Emit]:
    """Decide a message that a rule wants, wanted and saw covered, or sees no longer true while it is held.

    A message decided before is not decided again.
    """
    if isinstance(effect, Withdraw):
        return withdraw_held(customer, effect, moment)
    notice = effect.notice if isinstance(effect, Covered) else effect
    identity = message_id(customer.id, notice.purpose, notice.subject, notice.phase)
    policy = moment.config.derived(contact_policy)
    contact = customer.section(CONTACT, Contact)
    _forget(contact, policy, moment.now)
    if _is_decided(customer, contact, identity):
        return ()
    template = policy.templates.get(notice.purpose)
    wish = Wish(
        identity,
        notice.purpose,
        template.message_class if template is not None else "UNKNOWN",
        notice.parameters,
        notice.expires_at,
        moment.cause.event_id,
        moment.cause.source,
        moment.now,
        subject=notice.subject,
        true_below=notice.true_below,
        without=notice.without,
    )
    if isinstance(effect, Covered):
        return [_suppress(customer, wish, effect.reason, moment)]
    return _decide(customer, wish, policy, moment)


def on_hold_due(customer: Customer, _timer: str, moment: Moment) -> Sequence[Emit]:
    """Decide anew every held message that is due, the highest priority first, as if it were wanted now."""
    policy = moment.config.derived(contact_policy)
    held = customer.section(HOLDS, Holds).held
    due = [wish for wish in held.values() if wish.due <= moment.now]
    due.sort(key=lambda wish: (-_priority(wish, policy), wish.wanted_at, wish.message_id))
    emits: list[Emit] = []
    for wish in due:
        del held[wish.message_id]
        customer.clear_timer(HOLD + wish.message_id)
        emits += _decide(customer, wish, policy, moment)
    return emits


def withdraw_held(customer: Customer, effect: Withdraw, moment: Moment) -> Sequence[Emit]:
    """Suppress what is held and no longer true, on account of the events that it was wanted for, oldest first."""
    holds = customer.peek(HOLDS, Holds)
    ended = [wish for wish in holds.held.values() if wish.is_ended_by(effect)] if holds is not None else ()
    if not ended:
        return ()
    held = customer.section(HOLDS, Holds).held
    _forget(customer.section(CONTACT, Contact), moment.config.derived(contact_policy), moment.now)
    emits = []
    for wish in sorted(ended, key=lambda wish: (wish.wanted_at, wish.message_id)):
        del held[wish.message_id]
        customer.clear_timer(HOLD + wish.message_id)
        emits.append(_suppress(customer, wish, SuppressionReason.COVERED, moment))
    return emits


def withdraw(customer: Customer, moment: Moment, message_class: MessageClass | None = None) -> Sequence[Emit]:
    """Cancel the outstanding messages, of the class if one is given, that may go out on no channel any more."""
    contact = customer.peek(CONTACT, Contact)
    if contact is None:
        return ()
    emits = []
    for place, send in enumerate(contact.sends):
        if not send.is_outstanding(moment.now) or message_class not in (None, send.message_class):
            continue
        allowed = [each for each in send.channels if is_allowed(contact, send.message_class, each, moment.now)]
        if any(has_address(customer, channel, moment.now) for channel in allowed):
            continue
        customer.section(CONTACT, Contact).sends[place].state = SendState.CANCELLED
        reason = SuppressionReason.NO_CHANNEL if allowed else SuppressionReason.NO_CONSENT
        emits.append(_cancel(customer, send, reason, moment))
    return emits


def _decide(customer: Customer, wish: Wish, policy: Policy, moment: Moment) -> Sequence[Emit]:
    template = policy.templates.get(wish.purpose)
    if template is not None:
        wish.message_class = template.message_class
    verdict = judge(customer, wish, policy, moment.now)
    if verdict.wait_until is not None:
        return _hold(customer, wish, verdict.wait_until, moment)
    if verdict.reason is not None or template is None:
        return [_suppress(customer, wish, verdict.reason or SuppressionReason.NO_CHANNEL, moment)]
    return [_request(customer, wish, template, verdict.channels, moment)]


def _hold(customer: Customer, wish: Wish, until: Millis, moment: Moment) -> Sequence[Emit]:
    held = customer.section(HOLDS, Holds).held
    if len(held) >= MAX_HELD:
        return [_suppress(customer, wish, SuppressionReason.GUARD_FULL, moment)]
    wish.due = min(until, wish.expires_at)
    held[wish.message_id] = wish
    customer.set_timer(HOLD + wish.message_id, wish.due)
    return ()


def _request(customer: Customer, wish: Wish, template: Template, channels: Sequence[Channel], moment: Moment) -> Emit:
    """Request the message and take its slot in every cap."""
    sends = customer.section(CONTACT, Contact).sends
    sends.append(Send(wish.message_id, moment.now, wish.message_class, list(channels), wish.expires_at))
    record = Requested(
        message_id=wish.message_id,
        customer_id=customer.id,
        purpose=wish.purpose,
        message_class=wish.message_class,
        priority=template.priority,
        channels=tuple(channels),
        template_id=template.template_id,
        parameters={name: wish.parameters[name] for name in template.parameters if name in wish.parameters},
        cause_event_id=wish.cause_event_id,
        cause_source=wish.cause_source,
        decided_at=moment.now,
        expires_at=wish.expires_at,
        activation=moment.config.activation,
    )
    return Emit(REQUESTS, record, wish.message_id)


def _suppress(customer: Customer, wish: Wish, reason: SuppressionReason, moment: Moment) -> Emit:
    suppressed = customer.section(CONTACT, Contact).suppressed
    if len(suppressed) >= MAX_SUPPRESSED:
        reason = SuppressionReason.GUARD_FULL
    else:
        suppressed[wish.message_id] = moment.now
    record = Suppressed(
        message_id=wish.message_id,
        customer_id=customer.id,
        purpose=wish.purpose,
        message_class=wish.message_class,
        reason=reason.value,
        cause_event_id=wish.cause_event_id,
        cause_source=wish.cause_source,
        decided_at=moment.now,
        activation=moment.config.activation,
    )
    return Emit(SUPPRESSIONS, record, wish.message_id)


def _cancel(customer: Customer, send: Send, reason: SuppressionReason, moment: Moment) -> Emit:
    record = Cancelled(
        message_id=send.message_id,
        customer_id=customer.id,
        reason=reason.value,
        cause_event_id=moment.cause.event_id,
        cause_source=moment.cause.source,
        decided_at=moment.now,
        activation=moment.config.activation,
    )
    # An event of its own: who drops what has come already (CloudEvents: source and id) must not drop this.
    return Emit(REQUESTS, record, f"{send.message_id}-cancelled")


def _priority(wish: Wish, policy: Policy) -> int:
    template = policy.templates.get(wish.purpose)
    return template.priority if template is not None else 0


def _is_decided(customer: Customer, contact: Contact, identity: str) -> bool:
    if identity in contact.suppressed or any(send.message_id == identity for send in contact.sends):
        return True
    holds = customer.peek(HOLDS, Holds)
    return holds is not None and identity in holds.held


def _forget(contact: Contact, policy: Policy, now: Millis) -> None:
    """Let go of what counts nowhere any more."""
    counts_since, known_since = now - policy.memory, now - REMEMBERED_MILLIS
    if contact.sends and contact.sends[0].sent_at <= counts_since:
        contact.sends = [send for send in contact.sends if send.sent_at > counts_since or send.is_outstanding(now)]
    for old in [identity for identity, at in contact.suppressed.items() if at <= known_since]:
        del contact.suppressed[old]
