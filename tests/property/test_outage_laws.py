"""Laws of outages: flapping says nothing twice, order changes no fact, and nobody hears of an end alone."""

from collections import Counter
from typing import Any
from unittest.mock import patch

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.control import view
from agents.control.life import Life
from schemas.records import (
    AlarmCleared,
    AlarmRaised,
    OutageDiscarded,
    OutageOpened,
    OutageResolved,
    OutageUpdated,
    WorksCancelled,
    WorksFinished,
    WorksPlanned,
    WorksRescheduled,
    WorksStarted,
)
from streams.core.keys import split_key
from tests.builders.network import NOON, OUTAGE, Network
from tests.builders.street import Street

HOLD = 180
PLACES = st.sampled_from([("city",), ("site-1",), ("site-2",), ("port-11",), ("port-12", "port-21"), ("other",)])
KINDS = st.sampled_from([("home_internet",), ("tv",), ("home_internet", "tv")])
PARENTS = st.sampled_from([None, None, "o-1", "o-2", "w-1"])
SEVERITIES = st.sampled_from(["major", "minor", "critical"])
ETAS = st.sampled_from([None, NOON, NOON + 4 * 3_600_000])
TROUBLES: st.SearchStrategy[Any] = st.one_of(
    st.tuples(
        st.just(OutageOpened),
        st.fixed_dictionaries({
            "affected_resources": PLACES, "service_kinds": KINDS, "severity": SEVERITIES, "parent_id": PARENTS,
            "eta": ETAS,
        }),
    ),
    st.tuples(
        st.just(OutageUpdated),
        st.fixed_dictionaries({
            "affected_resources": st.none() | PLACES, "is_incremental": st.booleans(), "eta": ETAS,
            "severity": st.sampled_from(["UNKNOWN", "critical"]), "cause_public": st.sampled_from([None, "x", "y"]),
        }),
    ),
    st.tuples(st.just(OutageResolved), st.just({})),
    st.tuples(st.just(OutageResolved), st.just({})),
    st.tuples(st.just(OutageDiscarded), st.just({})),
)  # fmt: skip
WORKS: st.SearchStrategy[Any] = st.one_of(
    st.tuples(st.just(WorksPlanned), st.fixed_dictionaries({"affected_resources": PLACES, "service_kinds": KINDS})),
    st.tuples(
        st.sampled_from([WorksRescheduled, WorksStarted, WorksFinished, WorksCancelled, OutageDiscarded]), st.just({})
    ),
)
NEWS = st.one_of(
    st.tuples(st.sampled_from(["o-1", "o-2", "o-3"]), TROUBLES).map(lambda each: (each[0], *each[1])),
    st.tuples(st.just("w-1"), WORKS).map(lambda each: (each[0], *each[1])),
)
OTHER: st.SearchStrategy[Any] = st.one_of(
    st.tuples(st.sampled_from(["port-11", "site-2"]), st.sampled_from([AlarmRaised, AlarmCleared]), st.just({})),
    st.tuples(st.just("port-11"), st.just(None), st.sampled_from([{"parent_id": "site-2"}, {"parent_id": "site-1"}])),
)
PAUSES = st.sampled_from([0, 1, 60, 179, 180, 600])
DAYS = st.lists(st.tuples(PAUSES, st.one_of(NEWS, NEWS, NEWS, OTHER)), max_size=14)


def say(network: Network, news: tuple[str, Any, dict[str, Any]]) -> None:
    name, kind, fields = news
    if kind is None:
        network.grows(name, **fields)
    elif kind in (AlarmRaised, AlarmCleared):
        network.alarms(kind, name, **fields)
    else:
        network.hears(kind, name, **fields)


def facts(network: Network) -> list[Any]:
    """Return all that control knows of outages but who speaks for whom, since when and how often."""
    known = []
    for key, value in sorted(network.store.items()):
        if split_key(key)[1].startswith("outage/"):
            life = msgspec.msgpack.decode(value, type=Life)
            life.root, life.revision = "", 0
            life.opened_on = life.notify_at = life.over_on = life.settles_at = life.heard_on = 0
            life.resources = dict(sorted(life.resources.items()))
            known.append(msgspec.to_builtins(life))
    return known


def broken(network: Network) -> set[tuple[str, str]]:
    """Return the leaves that some group says are open or planned."""
    return {(state, leaf) for state, leaves in network.standing.values() for leaf in leaves}


@given(st.lists(st.tuples(st.integers(1, 400), st.integers(1, 400)), min_size=1, max_size=10))
def test_flapping_is_one_beginning_and_one_end_at_most(flaps: list[tuple[int, int]]) -> None:
    street = Street()
    for broken_for, whole_for in flaps:
        street.network.hears(OutageOpened)
        street.after(broken_for)
        street.network.hears(OutageResolved)
        street.after(whole_for)
    street.after(10 * HOLD)
    said = Counter(street.home.purposes)
    assert said["outage.opened"] == said["outage.resolved"] <= 1
    if any(broken_for > HOLD for broken_for, _ in flaps):
        assert said["outage.opened"] == 1


def test_ten_flaps_within_the_settling_are_one_beginning_and_one_end() -> None:
    street = Street()
    for _ in range(10):
        street.network.hears(OutageOpened)
        street.after(60)
        street.network.hears(OutageResolved)
        street.after(60)
    assert street.after(HOLD).home.purposes == ["outage.opened", "outage.resolved"]
    assert street.home.phases == ["opened", "resolved"]


@settings(max_examples=150)
@given(st.lists(NEWS, min_size=2, max_size=8), st.randoms(use_true_random=False))
def test_any_order_of_arrival_ends_in_the_same_facts(news: list[tuple[str, Any, dict[str, Any]]], chance: Any) -> None:
    in_order, shuffled = Network(), Network()
    events = [
        (name, in_order.outage(kind, name, occurred_at=NOON + number, event_id=f"n-{number:02}", **fields))
        for number, (name, kind, fields) in enumerate(news)
    ]
    for name, event in events:
        in_order.put(OUTAGE, name, event)
    again = [*events, *events[:3]]
    chance.shuffle(again)
    for name, event in again:
        shuffled.put(OUTAGE, name, event)
    assert facts(shuffled) == facts(in_order)
    assert broken(shuffled) == broken(in_order)


@settings(max_examples=150)
@given(DAYS)
def test_nobody_is_told_twice_or_of_an_end_alone(day: list[tuple[int, Any]]) -> None:
    street = Street()
    for pause, news in day:
        street.after(pause)
        say(street.network, news)
        street.listen()
    street.after(10 * HOLD)
    told = Counter((each.purpose, each.parameters["outage_id"]) for each in street.home.requests)
    assert all(times == 1 for (purpose, _), times in told.items() if purpose.startswith(("outage.op", "outage.res")))
    assert len({each.message_id for each in street.home.requests}) == len(street.home.requests)
    depth = 0
    for purpose in street.home.purposes:
        depth += {"outage.opened": 1, "outage.resolved": -1, "outage.discarded": -1}.get(purpose, 0)
        assert depth >= 0, "an end was told of which there had been no beginning"


@settings(max_examples=100)
@given(DAYS)
def test_when_all_is_over_everybody_who_was_told_knows(day: list[tuple[int, Any]]) -> None:
    street = Street()
    for pause, news in day:
        street.after(pause)
        say(street.network, news)
        street.listen()
    for name in ("o-1", "o-2", "o-3"):
        street.after(1)
        street.network.hears(OutageResolved, name)
    street.network.hears(WorksFinished, "w-1")
    street.after(10 * HOLD)
    assert broken(street.network) == set()
    assert [each.state for each in street.home.network.impacts.values() if each.state != "over"] == []
    reopened = Counter(phase for phase in street.home.phases if phase == "opened")["opened"]
    ends = Counter(street.home.purposes)
    if reopened == len({each.outage_id for each in street.home.published if each.phase == "opened"}):
        assert ends["outage.opened"] == ends["outage.resolved"] + ends["outage.discarded"]


@settings(max_examples=60)
@given(DAYS)
def test_control_that_was_restored_says_the_same_next(day: list[tuple[int, Any]]) -> None:
    runs = []
    for is_restarted in (False, True):
        network = Network()
        for pause, news in day:
            network.after(pause)
            say(network, news)
            if is_restarted:
                network.restart()
        runs.append([msgspec.msgpack.encode(each) for each in network.changed])
    assert runs[0] == runs[1]


@given(st.lists(st.sampled_from(["port-11", "port-12", "site-1"]), min_size=1, max_size=4), KINDS)
def test_a_member_of_an_open_group_is_silent(places: list[str], kinds: tuple[str, ...]) -> None:
    network = Network()
    network.hears(OutageOpened, "root", service_kinds=("home_internet", "tv"))
    for number, place in enumerate(places):
        network.after(60).hears(OutageOpened, f"o-{number}", affected_resources=(place,), service_kinds=kinds)
    for number in range(len(places)):
        network.after(60).hears(OutageResolved, f"o-{number}")
    assert {each.outage_id for each in network.changed} == {"root"}
    assert network.hears(OutageResolved, "root")[0].state == "resolved"


@given(st.sets(st.integers(0, 30), min_size=1))
def test_pieces_together_are_the_leaves_and_none_is_too_long(numbers: set[int]) -> None:
    network = Network({f"line-{number:02}": "olt" for number in numbers})
    with patch.object(view, "PIECE", 4):
        said = network.hears(OutageOpened, affected_resources=("olt",))
    assert [each.piece for each in said] == list(range(said[0].pieces))
    assert [leaf for each in said for leaf in each.leaves] == sorted(f"line-{number:02}" for number in numbers)
    assert max(len(each.leaves) for each in said) <= 4
    assert len({each.revision for each in said}) == 1
