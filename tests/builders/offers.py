"""Sentences about offers: `offered(a_customer(), an_offer("roaming-pack")).who(called("i-1"))`."""

from typing import Any

from agents.customer.model import ActiveConfig
from agents.outage.model import Outages
from schemas.records import (
    ActionRequested,
    ActionScore,
    ActionsScored,
    Candidate,
    Decided,
    GroupPrior,
    Offer,
    Offers,
    OutcomeAttributed,
    OutcomeReported,
    Propensities,
    Propensity,
    ScoreRequested,
    Traced,
)
from tests.builders.contact import happened
from tests.builders.day import Day, Step


def an_offer(action_id: str, **other: Any) -> Offer:
    """Return an offer that sells to everybody, worth 100.00, in a group of its own."""
    fields: dict[str, Any] = {
        "title": action_id.title(), "group": f"of-{action_id}", "kind": "sales", "product_spec_id": None,
        "channels": (), "tariffs": (), "required_spec_ids": (), "excluded_spec_ids": (), "min_balance_minor": None,
        "reasons": (), "context_percent": 300, "is_only_in_context": False, "value_minor": 100_00, "service_value": 0,
        "lever_percent": 100, "price_minor": 0, "currency": "RUB", "usage_kind": "UNKNOWN", "unit_size": 60,
        "unit_price_minor": None, "min_saving_minor": None, "cooldown_seconds": 86_400,
    }  # fmt: skip
    return Offer(action_id=action_id, **{**fields, **other})


def offers_of(*offers: Offer, **other: Any) -> Offers:
    """Return offers in force, no scorer outside and no control group."""
    fields: dict[str, Any] = {
        "config_id": "city", "version": 3, "max_actions": 3, "max_per_group": 1, "expires_seconds": 1_800,
        "response_seconds": 7_200, "repeat_seconds": 7 * 86_400, "intent_seconds": 3_600, "scorer_wait_millis": 0,
        "control_group_percent": 0,
    }  # fmt: skip
    return Offers(offers=offers, **{**fields, **other})


def propensities_of(*own: tuple[str, str | None, int], priors: dict[str, int] | None = None) -> Propensities:
    """Return propensities by (action, tariff), and priors by group."""
    return Propensities(
        "city", 2, "table", tuple([GroupPrior(*each) for each in (priors or {}).items()]),
        tuple([Propensity(*each) for each in own]),
    )  # fmt: skip


def offered(
    day: Day, *offers: Offer, propensities: Propensities | None = None, outages: Outages | None = None, **other: Any
) -> Day:
    """Put offers in force, and nothing else."""
    contents = [offers_of(*offers, **other), *([] if propensities is None else [propensities])]
    day.machine.config = ActiveConfig(9, *contents, outages=outages)
    return day


def asked(interaction: str | None = None, reason: str | None = None, *, channel: str = "app", **how: Any) -> Step:
    fields: dict[str, Any] = {"request_id": "r", "channel": channel, "interaction_id": interaction}
    return happened(ActionRequested, **fields | {"reason_code": reason} | how)


def reported(outcome: str, action: str, decision: int | str = -1, *, channel: str = "phone", **how: Any) -> Step:
    """The channel reports on an action of the decision of that place, or of that id."""

    def step(day: Day) -> None:
        named = decision if isinstance(decision, str) else decisions(day)[decision].decision_id
        fields: dict[str, Any] = {"decision_id": named, "action_id": action, "channel": channel, "outcome": outcome}
        day.happens(OutcomeReported, **fields, **how)

    return step


def scored(request: int = -1, **ppm: int) -> Step:
    """The scorer outside answers the request of that place; `_` stands for `-` in names."""

    def step(day: Day) -> None:
        scores = tuple([ActionScore(name.replace("_", "-"), each) for name, each in ppm.items()])
        named = requests(day)[request].request_id
        day.happens(ActionsScored, request_id=named, model="m", scores=scores)

    return step


def decisions(day: Day) -> list[Decided]:
    return [each.record for each in day.machine.emitted if isinstance(each.record, Decided)]


def traces(day: Day) -> list[Traced]:
    return [each.record for each in day.machine.emitted if isinstance(each.record, Traced)]


def requests(day: Day) -> list[ScoreRequested]:
    return [each.record for each in day.machine.emitted if isinstance(each.record, ScoreRequested)]


def outcomes(day: Day) -> list[tuple[str, str]]:
    """Return (action, outcome) of all that was attributed."""
    records = [each.record for each in day.machine.emitted if isinstance(each.record, OutcomeAttributed)]
    return [(record.action_id, record.outcome) for record in records]


def best(day: Day, decision: int = -1) -> list[str]:
    """Return the actions of a decision, best first."""
    return [action.action_id for action in decisions(day)[decision].actions]


def candidate(day: Day, action: str, decision: int = -1) -> Candidate:
    return next(each for each in traces(day)[decision].candidates if each.action_id == action)


def fell(day: Day, action: str = "a", decision: int = -1) -> tuple[str, str | None]:
    """Return where a candidate fell out, and by what."""
    found = candidate(day, action, decision)
    return found.stage, found.why
