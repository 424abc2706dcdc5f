import pytest

from agents.nba.model import NBA, Nba, gate_of
from tests.builders.contact import called, opened_ticket, typed
from tests.builders.day import Day, a_customer, after
from tests.builders.offers import (
    an_offer,
    best,
    candidate,
    decisions,
    offered,
    propensities_of,
    requests,
    scored,
    traces,
)

OFFERS = (an_offer("a", value_minor=3_00), an_offer("b", value_minor=2_00), an_offer("c", value_minor=1_00))


def waiting() -> Day:
    known = propensities_of(("a", None, 500_000), priors={"of-b": 7})
    day = offered(a_customer(), *OFFERS, propensities=known, scorer_wait_millis=30_000)
    return day.who(called("i-1", "x"))


def test_a_scorer_outside_is_asked_about_what_is_left() -> None:
    day = offered(a_customer(), *OFFERS, an_offer("d", tariffs=("x",)), scorer_wait_millis=150).who(called("i-1", "x"))
    (request,) = requests(day)
    assert request.candidates == ("a", "b", "c")
    assert request.answer_by == request.decided_at + 150
    assert (request.trigger, request.reason_code, request.interaction_id) == ("contact_started", "x", "i-1")
    assert decisions(day) == []


def test_an_answer_in_time_decides() -> None:
    day = waiting()
    day.who(scored(c=900_000, a=1))
    assert best(day) == ["c", "b", "a"]
    assert decisions(day)[0].scorer == traces(day)[0].scorer == "external"
    assert decisions(day)[0].request_id == requests(day)[0].request_id
    assert (candidate(day, "b").propensity_ppm, candidate(day, "b").is_prior) == (7, True)


@pytest.mark.parametrize("ppm", [-1, 1_000_001])
def test_what_is_no_probability_is_no_answer(ppm: int) -> None:
    day = waiting()
    day.who(scored(b=ppm))
    assert (candidate(day, "b").propensity_ppm, candidate(day, "b").is_prior) == (7, True)


def test_without_an_answer_the_hub_ranks_by_itself_and_a_late_one_changes_nothing() -> None:
    day = waiting()
    day.who(after(minutes=1))
    assert best(day) == ["a", "c", "b"]
    assert decisions(day)[0].scorer == "built_in"
    before = dict(day.machine.stored)
    day.who(scored(c=900_000))
    assert len(decisions(day)) == 1
    assert day.machine.stored == before


def test_an_answer_twice_decides_once() -> None:
    day = waiting()
    day.who(scored(c=900_000), scored(c=1))
    assert len(decisions(day)) == 1


def test_the_decision_is_made_on_the_record_as_it_is_when_the_answer_comes() -> None:
    day = waiting()
    day.who(opened_ticket("t-1"), scored(c=900_000))
    assert decisions(day)[0].gate == "ticket"
    assert best(day) == []


def test_nobody_is_asked_when_nothing_is_left() -> None:
    day = offered(a_customer(), an_offer("a"), scorer_wait_millis=150).who(opened_ticket("t-1"), called("i-1"))
    assert requests(day) == []
    assert decisions(day)[0].gate == "ticket"


def test_with_too_many_questions_open_the_hub_ranks_at_once() -> None:
    day = offered(a_customer(), *OFFERS, scorer_wait_millis=60_000)
    for number in range(9):
        day.who(called(f"i-{number}"))
    assert len(requests(day)) == 8
    assert [each.interaction_id for each in decisions(day)] == ["i-8"]


def test_the_gate_is_known_while_the_scorer_is_asked() -> None:
    help_ = an_offer("help", kind="service")
    day = offered(a_customer(), help_, scorer_wait_millis=150).who(opened_ticket("t-1"), called("i-1"))
    nba = day.machine.section(NBA, Nba)
    assert gate_of(nba, "i-1") == "ticket"
    assert gate_of(nba, "i-2") is None
    day.who(typed("i-1", "x"), after(minutes=1))
    assert gate_of(day.machine.section(NBA, Nba), "i-1") == "ticket"
