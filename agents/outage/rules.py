"""Where a customer meets the network, and who has been told of what broke there."""

from collections.abc import Iterator, Sequence
from typing import Final

from agents.customer.model import Capability, Customer, GuardFull, Moment, short
from agents.message.model import CONTACT, NOTHING, Contact, Effect, SendState
from agents.outage.model import NETWORK, SEEN_WITHIN_MILLIS, Attachment, Network, Point
from agents.outage.notices import PURPOSES, phase_of
from agents.outage.reach import reach
from schemas.records import AttachmentUpserted, MessageDelivered, MessageFailed, Requested

__all__ = ["capability", "reach"]

MAX_SUBSCRIPTIONS: Final = 16
"""Subscriptions of one customer that meet the network; those that left make room first."""
MAX_POINTS: Final = 16
"""Places kept of one subscription, the newest of the last hours."""


def on_attachment(customer: Customer, event: AttachmentUpserted, moment: Moment) -> Iterator[Effect]:
    """Know where a subscription is now; who comes under an outage that is told already hears of it.

    Raises:
        GuardFull: the customer has `MAX_SUBSCRIPTIONS` others that are attached somewhere.
    """
    network = customer.section(NETWORK, Network)
    known = network.attachments.get(event.subscription_id)
    if known is not None and (known.at, known.by) >= (event.occurred_at, event.event_id):
        return
    if known is None:
        _make_room(network)
    attachment = _attachment(event)
    if known is None or known.leaves() != attachment.leaves():
        customer.mark_moved()
    network.attachments[short(event.subscription_id, "subscription_id")] = attachment
    if moment.is_silent:
        return
    for outage in moment.config.outages.at(network):
        if outage.notify_at <= moment.now:
            yield from reach(customer, outage, moment)


def on_told(customer: Customer, request: Requested, _moment: Moment) -> None:
    """Remember of which phase a message was requested."""
    network = customer.section(NETWORK, Network)
    for outage_id, impact in network.impacts.items():
        phase = phase_of(customer.id, outage_id, impact, request.message_id)
        if phase is not None:
            impact.told[phase] = impact.asked[phase]


def on_failed(customer: Customer, event: MessageFailed, _moment: Moment) -> Sequence[Effect]:
    """Forget that the customer was told, unless the message is known to have arrived. Runs before message does."""
    if not _is_delivered(customer, event.message_id):
        _correct(customer, event.message_id, is_told=False)
    return NOTHING


def on_delivered(customer: Customer, event: MessageDelivered, _moment: Moment) -> Sequence[Effect]:
    """Know that the customer was told, even when it was said to have failed."""
    _correct(customer, event.message_id, is_told=True)
    return NOTHING


def _correct(customer: Customer, identity: str, *, is_told: bool) -> None:
    """Set right who was told by a message, of its outage and of those that it told of too."""
    known = customer.peek(NETWORK, Network)
    if known is None or not known.impacts:
        return
    found = [(each, phase_of(customer.id, each, impact, identity)) for each, impact in known.impacts.items()]
    for outage_id, phase in found:
        if phase is None or (phase in ("planned", "moved", "cancelled") and is_told):
            continue
        network = customer.section(NETWORK, Network)
        for each, impact in network.impacts.items():
            is_through = phase == "opened" and impact.through == outage_id
            if (each == outage_id or is_through) and is_told:
                impact.told[phase] = impact.asked[phase]
            elif each == outage_id or is_through:
                impact.told.pop(phase, None)


def _is_delivered(customer: Customer, identity: str) -> bool:
    contact = customer.peek(CONTACT, Contact)
    sends = contact.sends if contact is not None else ()
    return any(send.message_id == identity and send.state == SendState.DELIVERED for send in sends)


def _attachment(event: AttachmentUpserted) -> Attachment:
    """Return what is kept: the places of the last hours, each once, by name."""
    seen: dict[str, int] = {}
    for point in event.points:
        name = short(point.resource_id, "resource_id")
        seen[name] = max(point.last_seen, seen.get(name, point.last_seen))
    newest = max(seen.values(), default=0)
    kept = sorted(
        (Point(name, at) for name, at in seen.items() if newest - at < SEEN_WITHIN_MILLIS),
        key=lambda point: (-point.last_seen, point.resource_id),
    )[:MAX_POINTS]
    kinds = sorted(set(event.service_kinds) - {"UNKNOWN"})
    by = short(event.event_id, "event_id")
    return Attachment(kinds, sorted(kept, key=lambda point: point.resource_id), event.occurred_at, by)


def _make_room(network: Network) -> None:
    if len(network.attachments) < MAX_SUBSCRIPTIONS:
        return
    left = [(each.at, name) for name, each in network.attachments.items() if not each.points]
    if not left:
        raise GuardFull("a customer has more subscriptions than any customer has")
    del network.attachments[min(left)[1]]


def capability() -> Capability:
    """Return what outage contributes; it is listed before message, whose reports it judges by what was known."""
    return Capability(
        name="outage",
        sections={NETWORK: Network},
        handlers={
            AttachmentUpserted: on_attachment,
            MessageFailed: on_failed,
            MessageDelivered: on_delivered,
        },
        timers={},
        told=dict.fromkeys(PURPOSES.values(), on_told),
    )
