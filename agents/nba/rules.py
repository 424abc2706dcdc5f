"""When to ask what to offer a customer: they get in touch, say why, search, or a channel asks.

- Every such event is a question of its own, and its decision goes out with a trace of every candidate. Without offers
  in force nobody is asked anything. A late event asks nothing.
- Candidates fall out at the first stage that speaks against them: who can have it (eligibility), where and for what it
  is meant (applicability), whether it pays for the customer (suitability), service before sales (gate), what was
  offered, accepted or refused before (suppression). Those left are scored, thinned out by group, and cut.
- In one conversation no action is offered twice. What the agent's screen shows at the greeting counts as offered once
  a channel reports on it; what was decided after the customer spoke counts at once.
- With a scorer outside, the decision waits for its answer or for the end of its time, whichever comes first, and is
  made on the record as it is then. A later answer changes nothing.

Runs after touch, care, product and outage have seen the same event.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from agents.customer.model import LONGEST_ID, Capability, Customer, Moment, short
from agents.message.model import NOTHING, Effect, identity
from agents.nba.decision import WAIT, ask, settle
from agents.nba.memory import RESPONSE
from agents.nba.model import NBA, Nba, Question
from agents.nba.outcomes import on_interaction_ended, on_outcome, on_response_due
from agents.touch.model import TOUCH, Interaction, Touch
from schemas.records import (
    ActionRequested,
    ActionsScored,
    ContactChannel,
    InteractionEnded,
    InteractionStarted,
    OutcomeReported,
    ReasonSet,
    SearchPerformed,
    Surface,
)

CHANNEL_OF_SURFACE: Final[dict[Surface, ContactChannel]] = {"app": "app", "web": "web"}
"""Where a search can be answered with an offer; nowhere else."""


def on_interaction_started(customer: Customer, event: InteractionStarted, moment: Moment) -> Sequence[Effect]:
    """Have something ready when the customer gets in touch."""
    if moment.is_silent or event.direction != "inbound":
        return NOTHING
    interaction_id = short(event.interaction_id, "interaction_id")
    reason = _reason(customer, interaction_id, event.reason_code)
    name = request_id(customer, event, moment)
    return _ask(customer, Question(name, "contact_started", event.channel, interaction_id, reason), moment)


def on_reason_set(customer: Customer, event: ReasonSet, moment: Moment) -> Sequence[Effect]:
    """Rank anew by what the customer wants."""
    if moment.is_silent:
        return NOTHING
    known = _interaction(customer, event.interaction_id)
    question = Question(
        request_id(customer, event, moment),
        "reason_set",
        "UNKNOWN" if known is None else known.channel,
        short(event.interaction_id, "interaction_id"),
        short(event.reason_code, "reason_code"),
    )
    return _ask(customer, question, moment)


def on_search(customer: Customer, event: SearchPerformed, moment: Moment) -> Sequence[Effect]:
    """Offer what the customer searches, where they search it."""
    channel = CHANNEL_OF_SURFACE.get(event.surface)
    if moment.is_silent or channel is None:
        return NOTHING
    query = event.query if len(event.query) <= LONGEST_ID else ""  # a longer one counts as touch keeps it
    return _ask(customer, Question(request_id(customer, event, moment), "search", channel, query=query), moment)


def on_action_requested(customer: Customer, event: ActionRequested, moment: Moment) -> Sequence[Effect]:
    """Answer a channel; of a conversation it asks about, what the customer wants is known."""
    if moment.is_silent:
        return NOTHING
    interaction_id = None if event.interaction_id is None else short(event.interaction_id, "interaction_id")
    reason = _reason(customer, interaction_id, event.reason_code)
    name = request_id(customer, event, moment)
    asked = short(event.request_id, "request_id")
    question = Question(name, "channel", event.channel, interaction_id, reason, channel_request_id=asked)
    return _ask(customer, question, moment)


def on_scored(customer: Customer, event: ActionsScored, moment: Moment) -> Sequence[Effect]:
    """Decide by the answer of a scorer outside, when somebody still waits for it."""
    nba = customer.peek(NBA, Nba)
    pending = None if nba is None else nba.pending.get(event.request_id)
    if moment.is_silent or pending is None or moment.now > pending.answer_by:
        return NOTHING
    customer.clear_timer(WAIT + event.request_id)
    answers = {score.action_id: score.propensity_ppm for score in event.scores}
    return settle(customer, event.request_id, moment, answers)


def on_wait_over(customer: Customer, name: str, moment: Moment) -> Sequence[Effect]:
    """Rank by oneself: the scorer outside did not answer in time."""
    return settle(customer, name.removeprefix(WAIT), moment)


def request_id(customer: Customer, event: Any, moment: Moment) -> str:  # noqa: ANN401 - any trigger
    """Return the id of the question that an event asks; the same event asks the same."""
    return identity(customer.id, moment.cause.source, type(event).NAME, moment.cause.event_id)


def _ask(customer: Customer, question: Question, moment: Moment) -> Sequence[Effect]:
    cause = moment.cause
    named = msgspec.structs.replace(question, cause_event_id=cause.event_id, cause_source=cause.source)
    return ask(customer, named, moment)


def _interaction(customer: Customer, interaction_id: str) -> Interaction | None:
    touch = customer.peek(TOUCH, Touch)
    return None if touch is None else touch.find(interaction_id)


def _reason(customer: Customer, interaction_id: str | None, told: str | None) -> str | None:
    """Return what the event tells the customer wants, else what is known of the conversation."""
    if told:
        return short(told, "reason_code")
    known = None if interaction_id is None else _interaction(customer, interaction_id)
    return None if known is None else known.reason_code


def capability() -> Capability:
    """Return what the next best action contributes; it is listed after what it reads."""
    return Capability(
        name="nba",
        sections={NBA: Nba},
        handlers={
            InteractionStarted: on_interaction_started,
            ReasonSet: on_reason_set,
            SearchPerformed: on_search,
            ActionRequested: on_action_requested,
            ActionsScored: on_scored,
            OutcomeReported: on_outcome,
            InteractionEnded: on_interaction_ended,
        },
        timers={WAIT: on_wait_over, RESPONSE: on_response_due},
    )
