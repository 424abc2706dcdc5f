"""Section `care`: trouble tickets; what others may use of care."""

from typing import Final

import msgspec

from agents.customer.model import short
from schemas.records import OpenTicket, TicketSeverity
from streams.core.records import Millis

CARE: Final = "care"

MAX_OPEN: Final = 5
"""Open tickets kept; the one opened first makes room."""
MAX_OVER: Final = 5
"""Tickets kept after they are over, for news of them that come late, or again; the one that ended first makes room."""


class Heard(msgspec.Struct, array_like=True, frozen=True, gc=False, order=True):
    """The newest event of a kind: the later counts, of two at once the one of the higher rank.

    Attributes:
        at: When it happened; -1 before the first.
        rank: Opened, then a status, then over, then reopened.
        status: How the ticket stood then, where the event says so.
    """

    at: Millis = -1
    rank: int = 0
    status: str = ""


NEVER: Final = Heard()
"""No such event is known."""


class Ticket(msgspec.Struct, array_like=True, gc=False):
    """A ticket, put together from events that come in any order.

    It is open until it is resolved, closed or cancelled, and then only once it is reopened after that: a status that
    is heard of a ticket that is over does not open it again.

    Attributes:
        ticket_id: The ticket.
        opened_at: When it was opened; while that is not known, when the first of it happened.
        is_told: Whether its opening is known, and with it the following four.
        kind: What it is about.
        severity: How bad it is.
        outage_id: The outage that it is about.
        reason_code: The contact reason that led to it.
        expected_at: When it should be solved, by the newest word on that: (when it was said, what).
        stood: The newest status of those that leave it open.
        over: The newest of its ends.
        reopened: The newest time that it was opened again.
    """

    ticket_id: str
    opened_at: Millis
    is_told: bool = False
    kind: str = ""
    severity: TicketSeverity = "UNKNOWN"
    outage_id: str | None = None
    reason_code: str | None = None
    expected_at: tuple[Millis, Millis] | None = None
    stood: Heard = NEVER
    over: Heard = NEVER
    reopened: Heard = NEVER

    @property
    def is_open(self) -> bool:
        """Whether it waits to be solved."""
        return self.over.at < 0 or self.reopened > self.over

    @property
    def expected_resolution_at(self) -> Millis | None:
        """When it should be solved."""
        return None if self.expected_at is None else self.expected_at[1]

    @property
    def order(self) -> tuple[Millis, str]:
        """Order of tickets: by their opening."""
        return self.opened_at, self.ticket_id

    def shown(self) -> OpenTicket:
        """Return it as others see it."""
        return OpenTicket(self.ticket_id, self.kind, self.opened_at, self.expected_resolution_at)


class Care(msgspec.Struct, array_like=True, gc=False):
    """Section `care`, about 1 KB when full.

    Attributes:
        tickets: The newest open ones, and the last that ended, in the order in which they were opened.
        opened: How many were ever opened.
    """

    tickets: list[Ticket] = []
    opened: int = 0

    def meet(self, ticket_id: str, at: Millis) -> Ticket:
        """Return the ticket for change, known from now on; something of it happened at `at`."""
        for ticket in self.tickets:
            if ticket.ticket_id == ticket_id:
                if not ticket.is_told:
                    ticket.opened_at = min(ticket.opened_at, at)
                return ticket
        self.tickets.append(Ticket(short(ticket_id, "ticket_id"), at))
        return self.tickets[-1]

    def settle(self) -> None:
        """Put the tickets in order, and forget the open and the ended ones beyond their bounds."""
        opened = sorted((each for each in self.tickets if each.is_open), key=lambda each: each.order)
        ended = sorted((each for each in self.tickets if not each.is_open), key=lambda each: (each.over.at, each.order))
        self.tickets = sorted([*opened[-MAX_OPEN:], *ended[-MAX_OVER:]], key=lambda each: each.order)


def open_tickets(care: Care | None) -> tuple[Ticket, ...]:
    """Return the tickets that wait to be solved, the oldest first."""
    return tuple([ticket for ticket in care.tickets if ticket.is_open]) if care is not None else ()
