"""Section `nba`: what was decided for a customer, what became of it, and what is not to be offered again."""

from enum import IntFlag
from typing import Final, NamedTuple

import msgspec

from schemas.records import (
    ActionKind,
    ContactChannel,
    Gate,
    LastDecision,
    RankedAction,
    Rationale,
    Trigger,
    UsageKind,
)
from streams.core.records import Millis

NBA: Final = "nba"

MAX_DECISIONS: Final = 20
"""Decisions kept. Evidence: the oldest goes, and what is reported about it later is about an unknown decision."""
MAX_ACCEPTED: Final = 64
"""Actions remembered as accepted; the one accepted longest ago goes."""
MAX_REFUSED: Final = 64
"""Actions that are refused at a time. A guard."""
MAX_PENDING: Final = 8
"""Requests that wait for a scorer outside. With more of them the hub ranks by itself."""
MAX_TALKS: Final = 16
"""Conversations of the last `TALK_MILLIS`. A guard: in one more of them nothing is offered."""
TALK_MILLIS: Final = 4 * 3600 * 1000
"""A conversation is over when nothing was decided or reported in it for so long."""
MEMORY_MILLIS: Final = 30 * 86_400_000
"""An outcome is attributed within this of the decision."""


class Outcomes(IntFlag):
    """What is known of an offered action; each is attributed once."""

    NONE = 0
    IMPRESSION = 1
    NO_RESPONSE = 2
    REJECTED = 4
    ACCEPTED = 8


class Grounds(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Why an action is offered, in the customer's own numbers; the fields are those of the contract's `Rationale`."""

    usage_kind: UsageKind
    units_30d: int
    current_cost_minor: int
    cost_with_offer_minor: int
    saving_minor: int
    currency: str
    evidence_charge_ids: tuple[str, ...]

    def shown(self) -> Rationale:
        """Return it as others see it."""
        return Rationale(*msgspec.structs.astuple(self))


class Ranked(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """An action of a decision in full; the fields are those of the contract's `RankedAction`."""

    rank: int
    action_id: str
    title: str
    kind: ActionKind
    score: int
    propensity_ppm: int
    is_prior: bool
    grounds: Grounds | None

    def shown(self) -> RankedAction:
        """Return it as others see it."""
        return RankedAction(
            self.rank,
            self.action_id,
            self.title,
            self.kind,
            self.score,
            self.propensity_ppm,
            self.is_prior,
            None if self.grounds is None else self.grounds.shown(),
        )


class Given(msgspec.Struct, array_like=True, gc=False):
    """An action of a decision, the best first.

    Attributes:
        action_id: The action.
        cooldown_seconds: Who refuses it is not asked again within this.
        outcomes: What became of it, as bits of `Outcomes`.
    """

    action_id: str
    cooldown_seconds: int
    outcomes: int = 0

    @property
    def is_unanswered(self) -> bool:
        """Return True when it was shown, and neither answered nor given up."""
        return self.outcomes == Outcomes.IMPRESSION


class Decision(msgspec.Struct, array_like=True, gc=False):
    """A decision as it is remembered.

    Attributes:
        decision_id: The decision.
        interaction_id: The conversation it was made in.
        channel: Where.
        gate: Why nothing was sold.
        decided_at: When.
        respond_by: Without an answer by then an action that was shown had no response.
        actions: What was to be offered, best first.
    """

    decision_id: str
    interaction_id: str | None
    channel: ContactChannel
    gate: Gate | None
    decided_at: Millis
    respond_by: Millis
    actions: list[Given]


class Question(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What is asked about a customer.

    Attributes:
        request_id: The request.
        trigger: What asked.
        channel: Where the customer is.
        interaction_id: The conversation.
        reason_code: What the customer wants.
        query: What the customer searches; empty when it is too long to be the word for an offer.
        channel_request_id: The channel's own id of its question.
        cause_event_id: The event that asked.
        cause_source: Its source.
    """

    request_id: str
    trigger: Trigger
    channel: ContactChannel
    interaction_id: str | None = None
    reason_code: str | None = None
    query: str = ""
    channel_request_id: str | None = None
    cause_event_id: str = ""
    cause_source: str = ""


class Pending(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A question that a scorer outside may answer.

    Attributes:
        question: What was asked.
        answer_by: After this the hub ranks by itself.
        gate: Why nothing was to be sold when it was asked.
    """

    question: Question
    answer_by: Millis
    gate: Gate | None


class Talk(msgspec.Struct, array_like=True, gc=False):
    """A conversation and what is not to be offered in it again.

    Attributes:
        interaction_id: The conversation.
        at: When something was decided or reported in it last.
        action_ids: What was offered, refused or accepted, sorted.
    """

    interaction_id: str
    at: Millis
    action_ids: list[str] = []


class Nba(msgspec.Struct, array_like=True, gc=False):
    """Section `nba`.

    Attributes:
        decisions: The oldest first.
        ranked: The actions of the newest decision in full.
        accepted: When an action was accepted last, by action.
        refused: Until when an action is not to be offered, by action. A guard.
        talks: Conversations. A guard.
        pending: Questions that wait for a scorer outside, by request.
    """

    decisions: list[Decision] = []
    ranked: list[Ranked] = []
    accepted: dict[str, Millis] = {}
    refused: dict[str, Millis] = {}
    talks: list[Talk] = []
    pending: dict[str, Pending] = {}


class Recalled(NamedTuple):
    """The newest decision with everything that others see of it."""

    decision_id: str
    gate: Gate | None
    actions: tuple[RankedAction, ...]


def decision_of(nba: Nba | None, interaction_id: str) -> Recalled | None:
    """Return the customer's newest decision when it was made in that conversation, its actions in full.

    Of older decisions only the names of the actions are kept.
    """
    if nba is None or not nba.decisions or nba.decisions[-1].interaction_id != interaction_id:
        return None
    newest = nba.decisions[-1]
    return Recalled(newest.decision_id, newest.gate, tuple([ranked.shown() for ranked in nba.ranked]))


def gate_of(nba: Nba | None, interaction_id: str) -> Gate | None:
    """Return why nothing is sold in that conversation, while a scorer outside is asked as well."""
    if nba is None:
        return None
    asked = [each for each in nba.pending.values() if each.question.interaction_id == interaction_id]
    if asked:
        return max(asked, key=lambda each: (each.answer_by, each.question.request_id)).gate
    decided = decision_of(nba, interaction_id)
    return None if decided is None else decided.gate


def last_decision(nba: Nba | None) -> LastDecision | None:
    """Return what the customer was offered last, as the context shows it; None before the first decision."""
    if nba is None or not nba.decisions:
        return None
    newest = nba.decisions[-1]
    return LastDecision(newest.decision_id, tuple([given.action_id for given in newest.actions]), newest.decided_at)
