"""What a candidate is worth, and the order that follows: propensity x value x context x levers, in whole numbers."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from agents.nba.candidates import Standing
from agents.nba.case import WHOLE, Case
from agents.nba.plan import Plan, Planned
from schemas.records import Candidate, CandidateStage

MILLION: Final = 1_000_000


class Scored(NamedTuple):
    """A candidate with everything its score is the product of."""

    standing: Standing
    propensity_ppm: int
    is_prior: bool
    context_percent: int
    score: int

    def candidate(self, stage: CandidateStage, why: str | None) -> Candidate:
        """Return it as the trace shows it."""
        planned = self.standing.planned
        return Candidate(
            planned.offer.action_id,
            stage,
            why,
            self.propensity_ppm,
            self.is_prior,
            self.context_percent,
            planned.value,
            planned.offer.lever_percent,
            self.score,
        )


def rank(
    standing: Sequence[Standing], plan: Plan, case: Case, answers: Mapping[str, int] | None
) -> tuple[list[Scored], list[Candidate]]:
    """Score what is left, best first, and cut it to what is offered.

    Of equal scores the action whose id comes first is the better. An action beyond its group's share falls out by the
    last of the group that kept its place; it takes no place of the others.

    Args:
        standing: The candidates.
        plan: The offers in force.
        case: The customer's.
        answers: Propensities of a scorer outside by action; None for those of the configuration.

    Returns:
        What is offered, and all that was scored as the trace shows it.
    """
    scored = [_score(each, case, answers) for each in standing]
    scored.sort(key=_order)
    ranked: list[Scored] = []
    candidates: list[Candidate] = []
    held: dict[str, list[str]] = {}
    for each in scored:
        offer = each.standing.planned.offer
        group = held.setdefault(offer.group, [])
        if len(group) >= plan.max_per_group:
            candidates.append(each.candidate("diversity", group[-1]))
            continue
        group.append(offer.action_id)
        if len(ranked) >= plan.max_actions:
            candidates.append(each.candidate("rank", None))
            continue
        ranked.append(each)
        candidates.append(each.candidate("ranked", None))
    return ranked, candidates


def _order(scored: Scored) -> tuple[int, str]:
    return -scored.score, scored.standing.planned.offer.action_id


def _score(standing: Standing, case: Case, answers: Mapping[str, int] | None) -> Scored:
    planned = standing.planned
    propensity, is_prior = _propensity(planned, case, answers)
    context = planned.offer.context_percent if planned.answers(case.reason, case.words) else WHOLE
    score = propensity * planned.value * context * planned.offer.lever_percent // (WHOLE * WHOLE)
    return Scored(standing, propensity, is_prior, context, score)


def _propensity(planned: Planned, case: Case, answers: Mapping[str, int] | None) -> tuple[int, bool]:
    if answers is None:
        return planned.propensity(case.facts.tariff)
    answer = answers.get(planned.offer.action_id)
    if answer is None or not 0 <= answer <= MILLION:  # what is no probability is no answer
        return planned.prior, True
    return answer, False
