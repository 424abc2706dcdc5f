"""What CRM's records say about identity."""

from typing import TypeAlias

from agents.identity.model import CUSTOMER_SCHEME, BadIdentifier, Closing, Link, checked_customer_id, normalise
from schemas.records import Asserted, CustomerUpserted, IdentifierLinked, IdentifierUnlinked

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


def claim_of(asserted: Asserted) -> Link | Closing:
    """Return the assertion as identity keeps it.

    Raises:
        ValueError: a link without a start, or an end without a time; resolve writes neither.
    """
    if asserted.is_link and asserted.valid_from is not None:
        return Link(asserted.customer_id, asserted.valid_from, asserted.valid_to, asserted.asserted_at)
    if not asserted.is_link and asserted.valid_to is not None:
        return Closing(asserted.customer_id, asserted.valid_to)
    raise ValueError("an assertion that says neither from when nor until when")
