"""Whom an outage hits, and where; and who has heard of another one that breaks the same."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from agents.customer.model import Moment
from agents.outage.model import Impact, Network, Outage
from schemas.records import ServiceKind
from streams.core.records import Millis

MAX_IMPACTS: Final = 16
"""Outages and works of one customer that are remembered. With one more of them nothing is said: `guard-full`."""
MAX_LEAVES: Final = 16
"""Elements remembered of one impact: as many as a phone has cells."""
REMEMBERED_MILLIS: Final = 72 * 3600 * 1000
"""How long it is known what was told of an outage that is over: as long as control may hear of it again."""


class Hit(NamedTuple):
    """What an outage breaks for a customer: services in the outage's order, and elements by name."""

    service_kinds: list[ServiceKind]
    leaves: list[str]


def hit_by(network: Network, outage: Outage) -> Hit:
    """Return what the outage breaks now."""
    kinds: set[ServiceKind] = set()
    leaves: set[str] = set()
    for attachment in network.attachments.values():
        broken = set(outage.service_kinds).intersection(attachment.service_kinds)
        under = outage.leaves.intersection(attachment.leaves())
        if broken and under:
            kinds |= broken
            leaves |= under
    return Hit([kind for kind in outage.service_kinds if kind in kinds], sorted(leaves)[:MAX_LEAVES])


def is_left(impact: Impact, outage: Outage) -> bool:
    """Return True when nothing that the outage broke for the customer is affected any more."""
    return outage.leaves.isdisjoint(impact.leaves)


def enter(network: Network, outage: Outage, now: Millis) -> Impact | None:
    """Return the customer's impact of an outage, made if need be; None when the list is full."""
    impact = network.impacts.get(outage.outage_id)
    if impact is None:
        _let_go(network, now)
        if len(network.impacts) >= MAX_IMPACTS:
            return None
        impact = network.impacts[outage.outage_id] = Impact("over", 0, [], outage.started_at)
    return impact


def told_of_the_same(network: Network, outage_id: str, impact: Impact) -> str | None:
    """Return an open outage that the customer was told of and that breaks all that this one does."""
    for other_id, other in _others(network, outage_id, impact):
        if "opened" in other.told:
            return other_id
    return None


def heir_of(network: Network, outage_id: str, impact: Impact, moment: Moment) -> Impact | None:
    """Return the impact of an outage that still breaks all that this one did.

    One that has not reached the customer yet, since it waits to be told, counts too: its impact begins here.
    """
    for _, other in _others(network, outage_id, impact):
        return other
    for outage in moment.config.outages.at(network):
        hit = hit_by(network, outage)
        if outage.outage_id != outage_id and outage.ended_at is None and _is_within(impact, hit):
            known = enter(network, outage, moment.now)
            if known is not None:
                known.state, known.revision, known.since = "open", 0, outage.started_at
                known.service_kinds, known.leaves, known.heard_at = hit.service_kinds, hit.leaves, moment.now
                return known
    return None


def _others(network: Network, outage_id: str, impact: Impact) -> Iterator[tuple[str, Impact]]:
    for other_id, other in sorted(network.impacts.items()):
        is_other = other_id != outage_id and other.state == "open" and not other.is_works
        if is_other and _is_within(impact, Hit(other.service_kinds, other.leaves)):
            yield other_id, other


def _is_within(impact: Impact, hit: Hit) -> bool:
    """Return True when all that the impact's outage broke is broken by another: the same services, at its places."""
    return set(impact.service_kinds) <= set(hit.service_kinds) and set(impact.leaves) <= set(hit.leaves)


def _let_go(network: Network, now: Millis) -> None:
    """Forget what has been over for long."""
    for outage_id in [
        outage_id for outage_id, impact in network.impacts.items()
        if impact.state == "over" and impact.heard_at + REMEMBERED_MILLIS <= now
    ]:  # fmt: skip
        del network.impacts[outage_id]
