"""The offers in force, ready for use: in the order of their ids, with everything that is the same for all customers."""

from typing import Final

import msgspec

from agents.customer.model import ActiveConfig
from schemas.records import ContactChannel, Offer, Offers, Propensities
from streams.core.records import Millis

DEFAULT_PPM: Final = 10_000
"""Propensity of an action of which neither it nor its group is known: one in a hundred."""


class Planned(msgspec.Struct, frozen=True, gc=False):
    """An offer, ready for use.

    Attributes:
        offer: As it was configured.
        channels, tariffs, required, excluded: Of the offer, as sets.
        reasons: What it answers, case-folded.
        value: Profit and service value together.
        by_tariff: Its propensity by tariff, None for everybody else; parts per million.
        prior: Propensity of its group.
    """

    offer: Offer
    channels: frozenset[ContactChannel]
    tariffs: frozenset[str]
    required: frozenset[str]
    excluded: frozenset[str]
    reasons: tuple[str, ...]
    value: int
    by_tariff: dict[str | None, int]
    prior: int

    def propensity(self, tariff: str | None) -> tuple[int, bool]:
        """Return the propensity of a customer of that tariff, and whether it is a prior for want of better."""
        known = self.by_tariff.get(tariff)
        if known is None:
            known = self.by_tariff.get(None)
        return (self.prior, True) if known is None else (known, False)

    def answers(self, reason: str | None, words: tuple[str, ...]) -> bool:
        """Return True when it is what the customer wants.

        Args:
            reason: Why they are in touch, case-folded.
            words: What they searched, case-folded; it is enough that a reason of the offer occurs in it.
        """
        return any(own == reason or any(own in searched for searched in words) for own in self.reasons)


class Plan(msgspec.Struct, frozen=True, gc=False):
    """All offers in force, and the rules for all of them.

    Attributes:
        planned: By action id.
        offers, propensities: What is in force, `id@version`.
        max_actions, max_per_group, control_group_percent: As configured.
        expires, response, repeat, wait: Times as configured, in milliseconds.
    """

    planned: tuple[Planned, ...]
    offers: str
    propensities: str | None
    max_actions: int
    max_per_group: int
    control_group_percent: int
    expires: Millis
    response: Millis
    repeat: Millis
    wait: Millis


def offer_plan(config: ActiveConfig) -> Plan | None:
    """Read the active offers and propensities; None without offers."""
    active = config.of(Offers)
    if active is None:
        return None
    known = config.of(Propensities)
    priors = {each.group: each.propensity_ppm for each in known.priors} if known is not None else {}
    by_action: dict[str, dict[str | None, int]] = {}
    for each in known.propensities if known is not None else ():
        by_action.setdefault(each.action_id, {})[each.tariff] = each.propensity_ppm
    planned = [
        _planned(offer, by_action.get(offer.action_id, {}), priors.get(offer.group, DEFAULT_PPM))
        for offer in sorted(active.offers, key=lambda offer: offer.action_id)
    ]
    return Plan(
        planned=tuple(planned),
        offers=f"{active.config_id}@{active.version}",
        propensities=None if known is None else f"{known.config_id}@{known.version}",
        max_actions=active.max_actions,
        max_per_group=active.max_per_group,
        control_group_percent=active.control_group_percent,
        expires=active.expires_seconds * 1000,
        response=active.response_seconds * 1000,
        repeat=active.repeat_seconds * 1000,
        wait=active.scorer_wait_millis,
    )


def _planned(offer: Offer, by_tariff: dict[str | None, int], prior: int) -> Planned:
    return Planned(
        offer=offer,
        channels=frozenset(offer.channels),
        tariffs=frozenset(offer.tariffs),
        required=frozenset(offer.required_spec_ids),
        excluded=frozenset(offer.excluded_spec_ids),
        reasons=tuple(reason.casefold() for reason in offer.reasons),
        value=offer.value_minor + offer.service_value,
        by_tariff=by_tariff,
        prior=prior,
    )
