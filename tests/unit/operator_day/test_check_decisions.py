"""A decision, a trace or an outcome that is not as it had to be is found, and nothing where there is none."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from hub.composition import boxes
from operator_day.check_decisions import check_decisions
from operator_day.day import live
from operator_day.ledger import Ledger
from operator_day.observer import DECISION, SCORE_REQUEST, TRACE, Observed, Seen
from operator_day.plan import DayPlan, recent_day
from operator_day.script import Script
from operator_day.stories import nba, responses
from operator_day.tally import Tally
from schemas import load, records, wire
from tests.unit.operator_day.memory_stage import MemoryStage

Lived = tuple[Ledger, Observed]
STORIES = (*nba.STORIES, *responses.STORIES)


@pytest.fixture(scope="module")
def lived() -> Lived:
    """A day of stories about what is offered, on the hub in memory."""
    ledger = Ledger()
    plan = DayPlan(customers=len(STORIES), bursts=0, day_start=recent_day(1_800_000_000_000))
    stage = MemoryStage(ledger, boxes(load()))
    asyncio.run(live(plan, ledger, stage, script=Script(plan, ledger, STORIES)))
    return ledger, stage.observed


def judged(lived: Lived, change: Callable[[dict[str, list[Seen]]], None], *, has_transactions: bool = True) -> Tally:
    """Check the day with `change` made to what was seen."""
    ledger, original = lived
    observed = Observed(contexts=dict(original.contexts), outputs=Counter(original.outputs))
    for topic in (DECISION, TRACE):
        observed.kept(topic).extend(original.kept(topic))
    change(observed.by_topic)
    tally = Tally()
    check_decisions(ledger, observed, tally, has_transactions=has_transactions)
    return tally


def faults(tally: Tally) -> Counter[str]:
    found: Counter[str] = Counter()
    for line in tally.lines():
        found[line.kind] += line.missing + line.doubled + line.unexpected
    for law in tally.laws():
        found[law.name] += law.broken
    return +found


def first(seen: list[Seen], kind: type[msgspec.Struct], holds: Callable[[Any], bool] = lambda _: True) -> int:
    return next(
        i for i, each in enumerate(seen) if isinstance(record := wire.decode(each.value or b""), kind) and holds(record)
    )


def altered(
    topic: str, kind: type[msgspec.Struct], holds: Callable[[Any], bool] = lambda _: True, **fields: Any
) -> Any:
    """Give a change of some fields of the first record that is so."""

    def change(seen: dict[str, list[Seen]]) -> None:
        index = first(seen[topic], kind, holds)
        record = wire.decode(seen[topic][index].value or b"")
        made = {name: value(record) if callable(value) else value for name, value in fields.items()}
        seen[topic][index] = seen[topic][index]._replace(value=wire.encode(msgspec.structs.replace(record, **made)))

    return change


def sells(decided: records.Decided) -> bool:
    return any(action.rationale is not None for action in decided.actions)


def without_rationale(decided: records.Decided) -> tuple[records.RankedAction, ...]:
    return tuple(msgspec.structs.replace(action, rationale=None) for action in decided.actions)


def with_score(traced: records.Traced) -> tuple[records.Candidate, ...]:
    return tuple(msgspec.structs.replace(each, score=each.score + 1) for each in traced.candidates)


def test_nothing_is_found_where_nothing_is_wrong(lived: Lived) -> None:
    tally = judged(lived, lambda _: None)
    assert faults(tally) == {}
    assert {law.name for law in tally.laws() if not law.checked} == set()


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (altered(DECISION, records.Decided, gate="ticket"), "nothing is sold while a gate is closed"),
        (altered(DECISION, records.Decided, channel="ivr"), "decision channel"),
        (
            altered(DECISION, records.Decided, sells, actions=without_rationale),
            "rationale in the customer's own numbers",
        ),
        (altered(DECISION, records.Decided, sells, actions=lambda each: each.actions[:1]), "action offered"),
        (altered(DECISION, records.Decided, expires_at=0), "decisions come in the hour of their question"),
        (altered(DECISION, records.OutcomeAttributed, rank=9), "outcome "),
        (altered(DECISION, records.OutcomeAttributed, action_id="call-guard"), "outcome "),
        (altered(DECISION, records.OutcomeAttributed, decision_id="of-nothing"), "outcome "),
        (altered(TRACE, records.Traced, candidates=with_score), "candidate "),
        (altered(TRACE, records.Traced, candidates=lambda each: each.candidates[1:]), "candidate "),
        (altered(TRACE, records.Traced, scorer="external"), "a decision and its trace agree"),
        (altered(TRACE, records.Traced, offers="city@9"), "trace"),
        (altered(TRACE, records.Traced, decision_id="another"), "trace"),
    ],
)
def test_a_record_that_says_something_else_is_found(lived: Lived, change: Any, line: str) -> None:
    found = faults(judged(lived, change))
    assert any(kind.startswith(line) for kind in found), found


@pytest.mark.parametrize(
    ("topic", "kind"), [(DECISION, records.Decided), (DECISION, records.OutcomeAttributed), (TRACE, records.Traced)]
)
def test_a_lost_and_a_repeated_record_are_found(lived: Lived, topic: str, kind: type[msgspec.Struct]) -> None:
    def lose(seen: dict[str, list[Seen]]) -> None:
        del seen[topic][first(seen[topic], kind)]

    def repeat(seen: dict[str, list[Seen]]) -> None:
        seen[topic].append(seen[topic][first(seen[topic], kind)])

    assert faults(judged(lived, lose))
    assert faults(judged(lived, repeat)).total() == 1
    assert faults(judged(lived, repeat, has_transactions=False)) == {}


def test_a_context_that_shows_another_decision_is_found(lived: Lived) -> None:
    key, value = next((key, value) for key, value in lived[1].contexts.items() if _last_decision(value) is not None)
    context = wire.decode(value)
    assert isinstance(context, records.Context)
    stale = wire.encode(msgspec.structs.replace(context, last_decision=None))
    changed = Observed(contexts={**lived[1].contexts, key: stale}, by_topic=lived[1].by_topic)
    assert faults(judged((lived[0], changed), lambda _: None)) == {"last decision in the context": 1}


def _last_decision(value: bytes) -> records.LastDecision | None:
    context = wire.decode(value)
    return context.last_decision if isinstance(context, records.Context) else None


def test_a_question_to_a_scorer_is_found_where_there_is_none(lived: Lived) -> None:
    def ask(seen: dict[str, list[Seen]]) -> None:
        seen[SCORE_REQUEST].append(seen[TRACE][0])

    assert faults(judged(lived, ask)) == {"question to a scorer outside": 1}
