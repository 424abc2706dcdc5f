"""From a question to a decision and its trace, at once or after a scorer outside had its time."""

from collections.abc import Mapping, Sequence
from typing import Final

from agents.customer.model import Customer, Moment
from agents.message.model import NOTHING, Effect, Emit, identity
from agents.nba.candidates import sift
from agents.nba.case import Case, case_of
from agents.nba.memory import keep, spend
from agents.nba.model import MAX_PENDING, NBA, Decision, Given, Nba, Pending, Question, Ranked
from agents.nba.plan import Plan, offer_plan
from agents.nba.rationale import with_evidence
from agents.nba.scoring import Scored, rank
from schemas.records import Candidate, Decided, Scorer, ScoreRequested, Traced, Trigger

DECISIONS: Final = "nba.decision.v1"
TRACES: Final = "nba.trace.v1"
REQUESTS: Final = "nba.request.v1"
WAIT: Final = "nba-wait:"
"""Timer after which the hub ranks by itself, followed by the request's id."""

OFFERING: Final[frozenset[Trigger]] = frozenset({"reason_set", "search", "channel"})
"""Triggers by which the customer said something; what is decided then counts as offered in the conversation. At the
greeting nobody has spoken yet: what the agent's screen shows then counts once the channel reports that it was shown."""


def ask(customer: Customer, question: Question, moment: Moment) -> Sequence[Effect]:
    """Decide at once, or ask a scorer outside when there is one and it can make a difference."""
    plan = moment.config.derived(offer_plan)
    if plan is None:
        return NOTHING
    nba = customer.section(NBA, Nba)
    case = case_of(customer, nba, question, plan, moment)
    if plan.wait <= 0 or len(nba.pending) >= MAX_PENDING:
        return _decide(customer, nba, question, plan, case, moment, None)
    standing, _ = sift(plan, case)
    if not standing:
        return _decide(customer, nba, question, plan, case, moment, None)
    answer_by = moment.now + plan.wait
    nba.pending[question.request_id] = Pending(question, answer_by, case.gate)
    customer.set_timer(WAIT + question.request_id, answer_by)
    request = ScoreRequested(
        request_id=question.request_id,
        customer_id=customer.id,
        trigger=question.trigger,
        channel=question.channel,
        interaction_id=question.interaction_id,
        reason_code=question.reason_code,
        candidates=tuple([each.planned.offer.action_id for each in standing]),
        features=case.facts.features(),
        answer_by=answer_by,
        decided_at=moment.now,
        activation=moment.config.activation,
    )
    return [Emit(REQUESTS, request, question.request_id)]


def settle(
    customer: Customer, request_id: str, moment: Moment, answers: Mapping[str, int] | None = None
) -> Sequence[Effect]:
    """Decide a pending request, by the record as it is now; one that is not pending changes nothing.

    Args:
        customer: The record.
        request_id: The request.
        moment: Now.
        answers: Propensities of the scorer outside by action; None when it did not answer in time.
    """
    plan = moment.config.derived(offer_plan)
    nba = customer.section(NBA, Nba)
    pending = nba.pending.pop(request_id, None)
    if pending is None or plan is None:
        return NOTHING
    case = case_of(customer, nba, pending.question, plan, moment)
    return _decide(customer, nba, pending.question, plan, case, moment, answers)


def _decide(
    customer: Customer,
    nba: Nba,
    question: Question,
    plan: Plan,
    case: Case,
    moment: Moment,
    answers: Mapping[str, int] | None,
) -> Sequence[Effect]:
    """Rank, remember and tell."""
    standing, fallen = sift(plan, case)
    best, scored = rank(standing, plan, case, answers)
    ranked = [_ranked(place, each, case) for place, each in enumerate(best, 1)]
    decision_id = identity("decision", question.request_id)
    _remember(
        customer,
        nba,
        Decision(
            decision_id,
            question.interaction_id,
            question.channel,
            case.gate,
            moment.now,
            moment.now + plan.response,
            [_given(each) for each in best],
        ),
        ranked,
        question.trigger,
    )
    scorer: Scorer = "built_in" if answers is None else "external"
    decided = Decided(
        decision_id=decision_id,
        request_id=question.request_id,
        customer_id=customer.id,
        trigger=question.trigger,
        channel=question.channel,
        interaction_id=question.interaction_id,
        reason_code=question.reason_code,
        gate=case.gate,
        is_control_group=case.is_control,
        actions=tuple([each.shown() for each in ranked]),
        scorer=scorer,
        expires_at=moment.now + plan.expires,
        decided_at=moment.now,
        activation=moment.config.activation,
        channel_request_id=question.channel_request_id,
        cause_event_id=question.cause_event_id,
        cause_source=question.cause_source,
    )
    traced = Traced(
        decision_id=decision_id,
        customer_id=customer.id,
        scorer=scorer,
        offers=plan.offers,
        propensities=plan.propensities,
        candidates=tuple(sorted([*fallen, *scored], key=_action_id)),
        decided_at=moment.now,
        activation=moment.config.activation,
    )
    return [Emit(DECISIONS, decided, decision_id), Emit(TRACES, traced, decision_id)]


def _remember(customer: Customer, nba: Nba, decision: Decision, ranked: list[Ranked], trigger: Trigger) -> None:
    keep(customer, nba, decision, ranked)
    if decision.interaction_id is not None and trigger in OFFERING:
        spend(nba, decision.interaction_id, [each.action_id for each in ranked], decision.decided_at)
    customer.mark_material()


def _given(scored: Scored) -> Given:
    offer = scored.standing.planned.offer
    return Given(offer.action_id, offer.cooldown_seconds)


def _ranked(place: int, scored: Scored, case: Case) -> Ranked:
    offer = scored.standing.planned.offer
    return Ranked(
        place,
        offer.action_id,
        offer.title,
        offer.kind,
        scored.score,
        scored.propensity_ppm,
        scored.is_prior,
        with_evidence(scored.standing.grounds, case.facts),
    )


def _action_id(candidate: Candidate) -> str:
    return candidate.action_id
