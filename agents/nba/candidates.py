"""Where an offer falls out before it is scored: the stages in their order, the first that speaks decides."""

from typing import NamedTuple, TypeAlias

from agents.nba.case import Case
from agents.nba.model import Grounds
from agents.nba.plan import Plan, Planned
from agents.nba.rationale import grounds
from schemas.records import Candidate, CandidateStage

Fall: TypeAlias = tuple[CandidateStage, str | None]
"""The stage, and what the candidate fell out by."""


class Standing(NamedTuple):
    """A candidate that is to be scored."""

    planned: Planned
    grounds: Grounds | None


def sift(plan: Plan, case: Case) -> tuple[list[Standing], list[Candidate]]:
    """Return the candidates that are left, by action id, and those that fell out."""
    standing: list[Standing] = []
    fallen: list[Candidate] = []
    for planned in plan.planned:
        why = _ineligible(planned, case)
        fall: Fall | None = ("eligibility", why) if why is not None else _inapplicable(planned, case)
        if fall is None:
            found = grounds(planned.offer, case.facts)
            fall = _unsuitable(planned, found) or _gated(planned, case) or _suppressed(planned, case)
            if fall is None:
                standing.append(Standing(planned, found))
                continue
        fallen.append(Candidate(planned.offer.action_id, *fall, 0, False, 0, 0, 0, 0))  # noqa: FBT003 - a field
    return standing, fallen


def _ineligible(planned: Planned, case: Case) -> str | None:
    offer, facts = planned.offer, case.facts
    if planned.tariffs and facts.tariff not in planned.tariffs:
        return "tariff"
    if not planned.required <= facts.spec_ids:
        return "required"
    if not planned.excluded.isdisjoint(facts.spec_ids):
        return "excluded"
    if offer.min_balance_minor is not None:
        balance = facts.balance(offer.currency)
        if balance is None or balance < offer.min_balance_minor:
            return "balance"
    return "owned" if offer.product_spec_id in facts.spec_ids else None


def _inapplicable(planned: Planned, case: Case) -> Fall | None:
    if planned.channels and case.channel not in planned.channels:
        return "applicability", "channel"
    if planned.offer.is_only_in_context and not planned.answers(case.reason, case.words):
        return "applicability", "context"
    return None


def _unsuitable(planned: Planned, found: Grounds | None) -> Fall | None:
    least = planned.offer.min_saving_minor
    if least is not None and (found is None or found.saving_minor < least):
        return "suitability", "saving"
    return None


def _gated(planned: Planned, case: Case) -> Fall | None:
    return ("gate", case.gate) if case.gate is not None and planned.offer.kind == "sales" else None


def _suppressed(planned: Planned, case: Case) -> Fall | None:
    action_id = planned.offer.action_id
    if case.offered is None:
        return "suppression", "guard-full"
    if action_id in case.offered:
        return "suppression", "offered"
    if action_id in case.accepted:
        return "suppression", "accepted"
    if case.now < case.refused.get(action_id, 0):
        return "suppression", "refused"
    return ("suppression", "control") if case.is_control else None
