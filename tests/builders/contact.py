"""Sentences about conversations, tickets and products: `a_customer().who(called("i-1"), typed("i-1", "roaming"))`."""

from typing import Any

from schemas.records import (
    AgentJoined,
    InteractionEnded,
    InteractionStarted,
    MessageReceived,
    ProductActivated,
    ProductChanged,
    ProductTerminated,
    QueueEntered,
    QueueLeft,
    ReasonSet,
    SearchPerformed,
    TicketOpened,
    TicketReopened,
    TicketResolved,
    TicketStatusChanged,
    WrapupSet,
)
from tests.builders.day import Step


def happened(kind: type, /, **fields: Any) -> Step:
    return lambda day: day.happens(kind, **fields)


def called(interaction: str, reason: str | None = None, *, channel: str = "phone", **how: Any) -> Step:
    fields: dict[str, Any] = {"interaction_id": interaction, "channel": channel, "reason_code": reason}
    return happened(InteractionStarted, **{**fields, "direction": "inbound", **how})


def typed(interaction: str, reason: str, **how: Any) -> Step:
    return happened(ReasonSet, interaction_id=interaction, reason_code=reason, **how)


def answered_by(interaction: str, agent: str, **how: Any) -> Step:
    return happened(AgentJoined, interaction_id=interaction, agent_id=agent, **how)


def queued(interaction: str, queue: str = "q", **how: Any) -> Step:
    return happened(QueueEntered, interaction_id=interaction, queue=queue, **how)


def left_queue(interaction: str, how: str, waited: int, queue: str = "q", **when: Any) -> Step:
    fields: dict[str, Any] = {"interaction_id": interaction, "queue": queue, "how": how, "wait_seconds": waited}
    return happened(QueueLeft, **fields, **when)


def wrote(interaction: str, channel: str = "chat", **how: Any) -> Step:
    return happened(MessageReceived, interaction_id=interaction, channel=channel, **how)


def hung_up(interaction: str, status: str = "completed", **how: Any) -> Step:
    return happened(InteractionEnded, interaction_id=interaction, status=status, **how)


def wrapped_up(interaction: str, outcome: str = "resolved", reason: str | None = None, **how: Any) -> Step:
    return happened(WrapupSet, interaction_id=interaction, outcome=outcome, reason_code=reason, **how)


def searched(query: str, surface: str = "web", **how: Any) -> Step:
    return happened(SearchPerformed, session_id="s-1", surface=surface, query=query, **how)


def opened_ticket(ticket: str, kind: str = "no_internet", **how: Any) -> Step:
    return happened(TicketOpened, **{"ticket_id": ticket, "kind": kind, "severity": "normal", **how})


def ticket_stood(ticket: str, status: str, **how: Any) -> Step:
    return happened(TicketStatusChanged, ticket_id=ticket, status=status, **how)


def resolved_ticket(ticket: str, **how: Any) -> Step:
    return happened(TicketResolved, ticket_id=ticket, **how)


def reopened_ticket(ticket: str, **how: Any) -> Step:
    return happened(TicketReopened, ticket_id=ticket, **how)


def bought(product: str, spec: str, *, is_tariff: bool = False, **how: Any) -> Step:
    return happened(ProductActivated, product_id=product, spec_id=spec, name=f"The {spec}", is_tariff=is_tariff, **how)


def changed(product: str, spec: str, *, is_tariff: bool = False, **how: Any) -> Step:
    return happened(ProductChanged, product_id=product, spec_id=spec, name=f"The {spec}", is_tariff=is_tariff, **how)


def gave_up(product: str, **how: Any) -> Step:
    return happened(ProductTerminated, product_id=product, **how)
