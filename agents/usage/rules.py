"""Usage lands on the day it happened, in whatever order it comes."""

from collections.abc import Sequence

from agents.customer.model import Capability, Customer, Moment
from agents.message.model import NOTHING, Effect
from agents.usage.model import SECTION, KindUsage, Usage
from schemas.records import UsageRated


def on_usage_rated(customer: Customer, event: UsageRated, _moment: Moment) -> Sequence[Effect]:
    """Count units and cost on the day of the event; the totals of 1, 7 and 30 days are read off the days."""
    kinds = customer.section(SECTION, Usage).kinds
    usage = kinds.get(event.kind)
    if usage is None:
        usage = kinds[event.kind] = KindUsage()
    usage.units.add(event.occurred_at, event.units)
    usage.cost.add(event.occurred_at, event.cost_minor)
    return NOTHING


def capability() -> Capability:
    """Return what usage contributes."""
    return Capability(name="usage", sections={SECTION: Usage}, handlers={UsageRated: on_usage_rated}, timers={})
