"""Why an offer is good for the customer, in their own numbers: what they pay now, and what they would pay with it."""

from typing import Final

from agents.nba.features import Facts
from agents.nba.model import Grounds
from schemas.records import Offer

BEYOND_REASON: Final = 10**18
"""A cost that fits no contract comes from units or a price that cannot be."""


def grounds(offer: Offer, facts: Facts) -> Grounds | None:
    """Return what the last 30 days cost and would have cost with the offer; None when that cannot be said.

    It can be said of an offer that makes a kind of usage cheaper, to a customer who used something of that kind. The
    units are paid for in whole lots of `unit_size`, on top of the offer's own price. The evidence is left out here;
    `with_evidence` adds it.
    """
    if offer.unit_price_minor is None or offer.usage_kind == "UNKNOWN":
        return None
    used = facts.used(offer.usage_kind)
    if used is None:
        return None
    units, cost = used
    lots = -(-units // offer.unit_size)
    with_offer = offer.price_minor + lots * offer.unit_price_minor
    if with_offer > BEYOND_REASON:
        return None
    return Grounds(offer.usage_kind, units, cost, with_offer, cost - with_offer, offer.currency, ())


def with_evidence(found: Grounds | None, facts: Facts) -> Grounds | None:
    """Name the charges that show it."""
    if found is None:
        return None
    return Grounds(
        found.usage_kind,
        found.units_30d,
        found.current_cost_minor,
        found.cost_with_offer_minor,
        found.saving_minor,
        found.currency,
        facts.evidence(found.usage_kind),
    )
