"""Laws of the next best action, over any conversation with a customer under any offers."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.records import CandidateStage, Offer, OutcomeAttributed
from schemas.wire import decode, encode
from tests.builders.contact import (
    bought,
    called,
    hung_up,
    opened_ticket,
    resolved_ticket,
    searched,
    typed,
)
from tests.builders.day import Day, Step, a_customer, after, charged, has_balance, used
from tests.builders.offers import (
    an_offer,
    asked,
    decisions,
    offered,
    propensities_of,
    reported,
    requests,
    scored,
    traces,
)

NAMES = "abcdef"
REASONS = ("roaming", "ROAMING", "money", "tv")
SCORED: tuple[CandidateStage, ...] = ("diversity", "rank", "ranked")

OFFERS = st.tuples(*[
    st.builds(
        an_offer,
        st.just(name),
        kind=st.sampled_from(["sales", "service"]),
        group=st.sampled_from(["one", "two"]),
        channels=st.sampled_from([(), ("phone",)]),
        tariffs=st.sampled_from([(), (), ("super",)]),
        product_spec_id=st.sampled_from([None, "music"]),
        min_balance_minor=st.sampled_from([None, None, 100]),
        reasons=st.sampled_from([("Roaming",), ("tv", "money")]),
        is_only_in_context=st.sampled_from([False, False, True]),
        value_minor=st.sampled_from([0, 1, 1, 99]),
        service_value=st.integers(0, 2),
        lever_percent=st.sampled_from([0, 99, 100]),
        usage_kind=st.just("voice"),
        unit_price_minor=st.sampled_from([None, 3]),
        cooldown_seconds=st.sampled_from([0, 3_600]),
    )
    for name in NAMES
])  # fmt: skip
RULES = st.fixed_dictionaries({
    "max_actions": st.integers(1, 3),
    "max_per_group": st.integers(1, 2),
    "scorer_wait_millis": st.sampled_from([0, 0, 30_000]),
    "control_group_percent": st.sampled_from([0, 0, 0, 0, 0, 100]),
})  # fmt: skip
TALKS = st.sampled_from(["i-1", "i-2"])
OUTCOMES = st.sampled_from(["impression", "accepted", "rejected"])


def answering(place: int, outcome: str) -> Step:
    """Let a channel report on an action that was decided, if any was."""

    def step(day: Day) -> None:
        given_ = [(each.decision_id, action.action_id) for each in decisions(day) for action in each.actions]
        if given_:
            decision_id, action_id = given_[-1 - place % len(given_)]
            reported(outcome, action_id, decision_id)(day)

    return step


def scoring(place: int, ppm: int) -> Step:
    """Let the scorer outside answer a question, if any was asked."""

    def step(day: Day) -> None:
        if requests(day):
            scored(-1 - place % len(requests(day)), a=ppm, c=ppm // 2)(day)

    return step


def steps_of(*pauses: float) -> st.SearchStrategy[list[Step]]:
    """Return what may happen, with pauses of so many hours."""
    return st.lists(
        st.one_of(
            st.builds(called, TALKS, st.sampled_from([None, *REASONS])),
            st.builds(typed, TALKS, st.sampled_from(REASONS)),
            st.builds(searched, st.sampled_from(["roaming in spring", "tv", "dacha"])),
            st.builds(asked, st.sampled_from([None, "i-1"]), st.sampled_from([None, "money"])),
            st.builds(answering, st.integers(0, 5), OUTCOMES),
            st.builds(answering, st.integers(0, 5), OUTCOMES),
            st.builds(scoring, st.integers(0, 3), st.integers(-1, 10**6)),
            st.builds(hung_up, TALKS),
            st.builds(lambda hours: after(hours=hours), st.sampled_from(pauses)),
            st.builds(opened_ticket, st.just("t-1")),
            st.builds(resolved_ticket, st.just("t-1")),
            st.builds(has_balance, st.sampled_from([50, 150])),
            st.builds(charged, st.just(5), st.sampled_from(["ch-1", "ch-2"])),
            st.builds(used, st.just("voice"), st.just(61), st.just(7)),
            st.just(bought("p-1", "super", is_tariff=True)),
            st.just(bought("p-2", "music")),
        ),
        min_size=4,
        max_size=30,
    )


STEPS = steps_of(0.02, 1, 30)
BRISK = steps_of(0.02)
"""Within four hours: a conversation that is silent for longer is over."""
KNOWN = propensities_of(("a", None, 70_001), ("a", "super", 90_000), ("b", "super", 11), priors={"two": 5_003})


def attributed(day: Day) -> list[OutcomeAttributed]:
    return [each.record for each in day.machine.emitted if isinstance(each.record, OutcomeAttributed)]


def lived(offers: tuple[Offer, ...], rules: dict[str, Any], steps: list[Step]) -> Day:
    return offered(a_customer(), *offers, propensities=KNOWN, **rules).who(*steps)


@settings(max_examples=150, deadline=None)
@given(OFFERS, RULES, STEPS)
def test_every_candidate_is_in_the_trace_once_and_the_ranked_ones_are_the_decision(
    offers: tuple[Offer, ...], rules: dict[str, Any], steps: list[Step]
) -> None:
    day = lived(offers, rules, steps)
    assert [each.decision_id for each in decisions(day)] == [each.decision_id for each in traces(day)]
    assert len({each.decision_id for each in decisions(day)}) == len(decisions(day))
    for decided, traced in zip(decisions(day), traces(day), strict=True):
        assert "".join(each.action_id for each in traced.candidates) == NAMES
        ranked = [each for each in traced.candidates if each.stage == "ranked"]
        ranked.sort(key=lambda each: (-each.score, each.action_id))
        assert [each.action_id for each in ranked] == [each.action_id for each in decided.actions]
        assert [each.score for each in ranked] == [each.score for each in decided.actions]
        assert [each.rank for each in decided.actions] == list(range(1, len(ranked) + 1))
        assert len(ranked) <= rules["max_actions"]
        assert not (decided.is_control_group and ranked)
        assert decode(encode(decided)) == decided


@settings(max_examples=150, deadline=None)
@given(OFFERS, RULES, STEPS)
def test_a_trace_recomputes_every_score_bit_for_bit(
    offers: tuple[Offer, ...], rules: dict[str, Any], steps: list[Step]
) -> None:
    by_name = {each.action_id: each for each in offers}
    for traced in traces(lived(offers, rules, steps)):
        for each in traced.candidates:
            factors = (each.propensity_ppm, each.value, each.context_percent, each.lever_percent)
            assert each.score == factors[0] * factors[1] * factors[2] * factors[3] // 10_000
            offer = by_name[each.action_id]
            value = offer.value_minor + offer.service_value
            assert (each.value, each.lever_percent) == (
                (value, offer.lever_percent) if each.stage in SCORED else (0, 0)
            )


@settings(max_examples=150, deadline=None)
@given(OFFERS, RULES, STEPS)
def test_nothing_is_sold_while_the_gate_is_closed(
    offers: tuple[Offer, ...], rules: dict[str, Any], steps: list[Step]
) -> None:
    day = lived(offers, rules, steps)
    for decided, traced in zip(decisions(day), traces(day), strict=True):
        gated = {each.why for each in traced.candidates if each.stage == "gate"}
        assert gated <= {decided.gate} - {None}
        assert decided.gate is None or all(action.kind == "service" for action in decided.actions)


@settings(max_examples=150, deadline=None)
@given(OFFERS, RULES, BRISK)
def test_what_was_offered_refused_or_accepted_in_a_conversation_is_not_offered_in_it_again(
    offers: tuple[Offer, ...], rules: dict[str, Any], steps: list[Step]
) -> None:
    day = offered(a_customer(), *offers, propensities=KNOWN, **rules)
    spent: dict[str, set[str]] = {}
    took: set[str] = set()
    talks: dict[str, str | None] = {}
    seen = 0
    for step in steps:
        day.who(step)
        for decided in decisions(day)[seen:]:
            now_offered = {action.action_id for action in decided.actions}
            talks[decided.decision_id] = decided.interaction_id
            assert not now_offered & took
            assert not now_offered & spent.get(decided.interaction_id or "", set())
            if decided.interaction_id is not None and decided.trigger != "contact_started":
                spent.setdefault(decided.interaction_id, set()).update(now_offered)
        seen = len(decisions(day))
        for each in attributed(day):
            talk = talks[each.decision_id]
            if talk is not None:
                spent.setdefault(talk, set()).add(each.action_id)
            if each.outcome == "accepted":
                took.add(each.action_id)


@settings(max_examples=150, deadline=None)
@given(OFFERS, RULES, STEPS)
def test_an_outcome_is_attributed_at_most_once(
    offers: tuple[Offer, ...], rules: dict[str, Any], steps: list[Step]
) -> None:
    day = lived(offers, rules, steps)
    triples = [(each.decision_id, each.action_id, each.outcome) for each in attributed(day)]
    emitted = [each for each in day.machine.emitted if isinstance(each.record, OutcomeAttributed)]
    assert len(set(triples)) == len(triples) == len({each.id for each in emitted})
    shown = {(*each[:2],) for each in triples if each[2] == "impression"}
    assert {(*each[:2],) for each in triples if each[2] == "no_response"} <= shown


@settings(max_examples=100, deadline=None)
@given(OFFERS, RULES, STEPS, st.permutations(range(len(NAMES))))
def test_the_order_of_offers_in_the_configuration_decides_nothing(
    offers: tuple[Offer, ...], rules: dict[str, Any], steps: list[Step], order: list[int]
) -> None:
    assert lived(tuple([offers[place] for place in order]), rules, steps).machine.emitted == (
        lived(offers, rules, steps).machine.emitted
    )


@settings(max_examples=100, deadline=None)
@given(OFFERS, STEPS, st.integers(0, 10**6))
def test_an_answer_that_comes_too_late_changes_nothing(offers: tuple[Offer, ...], steps: list[Step], ppm: int) -> None:
    day = lived(offers, {"scorer_wait_millis": 30_000}, steps).who(after(hours=0.02))
    before, emitted = dict(day.machine.stored), list(day.machine.emitted)
    for place in range(len(requests(day))):
        day.who(scored(place, a=ppm))
    day.machine.stored.pop("timers", None), before.pop("timers", None)
    assert day.machine.stored == before
    assert day.machine.emitted == emitted


@settings(max_examples=100, deadline=None)
@given(OFFERS, RULES, STEPS)
def test_every_question_for_the_scorer_is_decided_once_in_time(
    offers: tuple[Offer, ...], rules: dict[str, Any], steps: list[Step]
) -> None:
    day = lived(offers, rules, steps).who(after(hours=0.02))
    answered = {each.request_id: each for each in decisions(day)}
    assert len(answered) == len(decisions(day))
    for request in requests(day):
        decided = answered[request.request_id]
        assert request.decided_at <= decided.decided_at
        assert decided.scorer == "built_in" or decided.decided_at <= request.answer_by
        assert list(request.candidates) == sorted(set(request.candidates))
