"""The desk reports what the stories say, in its hour, and nothing else."""

import msgspec
import pytest

from operator_day.decisions import DecisionKey, Response
from operator_day.desk import BACKGROUND, Desk
from operator_day.events import Event
from operator_day.facts import FactBook
from operator_day.ledger import Ledger
from operator_day.observer import DECISION, Seen
from operator_day.pen import FEEDBACK, Pen
from operator_day.zones import HOUR, MINUTE
from schemas import records, wire

NOON = 1_800_000_000_000 // HOUR * HOUR
KEY = DecisionKey("C1", "channel")
ACTION = records.RankedAction(
    rank=1, action_id="a", title="A", kind="sales", score=1, propensity_ppm=1, is_prior=False, rationale=None
)
DECIDED = records.Decided(
    decision_id="d1",
    request_id="r1",
    customer_id="C1",
    trigger="channel",
    channel="app",
    interaction_id=None,
    reason_code=None,
    gate=None,
    is_control_group=False,
    actions=(ACTION,),
    scorer="built_in",
    expires_at=NOON,
    decided_at=NOON,
    activation=1,
)


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(stories={"C1": "a story"})


@pytest.fixture
def desk(ledger: Ledger) -> Desk:
    return Desk(Pen("f", 1, ledger, FactBook(ledger), 0))


def seen(*decided: records.Decided) -> list[Seen]:
    return [Seen(DECISION, 0, offset, NOON, b"C1", wire.encode(each), ()) for offset, each in enumerate(decided)]


def reported(events: list[Event]) -> list[records.OutcomeReported]:
    decoded = [wire.decode(event.value or b"") for event in events]
    assert {event.topic for event in events} <= {FEEDBACK}
    return [each for each in decoded if isinstance(each, records.OutcomeReported)]


def test_a_response_is_reported_in_the_hour_after_the_decision(desk: Desk, ledger: Ledger) -> None:
    ledger.responses[KEY] = (Response("a", "impression"),)
    assert desk.answers(seen(DECIDED), NOON + 15 * MINUTE) == []
    (report,) = reported(desk.answers(seen(DECIDED), NOON + HOUR))
    assert (report.decision_id, report.action_id, report.outcome, report.channel) == ("d1", "a", "impression", "app")
    assert desk.answers(seen(DECIDED), NOON + 2 * HOUR) == []


def test_a_later_response_waits_for_its_hour(desk: Desk, ledger: Ledger) -> None:
    ledger.responses[KEY] = (Response("a", "impression"), Response("a", "accepted", hours=2))
    assert len(desk.answers(seen(DECIDED), NOON)) == 1
    assert desk.answers(seen(DECIDED), NOON + HOUR) == []
    assert [each.outcome for each in reported(desk.answers(seen(DECIDED), NOON + 2 * HOUR))] == ["accepted"]


def test_a_response_that_comes_three_times_has_ids_of_its_own_and_one_duplicate(desk: Desk, ledger: Ledger) -> None:
    ledger.responses[KEY] = (Response("a", "accepted", times=3),)
    events = desk.answers(seen(DECIDED), NOON)
    assert [event.fate.is_duplicate for event in events] == [False, False, False, True]
    assert len({each.event_id for each in reported(events)}) == 3
    assert events[-1].value == events[-2].value


def test_a_late_response_happened_two_hours_ago(desk: Desk, ledger: Ledger) -> None:
    ledger.responses[KEY] = (Response("a", "accepted", is_late=True),)
    (event,) = desk.answers(seen(DECIDED), NOON)
    assert reported([event])[0].occurred_at == event.timestamp - 2 * HOUR


def test_the_same_decision_once_more_is_reported_on_once(desk: Desk, ledger: Ledger) -> None:
    ledger.responses[KEY] = (Response("a", "impression"),)
    assert len(desk.answers(seen(DECIDED, DECIDED), NOON)) == 1


def test_of_a_story_that_says_nothing_nothing_is_reported(desk: Desk) -> None:
    assert desk.answers(seen(DECIDED), NOON) == []


def test_of_everybody_else_some_are_shown_and_few_answer(desk: Desk, ledger: Ledger) -> None:
    ledger.stories["C1"] = BACKGROUND
    many = [msgspec.structs.replace(DECIDED, decision_id=f"d{number}") for number in range(400)]
    reports = reported(desk.answers(seen(*many), NOON))
    shares = {name: sum(each.outcome == name for each in reports) for name in ("impression", "accepted", "rejected")}
    assert 180 < shares["impression"] < 300
    assert 20 < shares["accepted"] < 70
    assert 20 < shares["rejected"] < 70
