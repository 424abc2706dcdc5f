"""What the contact policy says to one message at one moment: send it, let it wait, or suppress it.

The checks, in this order; the first that speaks decides:

1. of no use any more: `expired`, or `quiet-hours-expired` when it had waited;
2. no template, or no channel in the policy's order for its class: `no-channel`;
3. no channel of that order with consent: `no-consent`. Critical and service messages need none, and may be revoked;
   the other classes need a grant that is still valid;
4. none of these channels of use for the message and with an address that is the customer's now: `no-channel`;
5. quiet hours, the customer's own before the policy's: it waits until they end. Critical messages do not;
6. a cap is used up on every channel left, or over all of them: `cap`. Critical messages neither ask nor count;
7. the list of messages that count is full: `guard-full`.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from agents.customer.model import Customer
from agents.message.caps import open_channels
from agents.message.model import CONTACT, Contact, Wish
from agents.message.policy import ADDRESS_SCHEMES, EXEMPT, OPT_IN, Policy
from agents.message.quiet import Window, quiet_until, zone_of
from agents.profile.model import CORE, IDS, Core, Ids
from schemas.reasons import SuppressionReason
from schemas.records import Channel, MessageClass
from streams.core.records import Millis

MAX_SENDS: Final = 64
"""Messages that count somewhere, of one customer: two a day over the 30 days of the longest usual cap."""
MAX_CRITICAL_SENDS: Final = 80
"""The same for critical messages, so that others never stand in their way."""


class Verdict(NamedTuple):
    """One of the three.

    Attributes:
        channels: Send it on these, best first.
        wait_until: Look at it again then.
        reason: Suppress it.
    """

    channels: Sequence[Channel] = ()
    wait_until: Millis | None = None
    reason: SuppressionReason | None = None


def judge(customer: Customer, wish: Wish, policy: Policy, now: Millis) -> Verdict:
    """Return what happens to the message now. Changes nothing."""
    if wish.expires_at <= now:
        waited = SuppressionReason.QUIET_HOURS_EXPIRED if wish.due else SuppressionReason.EXPIRED
        return Verdict(reason=waited)
    contact = customer.peek(CONTACT, Contact) or Contact()
    reachable = _reachable(customer, contact, wish, policy, now)
    if isinstance(reachable, SuppressionReason):
        return Verdict(reason=reachable)
    quiet_end = _quiet_end(customer, contact, wish.message_class, policy, now)
    if quiet_end is not None:
        return Verdict(wait_until=quiet_end)
    channels = open_channels(reachable, wish.message_class, policy.caps, contact.sends, now)
    if not channels:
        return Verdict(reason=SuppressionReason.CAP)
    if len(contact.sends) >= (MAX_CRITICAL_SENDS if wish.message_class == EXEMPT else MAX_SENDS):
        return Verdict(reason=SuppressionReason.GUARD_FULL)
    return Verdict(channels=channels)


def is_allowed(contact: Contact, message_class: MessageClass, channel: Channel, now: Millis) -> bool:
    """Return True when the customer allows messages of the class on the channel."""
    consent = contact.consent(message_class, channel)
    if message_class in OPT_IN:
        return consent is not None and consent.holds(now)
    return consent is None or consent.is_granted


def has_address(customer: Customer, channel: Channel, now: Millis) -> bool:
    """Return True when an identifier that is an address on the channel is the customer's now."""
    scheme = ADDRESS_SCHEMES.get(channel)
    ids = customer.peek(IDS, Ids)
    return scheme is not None and ids is not None and ids.has_scheme(scheme, now)


def _reachable(
    customer: Customer, contact: Contact, wish: Wish, policy: Policy, now: Millis
) -> list[Channel] | SuppressionReason:
    """Return the channels with consent and address, best first, or why there is none."""
    ordered = _ordered(contact, wish.message_class, policy) if wish.purpose in policy.templates else ()
    allowed = [channel for channel in ordered if is_allowed(contact, wish.message_class, channel, now)]
    if ordered and not allowed:
        return SuppressionReason.NO_CONSENT
    useful = [channel for channel in allowed if channel not in wish.without]
    reachable = [channel for channel in useful if has_address(customer, channel, now)]
    return reachable or SuppressionReason.NO_CHANNEL


def _ordered(contact: Contact, message_class: MessageClass, policy: Policy) -> Sequence[Channel]:
    """Return the channels of the class, the preferred one first when it is among them."""
    order = policy.orders.get(message_class, ())
    preferred = contact.preference.channel
    return sorted(order, key=lambda channel: channel != preferred) if preferred in order else order


def _quiet_end(
    customer: Customer, contact: Contact, message_class: MessageClass, policy: Policy, now: Millis
) -> Millis | None:
    if message_class == EXEMPT:
        return None
    own = contact.preference
    if own.quiet_from is not None and own.quiet_to is not None:
        quiet: Window | None = Window(own.quiet_from, own.quiet_to)
    else:
        quiet = policy.windows.get(message_class)
    if quiet is None or quiet.begin == quiet.end:
        return None
    core = customer.peek(CORE, Core)
    zone = zone_of(core.timezone if core is not None else None, policy.default_timezone)
    return quiet_until(quiet, zone, now)
