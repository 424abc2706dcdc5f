import pytest

from agents.customer.model import GuardFull
from agents.nba.memory import accept, refuse
from agents.nba.model import MAX_ACCEPTED, MAX_DECISIONS, MAX_REFUSED, NBA, Nba
from schemas.records import OutcomeAttributed
from tests.builders.contact import called, hung_up
from tests.builders.day import HOUR, Day, a_customer, after
from tests.builders.offers import (
    an_offer,
    asked,
    best,
    decisions,
    offered,
    outcomes,
    reported,
)

OFFERS = (an_offer("a", value_minor=3_00), an_offer("b", value_minor=2_00), an_offer("c", value_minor=1_00))


def a_call() -> Day:
    return offered(a_customer(), *OFFERS).who(called("i-1"))


def test_an_outcome_is_attributed_once() -> None:
    day = a_call().who(*[reported(each, "b") for each in ("impression", "impression", "accepted", "accepted")])
    assert outcomes(day) == [("b", "impression"), ("b", "accepted")]
    attributed = [each for each in day.machine.emitted if isinstance(each.record, OutcomeAttributed)]
    assert len({each.id for each in attributed}) == 2
    record = attributed[0].record
    assert isinstance(record, OutcomeAttributed)
    assert (record.rank, record.channel, record.decision_id) == (2, "phone", decisions(day)[0].decision_id)


@pytest.mark.parametrize(
    "step",
    [
        reported("accepted", "a", "unknown"),
        reported("accepted", "z"),
        reported("UNKNOWN", "a"),
        reported("accepted", "a", ago=-31 * 24 * HOUR),
    ],
)
def test_what_is_reported_of_nothing_known_changes_nothing(step: object) -> None:
    day = a_call()
    before = dict(day.machine.stored)
    day.who(step)  # type: ignore[arg-type]  # a step
    assert outcomes(day) == []
    assert day.machine.stored[NBA] == before[NBA]


def test_what_was_shown_and_not_answered_had_no_response_when_the_conversation_ends() -> None:
    day = a_call().who(reported("impression", "a"), reported("impression", "b"), reported("rejected", "b"))
    day.who(hung_up("i-2"))
    assert ("a", "no_response") not in outcomes(day)
    day.who(hung_up("i-1"), after(hours=24), hung_up("i-1"))
    assert outcomes(day)[3:] == [("a", "no_response")]


def test_outside_a_conversation_there_is_no_response_at_the_decisions_own_time() -> None:
    day = offered(a_customer(), *OFFERS).who(asked(), reported("impression", "a"), after(hours=1.9))
    assert outcomes(day) == [("a", "impression")]
    day.who(after(hours=0.1))
    assert outcomes(day) == [("a", "impression"), ("a", "no_response")]


def test_what_was_never_shown_has_no_outcome() -> None:
    assert outcomes(a_call().who(hung_up("i-1"), after(hours=48))) == []


def test_a_later_answer_goes_before_silence() -> None:
    day = a_call().who(reported("impression", "a"), hung_up("i-1"), after(hours=29 * 24), reported("accepted", "a"))
    assert outcomes(day) == [("a", "impression"), ("a", "no_response"), ("a", "accepted")]
    day.who(after(hours=2), called("i-2"))
    assert best(day) == ["b", "c"]


def test_a_late_report_is_remembered_and_attributed_to_nobody() -> None:
    day = a_call().who(reported("accepted", "a", is_silent=True), reported("impression", "b", is_silent=True))
    day.who(after(hours=48), called("i-2"))
    assert outcomes(day) == []
    assert best(day) == ["b", "c"]


def test_only_the_last_decisions_are_known() -> None:
    day = a_call().who(reported("impression", "a"))
    for _ in range(MAX_DECISIONS):
        day.who(asked())
    day.who(reported("accepted", "a", 0), hung_up("i-1"), after(hours=48))
    assert outcomes(day) == [("a", "impression")]


def test_a_refusal_is_never_forgotten_early() -> None:
    nba = Nba()
    for number in range(MAX_REFUSED):
        refuse(nba, f"a-{number}", 1_000 + number, now=0)
    with pytest.raises(GuardFull):
        refuse(nba, "b", 2_000, now=999)
    refuse(nba, "a-0", 5_000, now=999)
    refuse(nba, "a-0", 3_000, now=999)
    refuse(nba, "b", 2_000, now=1_001)
    assert nba.refused["a-0"] == 5_000
    assert "a-1" not in nba.refused


def test_of_what_was_accepted_the_oldest_makes_room() -> None:
    nba = Nba()
    for number in range(MAX_ACCEPTED + 1):
        accept(nba, f"a-{number}", 1_000 - number)
    assert len(nba.accepted) == MAX_ACCEPTED
    assert f"a-{MAX_ACCEPTED}" not in nba.accepted


def test_the_context_shows_the_last_decision() -> None:
    day = a_call()
    assert day.context.last_decision is not None
    assert day.context.last_decision.action_ids == ("a", "b", "c")
    assert day.context.last_decision.decision_id == decisions(day)[0].decision_id
    assert day.machine.material
