"""What the hub must decide about each customer who gets in touch, recalled from all that arrived about them.

Each question (a conversation begins, a reason is typed, a search, a channel asks) has one right decision, which follows
from what had arrived before it. So nobody's question may stand in the hour in which something arrives that it rests
on by another topic: their products, balance, usage, charges or tickets; an outage of theirs that opens or ends; and
nothing of theirs may arrive a whole `shelf.REPEAT_SECONDS` or `shelf.INTENT_SECONDS` after another, give or take an
hour, since a record may be decided on as late as its slice ends.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from operator_day import shelf
from operator_day.decisions import Became, DecisionKey, Due
from operator_day.known import Known
from operator_day.ledger import Ledger
from operator_day.offers import Situation, right_decision
from operator_day.questions import (
    QUESTIONS,
    Question,
    asked,
    balances,
    charges,
    is_question,
    is_repeat,
    searches,
    usage,
)
from operator_day.zones import HOUR, SECOND, Millis
from schemas import records


@dataclass(slots=True, repr=False)
class Recollection:
    """What must be decided and what must become of it.

    Attributes:
        due: the decisions by their keys, in order.
        became: the outcomes.
    """

    due: dict[DecisionKey, Due] = field(default_factory=dict)
    became: set[Became] = field(default_factory=set)


def recall(ledger: Ledger, names: Mapping[str, DecisionKey]) -> Recollection:
    """Go through what arrived about everybody who is followed, and give what must have been decided.

    Args:
        ledger: what was sent.
        names: which decision a channel means by an id that it read.
    """
    recollection = Recollection()
    for customer in ledger.journal.followed:
        arrived = ledger.journal.of(customer)
        if any(isinstance(record, QUESTIONS) for _, record in arrived):
            memory = _Memory(customer, ledger, recollection)
            for number, (at, record) in enumerate(arrived):
                if isinstance(record, QUESTIONS) and is_question(record, at):
                    memory.decide(record, at, Known(each for _, each in arrived[: number + 1]))
                elif isinstance(record, records.OutcomeReported):
                    memory.hear(record, at, names.get(record.decision_id))
            memory.give_up(arrived)
    return recollection


class _Memory:
    def __init__(self, customer: str, ledger: Ledger, recollection: Recollection) -> None:
        self._recollection = recollection
        self._customer = customer
        self._control_from = ledger.control_from
        self._broken = (*ledger.broken.get(customer, ()), *ledger.broken.get("", ()))
        self._numbers: Counter[tuple[str, str | None]] = Counter()
        self._heard: dict[DecisionKey, dict[str, dict[str, Millis]]] = {}
        self._accepted: set[str] = set()
        self._refused: dict[str, Millis] = {}
        self._in_conversation: dict[str, set[str]] = {}

    def decide(self, record: Question, at: Millis, known: Known) -> None:
        """Work out the decision that `record` asks for; `known` knows it already."""
        trigger, interaction_id, channel, reason = asked(record, known)
        key = DecisionKey(self._customer, trigger, interaction_id, self._numbers[trigger, interaction_id])
        self._numbers[trigger, interaction_id] += 1
        tariff = known.tariff()
        right = right_decision(
            Situation(
                channel=channel,
                reason=reason,
                searches=tuple(searches(known, at)),
                tariff=tariff.spec_id if tariff is not None else None,
                products=frozenset(product.spec_id for product in known.products()),
                balances=balances(known),
                usage=usage(known),
                charges=charges(known),
                gate=self._gate(known, interaction_id, reason, at),
                offered=frozenset(self._in_conversation.get(interaction_id or "", ())),
                accepted=frozenset(self._accepted),
                refused=frozenset(action for action, until in self._refused.items() if at < until),
                is_control=at >= self._control_from,
            )
        )
        self._recollection.due[key] = Due(at, channel, reason, right)
        self._heard[key] = {action.action_id: {} for action in right.actions}
        if interaction_id is not None and trigger != "contact_started":
            # Nobody has said anything as a conversation begins: what the agent sees then is offered once it is shown.
            self._in_conversation.setdefault(interaction_id, set()).update(self._heard[key])

    def _gate(self, known: Known, interaction_id: str | None, reason: str | None, at: Millis) -> str | None:
        if any(since <= at < until for since, until in self._broken):
            return "outage"
        if known.open_tickets():
            return "ticket"
        return "repeat_contact" if is_repeat(known, interaction_id, reason, at) else None

    def hear(self, record: records.OutcomeReported, at: Millis, key: DecisionKey | None) -> None:
        """Take in what a channel says; of decisions and actions that are not known nothing follows.

        What is told too late is known from then on, and attributed no more.
        """
        heard = self._heard.get(key, {}).get(record.action_id) if key is not None else None
        if key is None or heard is None or record.outcome in heard:
            return
        heard[record.outcome] = at
        if key.interaction_id is not None:
            self._in_conversation.setdefault(key.interaction_id, set()).add(record.action_id)
        if at - record.occurred_at <= HOUR:
            self._recollection.became.add(Became(key, record.action_id, record.outcome))
        if record.outcome == "accepted":
            self._accepted.add(record.action_id)
        elif record.outcome == "rejected":
            self._refused[record.action_id] = at + _COOLDOWNS[record.action_id] * SECOND

    def give_up(self, arrived: list[tuple[Millis, Any]]) -> None:
        """Enter what had no response: shown, and not answered by the end of the conversation or in time."""
        ends = {each.interaction_id: at for at, each in arrived if isinstance(each, records.InteractionEnded)}
        for key, actions in self._heard.items():
            in_time = self._recollection.due[key].asked_at + shelf.RESPONSE_SECONDS * SECOND
            for action_id, heard in actions.items():
                shown_at = heard.get("impression")
                if shown_at is None:
                    continue
                end = ends.get(key.interaction_id or "", in_time)
                # Shown only when the time was over, it had no response at once.
                by = max(shown_at, min(end, in_time) if shown_at < end else in_time)
                if all(at >= by for outcome, at in heard.items() if outcome != "impression"):
                    self._recollection.became.add(Became(key, action_id, "no_response"))


_COOLDOWNS: Final = {offer.action_id: offer.cooldown_seconds for offer in shelf.OFFERS}
