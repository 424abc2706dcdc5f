"""What a decision and its outcomes leave behind in the section `nba`, within its bounds."""

from typing import Final

from agents.customer.model import Customer, GuardFull
from agents.nba.model import (
    MAX_ACCEPTED,
    MAX_DECISIONS,
    MAX_REFUSED,
    MAX_TALKS,
    MEMORY_MILLIS,
    TALK_MILLIS,
    Decision,
    Nba,
    Ranked,
    Talk,
)
from streams.core.records import Millis

RESPONSE: Final = "nba-response:"
"""Timer after which an action that was shown had no response, followed by the decision's id."""


def offered_in(nba: Nba, interaction_id: str | None, now: Millis) -> frozenset[str] | None:
    """Return what is not to be offered in the conversation again; None when it cannot be remembered any more."""
    if interaction_id is None:
        return frozenset()
    talk = open_talk(nba, interaction_id, now)
    return None if talk is None else frozenset(talk.action_ids)


def open_talk(nba: Nba, interaction_id: str, now: Millis) -> Talk | None:
    """Return the conversation, remembered from now on; None when there are too many that are not over."""
    for talk in nba.talks:
        if talk.interaction_id == interaction_id:
            talk.at = now
            return talk
    nba.talks = [talk for talk in nba.talks if now < talk.at + TALK_MILLIS]
    if len(nba.talks) >= MAX_TALKS:
        return None
    talk = Talk(interaction_id, now)
    nba.talks.append(talk)
    return talk


def spend(nba: Nba, interaction_id: str, action_ids: list[str], now: Millis) -> None:
    """Keep the actions from being offered again in the conversation."""
    talk = open_talk(nba, interaction_id, now)
    if talk is not None:  # without it nothing is offered in the conversation anyway
        talk.action_ids = sorted({*talk.action_ids, *action_ids})


def keep(customer: Customer, nba: Nba, decision: Decision, ranked: list[Ranked]) -> None:
    """Remember a decision in full, and those before it as far as they may still be reported on."""
    since = decision.decided_at - MEMORY_MILLIS
    nba.decisions.append(decision)
    nba.ranked = ranked
    while len(nba.decisions) > MAX_DECISIONS or nba.decisions[0].decided_at < since:
        customer.clear_timer(RESPONSE + nba.decisions.pop(0).decision_id)


def accept(nba: Nba, action_id: str, at: Millis) -> None:
    """Remember that the action was taken; the one taken longest ago makes room."""
    nba.accepted[action_id] = max(at, nba.accepted.get(action_id, at))
    if len(nba.accepted) > MAX_ACCEPTED:
        del nba.accepted[min(nba.accepted, key=lambda known: (nba.accepted[known], known))]


def refuse(nba: Nba, action_id: str, until: Millis, now: Millis) -> None:
    """Remember until when the customer is not to be asked again.

    Raises:
        GuardFull: too many actions are refused at this time.
    """
    if until <= now:
        return
    for over in [known for known, end in nba.refused.items() if end <= now]:
        del nba.refused[over]
    if action_id not in nba.refused and len(nba.refused) >= MAX_REFUSED:
        raise GuardFull("more actions are refused at once than a customer can be offered")
    nba.refused[action_id] = max(until, nba.refused.get(action_id, 0))
