"""What an outage or works, as they stand now, mean to one customer.

Nothing is asked of how it came about: the customer's impact, what it said last, and the outage's newest revision say
what there is to tell. So a revision may be skipped, and one that was applied is not applied again.
"""

from collections.abc import Iterator

import msgspec

from agents.customer.model import Customer, Moment
from agents.message.model import Covered, Effect
from agents.outage.impacts import Hit, enter, heir_of, hit_by, is_left, told_of_the_same
from agents.outage.model import NETWORK, Impact, Network, Outage
from agents.outage.notices import Phase, ask, is_held, published, take_back
from agents.outage.policy import outage_policy
from schemas.reasons import SuppressionReason
from streams.core.records import Millis


def reach(customer: Customer, outage: Outage, moment: Moment) -> Iterator[Effect]:
    """Let the customer know of a revision: what is new to them becomes an impact, and a message where it is due."""
    known = customer.peek(NETWORK, Network)
    if known is None:
        return
    impact = known.impacts.get(outage.outage_id)
    if impact is not None and impact.revision >= outage.revision:
        return
    hit = hit_by(known, outage)
    if outage.state in ("open", "planned") and hit.leaves:
        yield from _meet(customer, outage, hit, moment)
    elif impact is not None and impact.state != "over":
        own = customer.section(NETWORK, Network).impacts[outage.outage_id]
        if outage.state not in ("open", "planned"):
            yield from _end(customer, outage, own, outage.state, moment)
        elif is_left(own, outage):  # what broke for them works again, elsewhere it does not
            yield from _end(customer, outage, own, "cancelled" if own.state == "planned" else "resolved", moment)
        else:  # they moved away, and are told how it goes on
            yield from _renew(customer, outage, own, Hit(own.service_kinds, own.leaves), moment)


def _meet(customer: Customer, outage: Outage, hit: Hit, moment: Moment) -> Iterator[Effect]:
    network = customer.section(NETWORK, Network)
    impact = enter(network, outage, moment.now)
    if impact is not None:
        yield from _renew(customer, outage, impact, hit, moment)
    elif outage.state == "planned" or outage.ended_at is None:
        phase: Phase = "planned" if outage.state == "planned" else "opened"
        unknown = Impact("over", 0, hit.service_kinds, outage.started_at, outage.ended_at)
        for notice in ask(outage.outage_id, unknown, phase, outage.started_at, moment):
            yield Covered(notice, SuppressionReason.GUARD_FULL)


def _renew(customer: Customer, outage: Outage, impact: Impact, hit: Hit, moment: Moment) -> Iterator[Effect]:
    """Take over a revision of what is open or planned."""
    before = msgspec.structs.replace(impact)
    impact.state = "open" if outage.state == "open" else "planned"
    impact.revision, impact.heard_at = outage.revision, moment.now
    impact.service_kinds, impact.leaves = hit.service_kinds, hit.leaves
    impact.since, impact.ended_at, impact.eta = outage.started_at, outage.ended_at, outage.eta
    impact.cause_public, impact.is_works = outage.cause_public, outage.ended_at is not None
    if _shown(before) != _shown(impact):
        customer.mark_material()
    if before.state != impact.state:
        customer.mark_moved()
    if impact.state == "planned":
        yield from _plan(customer, outage.outage_id, impact, before, moment)
    elif impact.is_works:
        yield from take_back(outage.outage_id, "planned", "moved")  # nobody is told that works began or are over
    else:
        yield from _open(customer, outage.outage_id, impact, before, moment)


def _open(customer: Customer, outage_id: str, impact: Impact, before: Impact, moment: Moment) -> Iterator[Effect]:
    """Tell of what broke, once; of a new estimate when it is another one to those who were told."""
    is_new = before.state != "open" or not before.revision
    if "opened" not in impact.asked:
        impact.through = told_of_the_same(customer.section(NETWORK, Network), outage_id, impact) or ""
        if impact.through:
            impact.asked["opened"] = impact.told["opened"] = 0
        else:
            yield from ask(outage_id, impact, "opened", impact.eta or 0, moment)
    if is_new:
        impact.said_eta = impact.eta
        yield published(customer, outage_id, impact, "opened", moment)
    elif impact.eta is not None and _has_shifted(impact.eta, impact.said_eta, moment):
        impact.said_eta = impact.eta
        if "opened" in impact.told:
            yield from ask(outage_id, impact, "eta", impact.eta, moment)
        yield published(customer, outage_id, impact, "eta", moment)


def _plan(customer: Customer, outage_id: str, impact: Impact, before: Impact, moment: Moment) -> Iterator[Effect]:
    """Tell of works ahead; those who know of them, when they are moved. Who was not to be told hears of no move."""
    is_new = before.state == "over"
    if before.state == "planned" and before.since == impact.since:
        return
    is_told = "planned" in impact.told or "moved" in impact.told
    is_open = "planned" not in impact.asked or is_held(customer, outage_id, impact, "planned", "moved")
    yield from take_back(outage_id, "planned", "moved")
    if is_told:
        if impact.told.get("moved", impact.told.get("planned")) != impact.since:  # else it was moved back unheard
            yield from ask(outage_id, impact, "moved", impact.since, moment)
    elif is_open or is_new:
        yield from ask(outage_id, impact, "planned", impact.since, moment)
    yield published(customer, outage_id, impact, "planned" if is_new else "moved", moment)


def _end(customer: Customer, outage: Outage, impact: Impact, state: str, moment: Moment) -> Iterator[Effect]:
    """Tell those who were told that it is over, unless another outage still breaks the same for them."""
    outage_id, was_open = outage.outage_id, impact.state == "open"
    is_over = outage.state not in ("open", "planned")
    impact.state, impact.revision, impact.heard_at = "over", outage.revision, moment.now
    impact.ended_at = outage.ended_at if is_over and outage.ended_at is not None else moment.now
    customer.mark_material()
    customer.mark_moved()
    yield from take_back(outage_id, "opened", "eta", "planned", "moved")
    phase: Phase = "cancelled" if state == "cancelled" else "discarded" if state == "discarded" else "resolved"
    if phase == "cancelled" or (phase == "discarded" and impact.is_works):
        if "planned" in impact.told or "moved" in impact.told:
            yield from ask(outage_id, impact, "cancelled", impact.since, moment)
        yield published(customer, outage_id, impact, "cancelled", moment)
        for each in ("planned", "moved"):
            impact.told.pop(each, None)
    elif was_open and not impact.is_works:
        if "opened" in impact.told and not _is_ended(impact) and not _hand_on(customer, outage_id, impact, moment):
            yield from ask(outage_id, impact, phase, 0, moment)
        yield published(customer, outage_id, impact, phase, moment)


def _hand_on(customer: Customer, outage_id: str, impact: Impact, moment: Moment) -> bool:
    """Let another outage that goes on know that the customer was told; return whether there is one."""
    heir = heir_of(customer.section(NETWORK, Network), outage_id, impact, moment)
    if heir is None:
        return False
    if "opened" not in heir.told:
        heir.through = impact.through or outage_id
        heir.told["opened"] = heir.asked["opened"] = 0
    customer.mark_moved()
    return True


def _is_ended(impact: Impact) -> bool:
    return "resolved" in impact.asked or "discarded" in impact.asked


def _has_shifted(eta: Millis, said: Millis | None, moment: Moment) -> bool:
    return said is None or abs(eta - said) > moment.config.derived(outage_policy).eta_shift


def _shown(impact: Impact) -> tuple[object, ...]:
    return impact.state, impact.service_kinds, impact.since, impact.eta, impact.cause_public
