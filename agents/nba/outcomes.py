"""What became of what was offered: each outcome of an action of a decision is attributed once.

- A channel reports that an action was shown, accepted or rejected. What is reported of a decision that is not known
  any more, or more than 30 days after it, changes nothing.
- An action that was shown and neither accepted nor rejected had no response at the end of the conversation, or at the
  decision's own time. An answer that comes later is attributed all the same, and goes before the silence.
- Who accepted an action is not offered it again; who rejected it not before its cooldown is over. Cooldowns go by the
  time at which it was rejected.
"""

from collections.abc import Sequence
from typing import Final

from agents.customer.model import Customer, Moment
from agents.message.model import NOTHING, Effect, Emit, identity
from agents.nba.decision import DECISIONS
from agents.nba.memory import RESPONSE, accept, refuse, spend
from agents.nba.model import MEMORY_MILLIS, NBA, Decision, Given, Nba, Outcomes
from schemas.records import ActionOutcome, ContactChannel, InteractionEnded, OutcomeAttributed, OutcomeReported

_BIT: Final[dict[ActionOutcome, Outcomes]] = {
    "impression": Outcomes.IMPRESSION,
    "accepted": Outcomes.ACCEPTED,
    "rejected": Outcomes.REJECTED,
    "no_response": Outcomes.NO_RESPONSE,
}


def on_outcome(customer: Customer, event: OutcomeReported, moment: Moment) -> Sequence[Effect]:
    """Attribute what a channel says became of an action."""
    nba = customer.section(NBA, Nba)
    decision = next((each for each in nba.decisions if each.decision_id == event.decision_id), None)
    if decision is None or event.outcome == "UNKNOWN" or event.occurred_at - decision.decided_at > MEMORY_MILLIS:
        return NOTHING
    place = next((place for place, each in enumerate(decision.actions) if each.action_id == event.action_id), None)
    if place is None:
        return NOTHING
    given = decision.actions[place]
    if event.outcome == "accepted":
        accept(nba, given.action_id, event.occurred_at)
    elif event.outcome == "rejected":
        refuse(nba, given.action_id, event.occurred_at + 1000 * given.cooldown_seconds, moment.now)
    if decision.interaction_id is not None:
        spend(nba, decision.interaction_id, [given.action_id], moment.now)
    if given.outcomes & _BIT[event.outcome]:
        return NOTHING
    effects = _attribute(customer, decision, place, event.outcome, event.channel, moment)
    if moment.is_silent:
        return NOTHING
    if given.is_unanswered:
        customer.set_timer(RESPONSE + decision.decision_id, decision.respond_by)
    return effects


def on_interaction_ended(customer: Customer, event: InteractionEnded, moment: Moment) -> Sequence[Effect]:
    """Give up waiting for answers to what was shown in the conversation."""
    if moment.is_silent:
        return NOTHING
    effects: list[Effect] = []
    for decision in customer.section(NBA, Nba).decisions:
        if decision.interaction_id == event.interaction_id:
            effects += _give_up(customer, decision, moment)
            customer.clear_timer(RESPONSE + decision.decision_id)
    return effects


def on_response_due(customer: Customer, name: str, moment: Moment) -> Sequence[Effect]:
    """Give up waiting for answers to a decision."""
    decision_id = name.removeprefix(RESPONSE)
    for decision in customer.section(NBA, Nba).decisions:
        if decision.decision_id == decision_id:
            return _give_up(customer, decision, moment)
    return NOTHING


def _give_up(customer: Customer, decision: Decision, moment: Moment) -> list[Effect]:
    return [
        effect
        for place, given in enumerate(decision.actions)
        if given.is_unanswered
        for effect in _attribute(customer, decision, place, "no_response", decision.channel, moment)
    ]


def _attribute(
    customer: Customer, decision: Decision, place: int, outcome: ActionOutcome, channel: ContactChannel, moment: Moment
) -> list[Effect]:
    given: Given = decision.actions[place]
    given.outcomes |= _BIT[outcome]
    attributed = OutcomeAttributed(
        decision_id=decision.decision_id,
        customer_id=customer.id,
        action_id=given.action_id,
        rank=place + 1,
        outcome=outcome,
        channel=channel,
        decided_at=moment.now,
        activation=moment.config.activation,
    )
    name = identity("outcome", decision.decision_id, given.action_id, outcome)
    return [Emit(DECISIONS, attributed, name)]
