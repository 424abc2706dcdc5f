"""What CRM's records say about identity, and how the identity topic says it."""

from typing import TypeAlias

from agents.identity.model import CUSTOMER_SCHEME, BadIdentifier, Closing, Link, Links, checked_customer_id, normalise
from schemas.records import (
    Asserted,
    CustomerUpserted,
    IdentifierLinked,
    IdentifierUnlinked,
    Settled,
    SettledClosing,
    SettledLink,
)

CustomerRecord: TypeAlias = CustomerUpserted | IdentifierLinked | IdentifierUnlinked
"""Records that name their customer themselves: wherever their key leads, they are that customer's."""

CUSTOMER_RECORDS = (CustomerUpserted, IdentifierLinked, IdentifierUnlinked)


def assertion_of(event: CustomerRecord) -> Asserted | None:
    """Return what the event says about an identifier, None when it says nothing.

    Raises:
        BadIdentifier: the customer's id is none; the identifier is none, or a customer's id, which only a merge may
            join to another.
    """
    if isinstance(event, CustomerUpserted):
        return None
    identifier = normalise(f"{event.scheme}:{event.value}")
    if identifier.startswith(f"{CUSTOMER_SCHEME}:"):
        raise BadIdentifier("a customer's id is no identifier to link")
    is_link = isinstance(event, IdentifierLinked)
    return Asserted(
        identifier=identifier,
        customer_id=checked_customer_id(event.customer_id),  # as the timeline is keyed
        is_link=is_link,
        asserted_at=event.occurred_at,
        event_id=event.event_id,
        source=event.source,
        valid_from=event.valid_from if isinstance(event, IdentifierLinked) else None,
        valid_to=event.valid_to,
    )


def claims_of(said: Asserted | Settled) -> list[Link | Closing]:
    """Return what a record of the identity topic says, as identity keeps it.

    Raises:
        ValueError: a link without a start, or an end without a time; resolve writes neither.
    """
    if isinstance(said, Settled):
        links = [Link(each.customer_id, each.start, each.end, each.asserted_at) for each in said.links]
        return [*links, *(Closing(each.customer_id, each.at) for each in said.closings)]
    if said.is_link and said.valid_from is not None:
        return [Link(said.customer_id, said.valid_from, said.valid_to, said.asserted_at)]
    if not said.is_link and said.valid_to is not None:
        return [Closing(said.customer_id, said.valid_to)]
    raise ValueError("an assertion that says neither from when nor until when")


def settled_of(identifier: str, known: Links) -> Settled:
    """Return all that is known of an identifier as one record; `claims_of` is the way back."""
    return Settled(
        identifier,
        tuple(SettledLink(each.customer_id, each.start, each.asserted_at, each.end) for each in known.links),
        tuple(SettledClosing(each.customer_id, each.at) for each in known.closings),
    )
