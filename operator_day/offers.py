"""The right next best action in a known situation, worked out from the planning table as a person would do it.

It knows the contracts and the table of `shelf` alone, and imports no rule of the hub.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from operator_day import shelf
from schemas import records

PERCENT: Final = 100
DEFAULT_PPM: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Situation:
    """What there is to know about a customer at the moment somebody asks what to offer.

    Attributes:
        channel: where they are.
        reason: what they say they want, or None.
        searches: the words of their searches that still count.
        tariff: spec id of their tariff; `products` has the spec ids of all they have, the tariff's too.
        balances: the newest balance by currency, minor units.
        usage: units and cost of 30 days by kind.
        charges: ids of the charges kept, by kind, newest last.
        gate: why nothing may be sold: `outage`, `ticket`, `repeat_contact`, or None.
        offered: actions of earlier decisions in this conversation.
        accepted: actions ever accepted.
        refused: actions refused within their cooldown.
        is_control: whether they are left alone, to compare.
    """

    channel: str
    reason: str | None = None
    searches: tuple[str, ...] = ()
    tariff: str | None = None
    products: frozenset[str] = frozenset()
    balances: Mapping[str, int] = field(default_factory=dict)
    usage: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    charges: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    gate: str | None = None
    offered: frozenset[str] = frozenset()
    accepted: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    is_control: bool = False


class Right(NamedTuple):
    """The right answer: what is offered, best first, and what became of every action of the table, by its id."""

    gate: str | None
    is_control: bool
    actions: tuple[records.RankedAction, ...]
    candidates: tuple[records.Candidate, ...]


def right_decision(at: Situation) -> Right:
    """Give the right decision; the same situation has the same one."""
    out = {offer.action_id: fault for offer in shelf.OFFERS if (fault := _fault(offer, at)) is not None}
    standing = sorted(
        (offer for offer in shelf.OFFERS if offer.action_id not in out),
        key=lambda offer: (-_score(offer, at), offer.action_id),
    )
    best: dict[str, str] = {}
    ranked: list[records.Offer] = []
    for offer in standing:
        if offer.group in best:
            out[offer.action_id] = ("diversity", best[offer.group])
        elif len(ranked) == MAX_ACTIONS:
            out[offer.action_id] = ("rank", None)
        else:
            ranked.append(offer)
        # An action that came too late for a rank holds its group's place all the same.
        best.setdefault(offer.group, offer.action_id)
    return Right(
        at.gate,
        at.is_control,
        tuple(_action(rank, offer, at) for rank, offer in enumerate(ranked, 1)),
        tuple(_candidate(offer, out.get(offer.action_id), at) for offer in shelf.OFFERS),
    )


def _fault(offer: records.Offer, at: Situation) -> tuple[str, str | None] | None:
    """Give the first stage at which the action falls out before it is scored, and by what."""
    saving = rationale.saving_minor if (rationale := rationale_of(offer, at)) is not None else None
    balance = at.balances.get(offer.currency)
    checks: tuple[tuple[bool, str, str | None], ...] = (
        (bool(offer.tariffs) and at.tariff not in offer.tariffs, "eligibility", "tariff"),
        (not at.products.issuperset(offer.required_spec_ids), "eligibility", "required"),
        (not at.products.isdisjoint(offer.excluded_spec_ids), "eligibility", "excluded"),
        (_is_below(balance, offer.min_balance_minor), "eligibility", "balance"),
        (offer.product_spec_id in at.products, "eligibility", "owned"),
        (bool(offer.channels) and at.channel not in offer.channels, "applicability", "channel"),
        (offer.is_only_in_context and not is_wanted(offer, at), "applicability", "context"),
        (_is_below(saving, offer.min_saving_minor), "suitability", "saving"),
        (offer.kind == "sales" and at.gate is not None, "gate", at.gate),
        (offer.action_id in at.offered, "suppression", "offered"),
        (offer.action_id in at.accepted, "suppression", "accepted"),
        (offer.action_id in at.refused, "suppression", "refused"),
        (at.is_control, "suppression", "control"),
    )
    return next(((stage, why) for falls, stage, why in checks if falls), None)


def _is_below(known: int | None, least: int | None) -> bool:
    return least is not None and (known is None or known < least)


def is_wanted(offer: records.Offer, at: Situation) -> bool:
    """Tell whether the action answers what the customer says or searches, whatever the capitals."""
    words = [search.casefold() for search in at.searches]
    said = at.reason.casefold() if at.reason is not None else None
    return any(
        reason.casefold() == said or any(reason.casefold() in search for search in words) for reason in offer.reasons
    )


def rationale_of(offer: records.Offer, at: Situation) -> records.Rationale | None:
    """Reckon what the customer's own 30 days would have cost with the action; None when there is nothing to reckon."""
    units, cost = at.usage.get(offer.usage_kind, (0, 0))
    if offer.unit_price_minor is None or not units:
        return None
    begun = units // offer.unit_size + bool(units % offer.unit_size)
    with_offer = offer.price_minor + begun * offer.unit_price_minor
    return records.Rationale(
        usage_kind=offer.usage_kind,
        units_30d=units,
        current_cost_minor=cost,
        cost_with_offer_minor=with_offer,
        saving_minor=cost - with_offer,
        currency=offer.currency,
        evidence_charge_ids=at.charges.get(offer.usage_kind, ()),
    )


def _propensity(offer: records.Offer, at: Situation) -> tuple[int, bool]:
    own = {(each.action_id, each.tariff): each.propensity_ppm for each in PROPENSITIES.propensities}
    for tariff in (at.tariff, None):
        if (offer.action_id, tariff) in own:
            return own[offer.action_id, tariff], False
    priors = {each.group: each.propensity_ppm for each in PROPENSITIES.priors}
    return priors.get(offer.group, DEFAULT_PPM), True


def _weight(offer: records.Offer, at: Situation) -> int:
    return offer.context_percent if is_wanted(offer, at) else PERCENT


def _score(offer: records.Offer, at: Situation) -> int:
    value = offer.value_minor + offer.service_value
    return _propensity(offer, at)[0] * value * _weight(offer, at) * offer.lever_percent // (PERCENT * PERCENT)


def _action(rank: int, offer: records.Offer, at: Situation) -> records.RankedAction:
    ppm, is_prior = _propensity(offer, at)
    return records.RankedAction(
        rank=rank,
        action_id=offer.action_id,
        title=offer.title,
        kind=offer.kind,
        score=_score(offer, at),
        propensity_ppm=ppm,
        is_prior=is_prior,
        rationale=rationale_of(offer, at),
    )


def _candidate(offer: records.Offer, out: tuple[str, str | None] | None, at: Situation) -> records.Candidate:
    stage, why = out or ("ranked", None)
    is_scored = stage in {"diversity", "rank", "ranked"}
    ppm, is_prior = _propensity(offer, at) if is_scored else (0, False)
    return records.Candidate(
        action_id=offer.action_id,
        stage=stage,  # type: ignore[arg-type]  # one of the contract's
        why=why,
        propensity_ppm=ppm,
        is_prior=is_prior,
        context_percent=_weight(offer, at) if is_scored else 0,
        value=offer.value_minor + offer.service_value if is_scored else 0,
        lever_percent=offer.lever_percent if is_scored else 0,
        score=_score(offer, at) if is_scored else 0,
    )


PROPENSITIES: Final = shelf.propensities()
MAX_ACTIONS: Final = shelf.offers(1).max_actions
