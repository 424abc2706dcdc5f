"""The day's decisions are right with the hub's rules, and wrong with any one of them planted wrong."""

from functools import partial
from typing import Any

import pytest
from msgspec.structs import replace

from agents.nba import candidates, case, decision, outcomes, rules, scoring
from agents.nba.memory import refuse
from agents.nba.model import Given, Outcomes
from agents.nba.plan import Planned, offer_plan
from agents.outage.model import Outages
from agents.touch.model import wants
from operator_day.stories import gates, mixed, nba, responses
from tests.day.planted import Plant, a_day_of, returning

STORIES = (*nba.STORIES, *gates.STORIES, *responses.STORIES, *mixed.STORIES * 5)
a_day = partial(a_day_of, STORIES)


@pytest.mark.parametrize(("seed", "slice_seconds"), [(1, 3_600), (2, 3_600), (3, 900)])
async def test_decisions_are_right_with_the_hubs_own_rules(seed: int, slice_seconds: int) -> None:
    report = await a_day(seed, slice_seconds)
    assert report.findings == ()
    assert report.is_right
    stages = {line.kind for line in report.lines if line.kind.startswith("candidate ") and line.seen}
    assert len(stages) == 8
    assert report.line("decision as its story tells").seen > 20


def never_tires(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(outcomes, "refuse", lambda nba, action_id, _, now: refuse(nba, action_id, 1 << 60, now))


def thins_nothing_out(patch: pytest.MonkeyPatch) -> None:
    def wrong(config: Any) -> Any:
        plan = offer_plan(config)
        return None if plan is None else replace(plan, max_per_group=9)

    patch.setattr(decision, "offer_plan", wrong)


def ranks_ties_by_the_last_letter(patch: pytest.MonkeyPatch) -> None:
    def wrong(scored: Any) -> tuple[int, list[int]]:
        return -scored.score, [-ord(letter) for letter in scored.standing.planned.offer.action_id]

    patch.setattr(scoring, "_order", wrong)


def repeats_outcomes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(outcomes, "_BIT", dict.fromkeys(outcomes._BIT, Outcomes.NONE))  # noqa: SLF001  # what is planted


def answers_its_own_calls(patch: pytest.MonkeyPatch) -> None:
    right = rules.on_interaction_started

    def wrong(customer: Any, event: Any, moment: Any) -> Any:
        return right(customer, replace(event, direction="inbound"), moment)

    patch.setattr(rules, "on_interaction_started", wrong)


def gives_up_on_everything_shown(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Given, "is_unanswered", property(lambda given: bool(given.outcomes & Outcomes.IMPRESSION)))


PLANTED: dict[str, Plant] = {
    "everybody is eligible": returning(candidates, "_ineligible", None),
    "everything applies everywhere": returning(candidates, "_inapplicable", None),
    "savings do not matter": returning(candidates, "_unsuitable", None),
    "sales go on whatever is broken": returning(candidates, "_gated", None),
    "tickets close no gate": returning(case, "open_tickets", ()),
    "outages close no gate": lambda patch: patch.setattr(Outages, "at", lambda *_: ()),
    "repeat contacts close no gate": returning(case, "is_repeat", value=False),
    "the same again in one conversation": returning(decision, "spend", None),
    "what the agent showed is offered again": returning(outcomes, "spend", None),
    "what was accepted is offered again": returning(outcomes, "accept", None),
    "what was refused is offered again": returning(outcomes, "refuse", None),
    "a cooldown never ends": never_tires,
    "nobody is in the control group": returning(case, "is_control", value=False),
    "searches are not heard": returning(case, "wants", ()),
    "searches count for ever": lambda patch: patch.setattr(case, "wants", lambda touch, _: wants(touch, 0)),
    "nothing is thinned out by group": thins_nothing_out,
    "equal scores go by the last letter": ranks_ties_by_the_last_letter,
    "a tariff has no propensity of its own": lambda patch: patch.setattr(
        Planned, "propensity", lambda self, _: (self.by_tariff.get(None, self.prior), None not in self.by_tariff)
    ),
    "a prior passes for knowledge": lambda patch: patch.setattr(
        Planned, "propensity", lambda self, tariff: (self.by_tariff.get(tariff, self.prior), False)
    ),
    "reasons go by their capitals": lambda patch: patch.setattr(
        Planned, "answers", lambda self, reason, _: reason is not None and reason in self.offer.reasons
    ),
    "a rationale has no evidence": lambda patch: patch.setattr(decision, "with_evidence", lambda grounds, _: grounds),
    "an outcome counts each time": repeats_outcomes,
    "silence is never noted": returning(outcomes, "_give_up", []),
    "whoever saw it said nothing": gives_up_on_everything_shown,
    "the operator's own calls are questions": answers_its_own_calls,
}


@pytest.mark.parametrize("plant", PLANTED.values(), ids=PLANTED.keys())
async def test_a_rule_of_decisions_planted_wrong_is_found(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    report = await a_day()
    assert not report.is_right
