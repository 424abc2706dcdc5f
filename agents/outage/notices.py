"""What is said of an outage: which message each phase is, and the impact that goes out beside it."""

from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

from agents.customer.model import Customer, Moment
from agents.message.model import HOLDS, Emit, Holds, Notice, Withdraw, identity, message_id
from agents.outage.model import Impact
from agents.outage.policy import outage_policy
from schemas.records import Impacted, OutagePhase
from streams.core.records import Millis

IMPACTS: Final = "network.impact.v1"
MINUTE: Final = 60_000

Phase: TypeAlias = Literal["opened", "eta", "resolved", "discarded", "planned", "moved", "cancelled"]

PURPOSES: Final[dict[Phase, str]] = {
    "opened": "outage.opened",
    "eta": "outage.eta_changed",
    "resolved": "outage.resolved",
    "discarded": "outage.discarded",
    "planned": "works.planned",
    "moved": "works.moved",
    "cancelled": "works.cancelled",
}
_IMPACTED: Final[dict[Phase, OutagePhase]] = {
    "opened": "opened",
    "eta": "eta_changed",
    "resolved": "resolved",
    "discarded": "discarded",
    "planned": "works_planned",
    "moved": "works_moved",
    "cancelled": "works_cancelled",
}
_ONCE: Final[frozenset[Phase]] = frozenset({"opened", "resolved", "discarded"})
_ENDS: Final[frozenset[Phase]] = frozenset({"resolved", "discarded", "cancelled"})


def ask(outage_id: str, impact: Impact, phase: Phase, value: Millis, moment: Moment) -> Iterator[Notice]:
    """Want a message about a phase, unless it was wanted before; `value` is the time that it is about, or 0."""
    if phase in impact.asked and (phase in _ONCE or impact.asked[phase] == value):
        return
    impact.asked[phase] = value
    policy = moment.config.derived(outage_policy)
    is_ahead = phase in ("planned", "moved")
    yield Notice(
        PURPOSES[phase],
        outage_id,
        name_of(phase, value),
        _parameters(outage_id, impact),
        impact.since if is_ahead else moment.now + policy.useful_for,
        without=policy.without(impact.service_kinds) if phase in ("opened", "eta") else (),
    )


def name_of(phase: Phase, value: Millis) -> str:
    """Return the name of the message's occasion: what is told once has none of its own."""
    return phase if phase in _ONCE else f"{phase}@{value}"


def phase_of(customer_id: str, outage_id: str, impact: Impact, identity: str) -> Phase | None:
    """Return the phase that the message of that id is about, None when it is none of this impact's."""
    for phase, purpose in PURPOSES.items():
        value = impact.asked.get(phase)
        if value is not None and message_id(customer_id, purpose, outage_id, name_of(phase, value)) == identity:
            return phase
    return None


def is_held(customer: Customer, outage_id: str, impact: Impact, *phases: Phase) -> bool:
    """Return True when a message about one of these phases waits."""
    holds = customer.peek(HOLDS, Holds)
    held = holds.held if holds is not None else ()
    return any(phase_of(customer.id, outage_id, impact, identity) in phases for identity in held)


def take_back(outage_id: str, *phases: Phase) -> Iterator[Withdraw]:
    """Take back what is held of these phases."""
    for phase in phases:
        yield Withdraw(PURPOSES[phase], outage_id)


def published(customer: Customer, outage_id: str, impact: Impact, phase: Phase, moment: Moment) -> Emit:
    """Return the record of a phase for everybody else."""
    end = impact.ended_at if phase in _ENDS or impact.is_works else None
    has_lasted = phase == "resolved" and end is not None
    record = Impacted(
        customer_id=customer.id,
        outage_id=outage_id,
        phase=_IMPACTED[phase],
        service_kinds=tuple(impact.service_kinds),
        started_at=impact.since,
        ended_at=end,
        eta=impact.eta,
        minutes=max(0, (end or 0) - impact.since) // MINUTE if has_lasted else None,
        cause_public=impact.cause_public,
        decided_at=moment.now,
        activation=moment.config.activation,
    )
    return Emit(IMPACTS, record, identity(customer.id, outage_id, phase, impact.revision))


def _parameters(outage_id: str, impact: Impact) -> dict[str, int | str]:
    found: dict[str, int | str | None] = {
        "outage_id": outage_id,
        "service": impact.service_kinds[0] if impact.service_kinds else None,
        "eta": impact.eta,
        "cause_public": impact.cause_public,
        "starts_at": impact.since,
        "ends_at": impact.ended_at,
    }
    return {name: value for name, value in found.items() if value is not None}
