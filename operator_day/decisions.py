"""Decisions on what to offer, as upstream names and words them."""

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from operator_day.offers import Right
from operator_day.zones import Millis
from schemas import records

Reported = Literal["impression", "accepted", "rejected"]


class DecisionKey(NamedTuple):
    """What names a decision for upstream: about whom, what asked, in which conversation, and the how many-th of these.

    A search is in no conversation.
    """

    customer: str
    trigger: str
    interaction_id: str | None = None
    number: int = 0

    def __repr__(self) -> str:
        return f"DecisionKey({self.trigger}, {self.number})"


class Stated(NamedTuple):
    """What a story says of a decision in its own words; what it leaves out may be anything.

    Attributes:
        actions: what is offered, best first.
        gate: why nothing is sold.
        out: action -> stage at which it falls out, and by what.
        savings: action -> what its rationale says is saved, minor units.
    """

    actions: tuple[str, ...]
    gate: str | None = None
    out: Mapping[str, tuple[str, str | None]] = MappingProxyType({})
    savings: Mapping[str, int] = MappingProxyType({})


class Response(NamedTuple):
    """What a channel reports of an action so many hours after the hour that follows the decision.

    More `times` than one are reports with ids of their own; the last of them then comes once more byte for byte.
    One that is late is told two hours after it happened. `decision_id` is another decision's than the one in question,
    such as one that never was.
    """

    action_id: str
    outcome: Reported
    hours: int = 0
    times: int = 1
    is_late: bool = False
    decision_id: str | None = None


class Due(NamedTuple):
    """A decision that must come; `asked_at` is when the question arrived."""

    asked_at: Millis
    channel: str
    reason: str | None
    right: Right

    def __repr__(self) -> str:
        return f"Due({self.channel})"


class Became(NamedTuple):
    """An outcome that must be attributed, once."""

    key: DecisionKey
    action_id: str
    outcome: str

    def __repr__(self) -> str:
        return f"Became({self.action_id}, {self.outcome})"


class Roll:
    """Names decisions as they are read off their topic, one customer's in order.

    Attributes:
        keys: by decision id.
    """

    def __init__(self) -> None:
        self.keys: dict[str, DecisionKey] = {}
        self._numbers: Counter[tuple[str, str, str | None]] = Counter()

    def enter(self, decided: records.Decided) -> DecisionKey:
        """Give the key of a decision; the same decision once more has the same."""
        known = self.keys.get(decided.decision_id)
        if known is not None:
            return known
        interaction_id = None if decided.trigger == "search" else decided.interaction_id
        of_its_kind = (decided.customer_id, decided.trigger, interaction_id)
        key = self.keys[decided.decision_id] = DecisionKey(*of_its_kind, self._numbers[of_its_kind])
        self._numbers[of_its_kind] += 1
        return key
