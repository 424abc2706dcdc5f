"""How a customer's trouble tickets stand, whatever the order in which it is heard.

A ticket is open from the first that is heard of it. It is over when it is resolved, closed or cancelled; then only a
reopening that happened later makes it open again: a status of a ticket that is over, and an opening that is told after
its end, change what is known of it and not that it is over.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from agents.care.model import CARE, Care, Heard, Ticket, open_tickets
from agents.customer.model import Capability, Customer, Handler, Moment, short
from agents.message.model import NOTHING, Effect
from schemas.records import TicketOpened, TicketReopened, TicketResolved, TicketStatusChanged
from streams.core.records import Millis

STANDING, OVER, REOPENED = range(3)
"""Ranks of what happens to a ticket."""
ENDS: Final = frozenset({"closed", "cancelled"})
"""Statuses of a ticket that is over."""


def tell_opened(care: Care, ticket: Ticket, event: TicketOpened) -> None:
    """Know what it is about; told more than once, the earliest counts."""
    if not ticket.is_told:
        care.opened += 1
    outage_id = None if event.outage_id is None else short(event.outage_id, "outage_id")
    reason_code = None if event.reason_code is None else short(event.reason_code, "reason_code")
    told = (event.occurred_at, short(event.kind, "kind"), event.severity, outage_id or "", reason_code or "")
    known = (ticket.opened_at, ticket.kind, ticket.severity, ticket.outage_id or "", ticket.reason_code or "")
    if not ticket.is_told or told < known:
        ticket.is_told, ticket.opened_at, ticket.kind = True, event.occurred_at, event.kind
        ticket.severity, ticket.outage_id, ticket.reason_code = event.severity, outage_id, reason_code
    _expect(ticket, event.occurred_at, event.expected_resolution_at)


def tell_status(_care: Care, ticket: Ticket, event: TicketStatusChanged) -> None:
    """Know how it stands, and when it should be solved where that is said."""
    if event.status in ENDS:
        ticket.over = max(ticket.over, Heard(event.occurred_at, OVER, event.status))
    else:
        ticket.stood = max(ticket.stood, Heard(event.occurred_at, STANDING, event.status))
    _expect(ticket, event.occurred_at, event.expected_resolution_at)


def tell_resolved(_care: Care, ticket: Ticket, event: TicketResolved) -> None:
    """Know that the problem is solved."""
    ticket.over = max(ticket.over, Heard(event.occurred_at, OVER, "resolved"))


def tell_reopened(_care: Care, ticket: Ticket, event: TicketReopened) -> None:
    """Know that the problem is there again."""
    ticket.reopened = max(ticket.reopened, Heard(event.occurred_at, REOPENED))


def _expect(ticket: Ticket, said_at: Millis, expected_at: Millis | None) -> None:
    if expected_at is not None and (ticket.expected_at is None or ticket.expected_at < (said_at, expected_at)):
        ticket.expected_at = (said_at, expected_at)


def about(tell: Callable[[Care, Ticket, Any], None]) -> Handler:
    """Return the handler of events that tell something about one ticket."""

    def on_event(customer: Customer, event: Any, _moment: Moment) -> Sequence[Effect]:  # noqa: ANN401 - of its topic
        care = customer.section(CARE, Care)
        before = _shown(care)
        tell(care, care.meet(event.ticket_id, event.occurred_at), event)
        care.settle()
        if _shown(care) != before:
            customer.mark_material()
        return NOTHING

    return on_event


def _shown(care: Care) -> list[tuple[object, ...]]:
    return [(each.order, each.kind, each.expected_resolution_at) for each in open_tickets(care)]


def capability() -> Capability:
    """Return what care contributes."""
    return Capability(
        name="care",
        sections={CARE: Care},
        handlers={
            TicketOpened: about(tell_opened),
            TicketStatusChanged: about(tell_status),
            TicketResolved: about(tell_resolved),
            TicketReopened: about(tell_reopened),
        },
        timers={},
    )
