"""The right decision is the planning table's: worked out here by hand, figure by figure."""

from dataclasses import replace

import pytest

from operator_day import shelf
from operator_day.offers import Right, Situation, right_decision

PLAIN = Situation(channel="app")
TALKER = replace(
    PLAIN,
    channel="phone",
    tariff=shelf.SUPER,
    products=frozenset({shelf.SUPER}),
    usage={"voice": (168 * 60, 840_00)},
    charges={"voice": ("v-1", "v-2")},
)


def offered(right: Right) -> list[str]:
    return [action.action_id for action in right.actions]


def fall(right: Right, action_id: str) -> tuple[str, str | None]:
    return next((each.stage, each.why) for each in right.candidates if each.action_id == action_id)


def test_dear_calls_are_answered_with_the_operators_own_example() -> None:
    best = right_decision(replace(TALKER, reason="мобильная СВЯЗЬ")).actions[0]
    # 2 h 48 min at 5 roubles a minute; for 3.50 a day, 105 in 30 days, the minute costs 2.50.
    assert best.title == "«Родные города»"
    assert best.rationale is not None
    assert best.rationale.current_cost_minor == 840_00
    assert best.rationale.cost_with_offer_minor == 105_00 + 168 * 2_50
    assert best.rationale.saving_minor == 315_00
    assert best.rationale.evidence_charge_ids == ("v-1", "v-2")
    # 25 % x (90 + 30) roubles x 2 for the reason x 1.2 by plan.
    assert best.score == 250_000 * 120_00 * 200 * 120 // 10_000


def test_a_begun_minute_is_paid_for() -> None:
    whole = right_decision(TALKER).actions[0].rationale
    begun = right_decision(replace(TALKER, usage={"voice": (168 * 60 + 1, 840_00)})).actions[0].rationale
    assert whole is not None
    assert begun is not None
    assert begun.cost_with_offer_minor - whole.cost_with_offer_minor == 2_50


def test_every_action_of_the_table_is_accounted_for_once() -> None:
    right = right_decision(TALKER)
    ids = [each.action_id for each in right.candidates]
    assert ids == sorted({offer.action_id for offer in shelf.OFFERS})


def test_without_knowledge_the_group_speaks_and_without_that_one_in_a_hundred() -> None:
    by_id = {each.action_id: each for each in right_decision(PLAIN).candidates}
    assert (by_id["unlimited"].propensity_ppm, by_id["unlimited"].is_prior) == (60_000, False)
    assert (by_id["ticket-status"].propensity_ppm, by_id["ticket-status"].is_prior) == (90_000, True)
    assert (by_id["call-guard"].propensity_ppm, by_id["call-guard"].is_prior) == (10_000, True)
    of_tariff = {each.action_id: each for each in right_decision(TALKER).candidates}
    assert of_tariff["unlimited"].propensity_ppm == 40_000


def test_equal_scores_go_by_the_alphabet() -> None:
    at = replace(PLAIN, offered=frozenset({"promised-payment", "unlimited", "call-guard"}))
    first, second = right_decision(at).actions
    assert (first.action_id, second.action_id) == ("callback", "ticket-status")
    assert first.score == second.score


@pytest.mark.parametrize(
    ("change", "action_id", "stage"),
    [
        ({}, "super-plus", ("eligibility", "tariff")),
        ({}, "internet-pack", ("eligibility", "required")),
        ({"products": frozenset({"super-plus"})}, "unlimited", ("eligibility", "excluded")),
        ({"balances": {"RUB": 299_99}}, "roaming-pack", ("eligibility", "balance")),
        ({"balances": {"USD": 900_00}}, "roaming-pack", ("eligibility", "balance")),
        ({"products": frozenset({"unlimited"})}, "unlimited", ("eligibility", "owned")),
        ({"channel": "ivr"}, "call-guard", ("applicability", "channel")),
        ({"balances": {"RUB": 300_00}}, "roaming-pack", ("applicability", "context")),
        ({"usage": {"voice": (600, 40_00)}}, "home-towns", ("suitability", "saving")),
        ({"gate": "ticket"}, "unlimited", ("gate", "ticket")),
        ({"gate": "ticket", "offered": frozenset({"unlimited"})}, "unlimited", ("gate", "ticket")),
        ({"offered": frozenset({"unlimited"})}, "unlimited", ("suppression", "offered")),
        ({"accepted": frozenset({"unlimited"})}, "unlimited", ("suppression", "accepted")),
        ({"refused": frozenset({"unlimited"})}, "unlimited", ("suppression", "refused")),
        ({"is_control": True}, "unlimited", ("suppression", "control")),
        ({}, "callback", ("diversity", "promised-payment")),
        ({}, "call-guard", ("rank", None)),
        ({}, "unlimited", ("ranked", None)),
    ],
)
def test_an_action_falls_out_where_the_table_says(
    change: dict[str, object], action_id: str, stage: tuple[str, str | None]
) -> None:
    assert fall(right_decision(replace(PLAIN, **change)), action_id) == stage  # type: ignore[arg-type]  # of its fields


def test_a_search_that_holds_a_reason_is_heard_whatever_its_capitals() -> None:
    at = replace(PLAIN, searches=("Пакеты в РОУМИНГ",), balances={"RUB": 300_00})
    assert offered(right_decision(at))[0] == "roaming-pack"


def test_a_closed_gate_leaves_service_alone() -> None:
    right = right_decision(replace(TALKER, gate="outage", reason=shelf.FAULT_REASON))
    assert offered(right) == ["technician", "callback", "ticket-status"]
    assert {action.kind for action in right.actions} == {"service"}


def test_the_control_group_is_offered_nothing() -> None:
    right = right_decision(replace(TALKER, is_control=True))
    assert right.actions == ()
    assert right.is_control
    assert {each.score for each in right.candidates} == {0}
