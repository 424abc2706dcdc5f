"""The contact policy in force, ready for use: who may be told what, on which channels, when and how often."""

from typing import Final

import msgspec

from agents.customer.model import ActiveConfig
from agents.message.quiet import Window
from schemas.records import Cap, Channel, ContactPolicy, MessageClass, Template, Templates
from streams.core.records import Millis

EXEMPT: Final[MessageClass] = "critical"
"""The class that knows neither quiet hours nor caps, and takes no slot of one."""
OPT_IN: Final[frozenset[MessageClass]] = frozenset({"relationship", "survey", "marketing", "UNKNOWN"})
"""Classes that need a consent; the others need none and can be revoked."""
ADDRESS_SCHEMES: Final[dict[Channel, str]] = {"sms": "msisdn", "push": "app", "email": "email"}
"""Which identifier is a channel's address."""

REMEMBERED_MILLIS: Final = 72 * 3600 * 1000
"""How long a decided message is known at least: as long as an event may come twice."""


class Policy(msgspec.Struct, frozen=True):
    """The contact policy and the templates in force, looked up by what a message is.

    Attributes:
        templates: By purpose.
        orders: Channels to try by class, best first.
        windows: Quiet hours by class, as the policy has them.
        caps: Caps that are a rule at all.
        default_timezone: Zone of a customer whose own is not known.
        memory: Milliseconds for which a sent message counts somewhere.
    """

    templates: dict[str, Template]
    orders: dict[MessageClass, tuple[Channel, ...]]
    windows: dict[MessageClass, Window]
    caps: tuple[Cap, ...]
    default_timezone: str
    memory: Millis


def contact_policy(config: ActiveConfig) -> Policy:
    """Read the active policy and templates; what is missing allows nothing."""
    known = config.of(Templates)
    templates = {each.purpose: each for each in known.templates} if known is not None else {}
    active = config.of(ContactPolicy)
    if active is None:
        return Policy(templates, {}, {}, (), "", REMEMBERED_MILLIS)
    caps = tuple(cap for cap in active.caps if cap.limit is not None)
    longest = max((cap.window_seconds * 1000 for cap in caps), default=0)
    return Policy(
        templates,
        {order.message_class: order.channels for order in active.channel_orders},
        {hours.message_class: Window(hours.from_minute, hours.to_minute) for hours in active.quiet_hours},
        caps,
        active.default_timezone,
        max(longest, REMEMBERED_MILLIS),
    )
