"""What is known of a customer's conversations.

Events of a conversation may come in any order, its beginning last. Everything is ordered by the events' own time, so
that the record says the same whatever the order of arrival; what began before the last twenty is forgotten. A
conversation goes on until its end or its wrap-up, and for four hours at the most.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from agents.customer.model import Capability, Customer, Handler, Moment, short
from agents.message.model import NOTHING, Effect
from agents.touch import surfing
from agents.touch.digital import DIGITAL, Digital
from agents.touch.interaction import LIVE_MILLIS, Interaction, Word
from agents.touch.model import SHOWN, TOUCH, Touch
from schemas.records import (
    AgentJoined,
    InteractionEnded,
    InteractionStarted,
    MessageReceived,
    QueueEntered,
    QueueLeft,
    ReasonSet,
    WrapupSet,
)
from streams.core.records import Millis

LIVE: Final = "live:"
"""Timer of a conversation that goes on, followed by its id."""

AT_START, TYPED, CLOSED = range(3)
"""Ranks of a reason."""
TYPING, JOINED = range(2)
"""Ranks of an agent."""
WAITING, LEFT = range(2)
"""Ranks of what happens in a queue."""


def tell_start(interaction: Interaction, event: InteractionStarted) -> None:
    """Know when, where and by whom it was begun; told more than once, the earliest counts."""
    told = (event.occurred_at, event.channel, event.direction)
    if not interaction.starts or told < (interaction.began_at, interaction.channel, interaction.direction):
        interaction.began_at, interaction.channel, interaction.direction = told
    interaction.starts += 1
    if event.reason_code is not None:
        _tell_reason(interaction, event.occurred_at, AT_START, event.reason_code)


def tell_queue_entered(interaction: Interaction, event: QueueEntered) -> None:
    """Know that they wait."""
    interaction.queue = max(interaction.queue, Word(event.occurred_at, WAITING, "waiting"))


def tell_queue_left(interaction: Interaction, event: QueueLeft) -> None:
    """Know how the wait ended; waits in several queues add up."""
    interaction.queue = max(interaction.queue, Word(event.occurred_at, LEFT, event.how))
    interaction.wait_seconds += max(event.wait_seconds, 0)


def tell_agent(interaction: Interaction, event: AgentJoined) -> None:
    """Know who talks to them."""
    _tell_agent(interaction, event.occurred_at, JOINED, event.agent_id)


def tell_reason(interaction: Interaction, event: ReasonSet) -> None:
    """Know what it is about, as it was typed, and who typed it."""
    _tell_reason(interaction, event.occurred_at, TYPED, event.reason_code)
    if event.agent_id is not None:
        _tell_agent(interaction, event.occurred_at, TYPING, event.agent_id)


def tell_message(interaction: Interaction, event: MessageReceived) -> None:
    """Count what the customer wrote; it says where they are while the beginning is not known."""
    interaction.messages += 1
    if not interaction.starts and event.channel != "UNKNOWN":
        known = interaction.channel
        interaction.channel = event.channel if known == "UNKNOWN" else min(known, event.channel)


def tell_end(interaction: Interaction, event: InteractionEnded) -> None:
    """Know that it is over, and how it ended."""
    interaction.ended = max(interaction.ended, Word(event.occurred_at, 0, event.status))


def tell_wrapup(interaction: Interaction, event: WrapupSet) -> None:
    """Know what it came to, and what it was about in the end where that is said."""
    interaction.outcome = max(interaction.outcome, Word(event.occurred_at, 0, event.outcome))
    if event.reason_code is not None:
        _tell_reason(interaction, event.occurred_at, CLOSED, event.reason_code)


def _tell_reason(interaction: Interaction, at: Millis, rank: int, reason: str) -> None:
    interaction.reason = max(interaction.reason, Word(at, rank, short(reason, "reason_code")))


def _tell_agent(interaction: Interaction, at: Millis, rank: int, agent_id: str) -> None:
    interaction.agent = max(interaction.agent, Word(at, rank, short(agent_id, "agent_id")))


def about(tell: Callable[[Interaction, Any], None]) -> Handler:
    """Return the handler of events that tell something about one conversation."""

    def on_event(customer: Customer, event: Any, moment: Moment) -> Sequence[Effect]:  # noqa: ANN401 - of its topic
        touch = customer.section(TOUCH, Touch)
        before = shown(touch, moment.now)
        interaction = touch.meet(event.interaction_id, event.occurred_at)
        tell(interaction, event)
        _set_timer(customer, interaction, moment.now)
        for forgotten in touch.settle():
            customer.clear_timer(LIVE + forgotten.interaction_id)
        if shown(touch, moment.now) != before:
            customer.mark_material()
        return NOTHING

    return on_event


def on_live_timer(customer: Customer, _name: str, _moment: Moment) -> Sequence[Effect]:
    """Let others know that the conversation is taken to be over."""
    customer.mark_material()
    return NOTHING


def shown(touch: Touch, now: Millis) -> tuple[object, ...]:
    """Return what others see of the conversations, for telling whether that changed."""
    live = touch.live(now)
    last = [(each.order, each.channel, each.reason.text, each.outcome.text) for each in touch.last(SHOWN)]
    return last, live and (live.order, live.channel, live.reason.text, live.agent.text)


def _set_timer(customer: Customer, interaction: Interaction, now: Millis) -> None:
    name, due = LIVE + interaction.interaction_id, interaction.began_at + LIVE_MILLIS
    if not interaction.is_live(now):
        customer.clear_timer(name)
    elif customer.timers.get(name) != due:
        customer.set_timer(name, due)


def capability() -> Capability:
    """Return what touch contributes."""
    return Capability(
        name="touch",
        sections={TOUCH: Touch, DIGITAL: Digital},
        handlers={
            InteractionStarted: about(tell_start),
            QueueEntered: about(tell_queue_entered),
            QueueLeft: about(tell_queue_left),
            AgentJoined: about(tell_agent),
            ReasonSet: about(tell_reason),
            MessageReceived: about(tell_message),
            InteractionEnded: about(tell_end),
            WrapupSet: about(tell_wrapup),
            **surfing.HANDLERS,
        },
        timers={LIVE: on_live_timer},
    )
