"""The case of one customer who is in touch: what they want, why nothing is sold, what is not to be offered again."""

from hashlib import blake2b
from typing import Final

import msgspec

from agents.care.model import CARE, Care, open_tickets
from agents.customer.model import Customer, Moment
from agents.nba.features import Facts
from agents.nba.memory import offered_in
from agents.nba.model import Nba, Question
from agents.nba.plan import Plan
from agents.outage.model import NETWORK, Network
from agents.touch.model import TOUCH, Touch, is_repeat, wants
from schemas.records import ContactChannel, Gate
from streams.core.records import Millis

WHOLE: Final = 100


class Case(msgspec.Struct, frozen=True, gc=False):
    """Everything a decision depends on besides the offers.

    Attributes:
        now: When it is decided.
        channel: Where the customer is.
        facts: Their own figures.
        reason: What they want, case-folded.
        words: What they searched, case-folded.
        gate: Why nothing is sold.
        offered: Actions of this conversation that are not to be offered in it again; None when no more conversations
            can be remembered, and nothing is offered.
        accepted: Actions that they took before.
        refused: Until when they are not to be asked again, by action.
        is_control: Whether they are left without actions.
    """

    now: Millis
    channel: ContactChannel
    facts: Facts
    reason: str | None
    words: tuple[str, ...]
    gate: Gate | None
    offered: frozenset[str] | None
    accepted: dict[str, Millis]
    refused: dict[str, Millis]
    is_control: bool


def case_of(customer: Customer, nba: Nba, question: Question, plan: Plan, moment: Moment) -> Case:
    """Put together what is known at this moment."""
    searched = wants(customer.peek(TOUCH, Touch), moment.now)
    return Case(
        now=moment.now,
        channel=question.channel,
        facts=Facts(customer, moment.now),
        reason=None if question.reason_code is None else question.reason_code.casefold(),
        words=tuple([words.casefold() for words in (*searched, question.query) if words]),
        gate=gate(customer, question, plan, moment),
        offered=offered_in(nba, question.interaction_id, moment.now),
        accepted=nba.accepted,
        refused=nba.refused,
        is_control=is_control(customer.id, plan.control_group_percent),
    )


def gate(customer: Customer, question: Question, plan: Plan, moment: Moment) -> Gate | None:
    """Return why nothing is sold now, the gravest first: service goes before sales."""
    if moment.config.outages.at(customer.peek(NETWORK, Network)):
        return "outage"
    if open_tickets(customer.peek(CARE, Care)):
        return "ticket"
    touch = customer.peek(TOUCH, Touch)
    if is_repeat(touch, question.interaction_id, question.reason_code, moment.now - plan.repeat):
        return "repeat_contact"
    return None


def is_control(customer_id: str, percent: int) -> bool:
    """Return True when the customer is of the share left without actions, the same one as long as the share stays.

    The 128-bit blake2b of the id, big-endian, modulo 100: who is in a smaller share is in every larger one.
    """
    if percent <= 0:
        return False
    digest = blake2b(customer_id.encode(), digest_size=16).digest()
    return int.from_bytes(digest, "big") % WHOLE < percent
