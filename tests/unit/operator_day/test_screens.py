"""The checks of agents' screens and of customers' dealings find each planted fault, and nothing where there is none."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from hub.composition import boxes
from operator_day.check_screenpops import SCREEN_KEYS, SCREEN_TIME, SCREENPOP
from operator_day.day import live
from operator_day.ledger import Ledger
from operator_day.observer import Observed
from operator_day.plan import DayPlan, recent_day
from operator_day.reconcile import reconcile
from operator_day.report import Report
from operator_day.script import Script
from operator_day.stories import care, contact, digital, product, screen
from schemas import load, records, wire
from tests.unit.operator_day.memory_stage import MemoryStage

PLAN = DayPlan(seed=7, customers=60, bursts=60, day_start=recent_day(1_800_000_000_000))
STORIES = (*contact.STORIES, *screen.STORIES, *care.STORIES, *product.STORIES, *digital.STORIES)

Lived = tuple[Ledger, Observed]
Change = Callable[[Any], Any]


@pytest.fixture(scope="module")
def lived() -> Lived:
    """A whole day of getting in touch on the hub in memory."""
    ledger = Ledger()
    stage = MemoryStage(ledger, boxes(load()))
    asyncio.run(live(PLAN, ledger, stage, script=Script(PLAN, ledger, STORIES)))
    return ledger, stage.observed


def with_screens(lived: Lived, change: Change, *, has_transactions: bool = True) -> Report:
    """Reconcile with other screens."""
    observed = replace_screens(lived[1], change(list(lived[1].by_topic[SCREENPOP])))
    return reconcile(lived[0], observed, has_transactions=has_transactions)


def replace_screens(observed: Observed, screens: Any) -> Observed:
    """Give what was observed with other screens; what is in it never changes."""
    by_topic = defaultdict(list, {**observed.by_topic, SCREENPOP: screens})
    return Observed(
        contexts=observed.contexts,
        day_contexts=observed.day_contexts,
        messages=observed.messages,
        suppressions=observed.suppressions,
        dead_letters=observed.dead_letters,
        by_topic=by_topic,
        outputs=observed.outputs,
    )


def first_screen(seen: list[Any], first: str) -> tuple[int, records.ScreenPop]:
    for index, each in enumerate(seen):
        pop = wire.decode(each.value)
        if isinstance(pop, records.ScreenPop) and pop.first == first:
            return index, pop
    raise KeyError(first)


def changing(first: str, /, **fields: Any) -> Change:
    """Change one screen of that kind."""

    def change(seen: list[Any]) -> list[Any]:
        index, pop = first_screen(seen, first)
        seen[index] = seen[index]._replace(value=wire.encode(replace(pop, **fields)))
        return seen

    return change


def test_a_day_of_getting_in_touch_is_right(lived: Lived) -> None:
    report = reconcile(*lived)
    assert report.findings == ()
    assert report.is_right
    assert report.line("screen-pop actions").seen > report.line("screen-pop ticket").seen > 3


def test_a_lost_screen_is_found(lived: Lived) -> None:
    assert sum(line.missing for line in with_screens(lived, lambda seen: seen[1:]).lines) == 1


def test_a_screen_twice_is_found_where_there_are_transactions(lived: Lived) -> None:
    def again(seen: list[Any]) -> list[Any]:
        return [*seen, seen[0]]

    assert sum(line.doubled for line in with_screens(lived, again).lines) == 1
    tolerant = with_screens(lived, again, has_transactions=False)
    assert tolerant.is_right
    assert sum(line.repeated for line in tolerant.lines) == 1


def test_a_screen_of_no_conversation_is_found(lived: Lived) -> None:
    def invent(seen: list[Any]) -> list[Any]:
        _, pop = first_screen(seen, "ticket")
        return [*seen, seen[0]._replace(value=wire.encode(replace(pop, interaction_id="of nobody")))]

    assert with_screens(lived, invent).line("screen-pop ticket").unexpected == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"channel": "email"},
        {"first": "nothing"},
        {"first_name": "Nobody"},
        {"language": "eo"},
        {"tariff": "Another"},
        {"balance_minor": -1},
        {"currency": "USD"},
        {"outage": records.OpenOutage("o", ("tv",), 1)},
        {"ticket": None},
        {"charge": records.Charge("c", "voice", 1, 1, 1)},
        {"contacts": (records.PastContact("i", "phone", None, "UNKNOWN", 1),)},
        {"is_repeat": True},
        {"gate": None},
        {"decision_id": "another"},
        {"actions": ()},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_each_wrong_field_of_a_screen_is_found(lived: Lived, wrong: dict[str, Any]) -> None:
    report = with_screens(lived, changing("ticket", **wrong))
    assert report.line("screen-pop ticket").missing == 1
    assert any(f"another {next(iter(wrong))} " in finding for finding in report.findings)


def test_a_screen_under_another_key_breaks_a_law(lived: Lived) -> None:
    report = with_screens(lived, lambda seen: [seen[0]._replace(key=b"another"), *seen[1:]])
    assert [law.name for law in report.laws if not law.is_right] == [SCREEN_KEYS]


@pytest.mark.parametrize("late", [-3_600_000, 3_600_000])
def test_a_screen_at_another_time_breaks_a_law(lived: Lived, late: int) -> None:
    _, pop = first_screen(lived[1].by_topic[SCREENPOP], "ticket")
    report = with_screens(lived, changing("ticket", decided_at=pop.decided_at + late))
    assert [law.name for law in report.laws if not law.is_right] == [SCREEN_TIME]


def test_a_story_that_contradicts_its_records_is_refused(lived: Lived) -> None:
    ledger = lived[0]
    place = next(iter(ledger.said))
    said = ledger.said[place]
    try:
        ledger.said[place] = {"first_name": "Nobody"}
        with pytest.raises(ValueError, match="says of a screen"):
            reconcile(*lived)
    finally:
        ledger.said[place] = said


@pytest.mark.parametrize("name", ["tariff", "products", "tickets", "contacts", "live_interaction", "intents"])
def test_a_context_that_says_nothing_of_dealings_is_found(lived: Lived, name: str) -> None:
    ledger, observed = lived
    contexts = dict(observed.day_contexts)
    for key, value in contexts.items():
        context = wire.decode(value)
        if getattr(context, name):
            nothing: Any = () if isinstance(getattr(context, name), tuple) else None
            contexts[key] = wire.encode(replace(context, **{name: nothing}))
            break
    changed = replace_screens(observed, observed.by_topic[SCREENPOP])
    changed.day_contexts = contexts
    assert reconcile(ledger, changed).line("facts").missing > 0
