"""The network's part of the day: a tree, everybody at a leaf of it, and one node above everybody of the background."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import pytest
from msgspec import Struct

from operator_day.blackout import BREAKS_AT, ENDS_AT, LARGE_OUTAGE
from operator_day.events import Coordinates, Event
from operator_day.ledger import Ledger
from operator_day.network import LARGE
from operator_day.pen import ALARM, ATTACHMENT, OUTAGE, TOPOLOGY
from operator_day.plan import DayPlan, recent_day
from operator_day.script import Script, parts_for
from operator_day.stories import NETWORK
from schemas import records, wire

DAY_START = recent_day(1_800_000_000_000)
PLAN = DayPlan(seed=3, customers=len(NETWORK) + 150, bursts=20, day_start=DAY_START)


def decoded(event: Event) -> Struct:
    headers = dict(event.headers)
    if "ce_type" in headers:
        return wire.from_json(headers["ce_type"].decode(), event.value or b"")
    return wire.decode(event.value or b"")


def of(events: Sequence[Event], topic: str) -> list[Any]:
    return [decoded(event) for event in events if event.topic == topic and event.fate.reason is None and event.value]


@pytest.fixture(scope="module")
def day() -> tuple[list[list[Event]], Ledger]:
    ledger = Ledger()
    script = Script(PLAN, ledger, NETWORK)
    return [script.events(hour) for hour in range(-1, PLAN.hours)], ledger


@pytest.fixture(scope="module")
def parents(day: tuple[list[list[Event]], Ledger]) -> dict[str, str | None]:
    return {element.resource_id: element.parent_id for element in of(day[0][0], TOPOLOGY)}


def lineage(parents: dict[str, str | None], element: str) -> list[str]:
    found = [element]
    while (above := parents.get(found[-1])) is not None:
        assert above not in found
        found.append(above)
    return found


def test_the_tree_has_no_cycle_and_every_parent_is_in_it(parents: dict[str, str | None]) -> None:
    for element in parents:
        assert lineage(parents, element)[-1] in parents


def test_everybody_is_attached_on_the_eve(day: tuple[list[list[Event]], Ledger]) -> None:
    attached = {event.fate.customer for event in day[0][0] if event.topic == ATTACHMENT}
    assert attached == day[1].stories.keys()


def test_who_plays_in_no_story_is_below_the_large_node_and_nobody_else_is(
    day: tuple[list[list[Event]], Ledger], parents: dict[str, str | None]
) -> None:
    below = set()
    for event in (event for event in day[0][0] if event.topic == ATTACHMENT):
        record = decoded(event)
        assert isinstance(record, records.AttachmentUpserted)
        if any(LARGE in lineage(parents, point.resource_id) for point in record.points):
            below.add(event.fate.customer)
    assert below == {customer for customer, story in day[1].stories.items() if story == "background"}


def test_nothing_moves_in_or_out_of_the_large_node(
    day: tuple[list[list[Event]], Ledger], parents: dict[str, str | None]
) -> None:
    for events in day[0][1:]:
        for record in of(events, ATTACHMENT):
            assert not any(LARGE in lineage(parents, point.resource_id) for point in record.points)


def test_a_demo_has_twenty_thousand_below_the_large_node() -> None:
    customers = DayPlan().customers
    assert customers - len(parts_for(customers)) >= 20_000


def test_everybody_below_it_is_to_be_told_twice_or_to_be_known_as_unreachable(
    day: tuple[list[list[Event]], Ledger],
) -> None:
    due: defaultdict[str, list[str]] = defaultdict(list)
    for key in day[1].messages:
        if key.cause == LARGE_OUTAGE:
            due[key.customer].append(f"{key.kind} {key.purpose}")
    assert set(due) == {customer for customer, story in day[1].stories.items() if story == "background"}
    twice = ["requested outage.opened", "requested outage.resolved"]
    assert all(sorted(each) == twice for each in due.values())


def test_the_large_nodes_parts_and_alarms_are_many(day: tuple[list[list[Event]], Ledger]) -> None:
    opened = [each for each in of(day[0][BREAKS_AT + 1], OUTAGE) if each.outage_id.startswith(LARGE_OUTAGE)]
    assert len(opened) > 1
    assert [each.outage_id for each in of(day[0][ENDS_AT + 1], OUTAGE) if each.outage_id == LARGE_OUTAGE]
    assert of(day[0][BREAKS_AT + 1], ALARM)


def test_every_type_of_the_networks_records_is_sent(day: tuple[list[list[Event]], Ledger]) -> None:
    events = [event for hour in day[0] for event in hour]
    sent = {type(each) for topic in (TOPOLOGY, ATTACHMENT, OUTAGE, ALARM) for each in of(events, topic)}
    assert sent == {
        records.ResourceUpserted, records.AttachmentUpserted, records.AlarmRaised, records.AlarmChanged,
        records.AlarmCleared, records.OutageOpened, records.OutageUpdated, records.OutageResolved,
        records.OutageDiscarded, records.WorksPlanned, records.WorksRescheduled, records.WorksStarted,
        records.WorksFinished, records.WorksCancelled,
    }  # fmt: skip


def test_the_ledger_accounts_for_the_networks_events(day: tuple[list[list[Event]], Ledger]) -> None:
    ledger = Ledger()
    events = [event for hour in day[0] for event in hour]
    for offset, event in enumerate(events):
        ledger.take(event, Coordinates(event.topic, 0, offset))
    assert ledger.events() == len(events)
