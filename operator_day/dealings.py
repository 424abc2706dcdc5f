"""What a context says of its customer's dealings with the operator: conversations, tickets, products, searches."""

from collections.abc import Iterable
from typing import Final

from operator_day import shelf
from operator_day.known import CONTACTS_SHOWN, Conversation, Known
from operator_day.zones import HOUR, SECOND, Millis
from schemas import records

LIVE_MILLIS: Final = 4 * HOUR
"""A conversation whose end nobody tells of is taken to be over after this."""

Facts = dict[tuple[str, ...], int | str | bool | None]


def recalled(known: Known, last_at: Millis, end: Millis) -> Facts:
    """Give what the last context must say of conversations, tickets and searches.

    A context is as old as the customer's last news, which came at `last_at`; the day ended at `end`. Of a search that
    ran out between the two nothing is known for sure.
    """
    conversations = known.conversations()
    facts: Facts = {("contacts",): _told(_contact(each) for each in conversations[-CONTACTS_SHOWN:]), ("live",): None}
    for each in conversations:
        if not each.is_over and each.started_at + LIVE_MILLIS > end:
            facts["live",] = _told([_live(each)])
    for opened in known.all(records.TicketOpened):
        facts["ticket", opened.ticket_id] = None
    for ticket in known.open_tickets():
        facts["ticket", ticket.ticket_id] = _told([(ticket.kind, ticket.occurred_at, ticket.expected_resolution_at)])
    runs_out: dict[str, Millis] = {}  # the same words again count on from then
    for search in known.all(records.SearchPerformed):
        until = search.occurred_at + shelf.INTENT_SECONDS * SECOND
        runs_out[search.query] = max(until, runs_out.get(search.query, until))
    for query, until in runs_out.items():
        if until > end:
            facts["intent", query] = until
        elif until < last_at - HOUR:
            facts["intent", query] = None
    return facts


def dealings_of(context: records.Context) -> Facts:
    """Read the same, and products, off a context; what it does not say has no entry."""
    facts: Facts = {
        ("tariff",): context.tariff,
        ("contacts",): _told(_contact(each) for each in context.contacts),
    }
    if context.live_interaction is not None:
        facts["live",] = _told([_live(context.live_interaction)])
    for product in context.products:
        facts["product", product.product_id] = product.spec_id
    for ticket in context.tickets:
        facts["ticket", ticket.ticket_id] = _told([(ticket.kind, ticket.opened_at, ticket.expected_resolution_at)])
    for intent in context.intents:
        facts["intent", intent.words] = intent.until
    return facts


def _contact(each: Conversation | records.PastContact) -> tuple[object, ...]:
    return each.interaction_id, each.channel, each.reason_code, each.outcome, each.started_at


def _live(each: Conversation | records.LiveInteraction) -> tuple[object, ...]:
    return each.interaction_id, each.channel, each.reason_code, each.agent_id, each.started_at


def _told(parts: Iterable[tuple[object, ...]]) -> str:
    """Write down what consists of several parts, to compare it as one."""
    return "; ".join(", ".join(str(part) for part in each) for each in parts)
