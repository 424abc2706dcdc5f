"""Control and outages: root problems alone are told, when they have stood long enough, to every timeline."""

from typing import Any

import pytest

from schemas.records import (
    AlarmChanged,
    AlarmCleared,
    AlarmRaised,
    OutageDiscarded,
    OutageOpened,
    OutagePolicy,
    OutageResolved,
    OutageUpdated,
    WorksCancelled,
    WorksFinished,
    WorksPlanned,
    WorksRescheduled,
    WorksStarted,
)
from tests.builders.network import HOLD, NOON, SECOND, Network

SITE_1, SITE_2 = {"port-11", "port-12"}, {"port-21"}


def test_an_outage_is_told_with_its_leaves_once_it_has_stood_for_the_hold_down() -> None:
    network = Network()
    (said,) = network.hears(OutageOpened, eta=NOON + 1, cause_public="a cut cable")
    assert (said.outage_id, said.state, set(said.leaves)) == ("o-1", "open", SITE_1)
    assert (said.notify_at, said.started_at, said.ended_at) == (NOON + HOLD, NOON, None)
    assert (said.severity, said.eta, said.cause_public) == ("major", NOON + 1, "a cut cable")
    assert (said.service_kinds, said.cause_source) == (("home_internet",), "/noc")


def test_a_severe_outage_is_told_at_once() -> None:
    network = Network()
    assert network.hears(OutageOpened, severity="critical")[0].notify_at == NOON


def test_an_outage_that_turns_severe_is_told_at_once() -> None:
    network = Network()
    network.hears(OutageOpened)
    (said,) = network.after(60).hears(OutageUpdated, severity="critical")
    assert said.notify_at == NOON + 60 * SECOND


def test_the_policy_in_force_decides() -> None:
    policy = OutagePolicy("p", 1, 60, ("major",), 30, 0, 60, ())
    network = Network().follows(policy)
    assert network.hears(OutageOpened)[0].notify_at == NOON
    assert (
        network.hears(OutageOpened, "o-2", severity="critical", affected_resources=("site-2",))[0].notify_at
        == NOON + 60 * SECOND
    )
    assert network.after(1).hears(OutageResolved)[0].notify_at == NOON + 31 * SECOND


def test_a_long_list_of_leaves_comes_in_pieces() -> None:
    network = Network({f"line-{number:05}": "olt" for number in range(5001)})
    first, second = network.hears(OutageOpened, affected_resources=("olt",))
    assert (first.piece, first.pieces, len(first.leaves)) == (0, 2, 5000)
    assert (second.piece, second.pieces, len(second.leaves)) == (1, 2, 1)
    assert first.revision == second.revision


def test_an_unknown_element_is_itself_a_leaf() -> None:
    assert Network().hears(OutageOpened, affected_resources=("elsewhere",))[0].leaves == ("elsewhere",)


def test_an_end_is_told_once_it_has_settled() -> None:
    network = Network()
    network.hears(OutageOpened)
    (said,) = network.after(600).hears(OutageResolved, resolved_at=NOON + 5)
    assert (said.state, said.leaves, said.ended_at) == ("resolved", (), NOON + 5)
    assert said.notify_at == NOON + 600 * SECOND + HOLD


def test_an_end_within_the_hold_down_needs_no_settling() -> None:
    network = Network()
    network.hears(OutageOpened)
    (said,) = network.after(60).hears(OutageResolved)
    assert (said.state, said.notify_at) == ("resolved", NOON + 60 * SECOND)


def test_what_opens_again_while_its_end_settles_keeps_its_first_hold_down() -> None:
    network = Network()
    network.hears(OutageOpened)
    network.after(60).hears(OutageResolved)
    (said,) = network.after(60).hears(OutageOpened)
    assert (said.state, said.notify_at) == ("open", NOON + HOLD)
    network.after(100).hears(OutageResolved)
    (said,) = network.after(100).hears(OutageOpened)
    assert said.notify_at == network.now


def test_what_opens_again_long_after_waits_anew() -> None:
    network = Network()
    network.hears(OutageOpened)
    network.after(600).hears(OutageResolved)
    (said,) = network.after(600).hears(OutageOpened)
    assert said.notify_at == network.now + HOLD


def test_a_second_word_on_an_end_does_not_end_its_settling() -> None:
    network = Network()
    network.hears(OutageOpened)
    network.after(600).hears(OutageResolved)
    (said,) = network.after(60).hears(OutageResolved)
    assert said.notify_at == NOON + 600 * SECOND + HOLD


def test_a_discarded_outage_is_corrected_at_once() -> None:
    network = Network()
    network.hears(OutageOpened)
    (said,) = network.after(600).hears(OutageDiscarded)
    assert (said.state, said.leaves, said.notify_at) == ("discarded", (), network.now)


def test_older_and_repeated_events_say_and_write_nothing() -> None:
    network = Network()
    opened = network.outage(OutageOpened)
    network.put("network.outage.v1", "o-1", opened)
    network.after(60).hears(OutageResolved)
    assert network.put("network.outage.v1", "o-1", opened) == []
    assert network.written == []


def test_an_end_that_is_heard_of_before_its_beginning_stays_the_end() -> None:
    network = Network()
    assert network.hears(OutageResolved, occurred_at=NOON + 5) == []
    assert network.hears(OutageOpened) == []
    assert network.standing == {}


def test_an_estimate_moves_with_a_new_revision_and_not_before_the_opening_is_told() -> None:
    network = Network()
    network.hears(OutageOpened)
    (said,) = network.after(60).hears(OutageUpdated, eta=NOON + 7)
    assert (said.eta, said.notify_at) == (NOON + 7, NOON + HOLD)
    (said,) = network.after(600).hears(OutageUpdated, eta=NOON + 9, cause_public="x")
    assert (said.eta, said.cause_public, said.notify_at) == (NOON + 9, "x", network.now)


@pytest.mark.parametrize(("is_incremental", "leaves"), [(True, SITE_1 | SITE_2), (False, SITE_2)])
def test_an_update_adds_to_the_leaves_or_replaces_them(is_incremental: bool, leaves: set[str]) -> None:  # noqa: FBT001
    network = Network()
    network.hears(OutageOpened)
    network.after(1).hears(OutageUpdated, affected_resources=("site-2",), is_incremental=is_incremental)
    assert network.standing == {"o-1": ("open", leaves)}


def test_leaves_that_come_back_while_it_is_open_settle_first() -> None:
    network = Network()
    network.hears(OutageOpened, affected_resources=("city",))
    (said,) = network.after(600).hears(OutageUpdated, affected_resources=("site-2",))
    assert (set(said.leaves), said.notify_at) == (SITE_2, network.now + HOLD)


def test_the_tree_that_grows_under_an_open_outage_makes_a_revision_and_elsewhere_none() -> None:
    network = Network()
    network.hears(OutageOpened)
    (said,) = network.grows("port-13", "site-1")
    assert set(said.leaves) == {*SITE_1, "port-13"}
    assert network.grows("port-22", "site-2") == []
    assert set(network.grows("port-13", "site-2")[0].leaves) == SITE_1


def test_an_element_that_is_removed_is_no_leaf_any_more() -> None:
    network = Network()
    network.hears(OutageOpened)
    (said,) = network.put("network.topology.v1", "port-12", None)
    assert set(said.leaves) == {"port-11"}
    assert network.put("network.topology.v1", "port-12", None) == []


def test_a_chunk_of_the_tree_makes_one_revision() -> None:
    network = Network()
    network.hears(OutageOpened)
    events = [network.grown(f"port-3{number}", "site-1") for number in range(5)]
    assert len(network.chunk("network.topology.v1", events)) == 1


# alarms


@pytest.mark.parametrize("element", ["site-1", "port-12"])
def test_an_alarm_at_or_below_confirms_at_once(element: str) -> None:
    network = Network()
    network.hears(OutageOpened)
    (said,) = network.after(60).alarms(AlarmRaised, element)
    assert (said.outage_id, said.notify_at) == ("o-1", NOON + 60 * SECOND)
    assert network.after(1).alarms(AlarmRaised, element, "a-2") == []


def test_an_alarm_that_stands_confirms_what_opens_after_it() -> None:
    network = Network()
    network.alarms(AlarmRaised, "port-11")
    assert network.after(60).hears(OutageOpened)[0].notify_at == network.now


@pytest.mark.parametrize(
    "fields", [{"severity": "minor"}, {"is_service_affecting": False}, {"is_planned": True}, {"resource_id": "site-2"}]
)
def test_an_alarm_that_customers_do_not_feel_confirms_nothing(fields: dict[str, Any]) -> None:
    network = Network()
    network.hears(OutageOpened)
    assert network.alarms(AlarmRaised, **{"resource_id": "site-1", **fields}) == []


def test_a_cleared_alarm_confirms_nothing_even_when_raised_late() -> None:
    network = Network()
    network.alarms(AlarmCleared, "site-1", occurred_at=NOON + 5)
    network.alarms(AlarmRaised, "site-1")
    assert network.hears(OutageOpened)[0].notify_at == NOON + HOLD


def test_an_alarm_that_grows_confirms() -> None:
    network = Network()
    network.hears(OutageOpened)
    network.alarms(AlarmRaised, "site-1", severity="minor")
    assert network.after(9).alarms(AlarmChanged, "site-1")[0].notify_at == network.now


# groups


def test_a_child_of_an_open_outage_is_silent() -> None:
    network = Network()
    network.hears(OutageOpened)
    assert network.after(1).hears(OutageOpened, "o-2", affected_resources=("port-11",), parent_id="o-1") == []


def test_an_outage_whose_leaves_and_services_lie_within_another_is_silent() -> None:
    network = Network()
    network.hears(OutageOpened, service_kinds=("home_internet", "tv"))
    assert network.after(1).hears(OutageOpened, "o-2", affected_resources=("port-11",)) == []
    assert network.hears(OutageOpened, "o-3", affected_resources=("port-11",), service_kinds=("mobile_data",))


def test_a_child_outside_its_parent_s_leaves_widens_the_group() -> None:
    network = Network()
    network.hears(OutageOpened)
    (said,) = network.after(1).hears(OutageOpened, "o-2", affected_resources=("site-2",), parent_id="o-1")
    assert (said.outage_id, set(said.leaves)) == ("o-1", SITE_1 | SITE_2)


def test_a_parent_that_comes_after_its_child_takes_over_what_nobody_was_told_of() -> None:
    network = Network()
    network.hears(OutageOpened, "child", affected_resources=("port-11",))
    parent, child = network.after(60).hears(OutageOpened, "parent")
    assert (parent.outage_id, parent.state, child.outage_id, child.state) == ("parent", "open", "child", "discarded")
    assert parent.notify_at == network.now + HOLD


def test_a_child_that_was_announced_before_its_parent_came_stays_its_own_root() -> None:
    network = Network()
    network.hears(OutageOpened, "child", affected_resources=("port-11",))
    network.after(600).hears(OutageOpened, "parent")
    assert network.standing == {"child": ("open", {"port-11"}), "parent": ("open", SITE_1)}


def test_two_outages_of_the_same_leaves_have_the_older_one_for_root() -> None:
    network = Network()
    network.hears(OutageOpened, "b", started_at=NOON)
    network.after(1).hears(OutageOpened, "a", started_at=NOON - 5)
    assert network.standing == {"a": ("open", SITE_1)}


def test_a_parent_that_ends_leaves_the_group_to_its_children_until_the_last_is_over() -> None:
    network = Network()
    network.hears(OutageOpened)
    network.hears(OutageOpened, "o-2", affected_resources=("port-11",), parent_id="o-1")
    (said,) = network.after(600).hears(OutageResolved)
    assert (said.outage_id, said.state, set(said.leaves)) == ("o-1", "open", {"port-11"})
    assert said.notify_at == network.now + HOLD
    (said,) = network.after(600).hears(OutageResolved, "o-2", resolved_at=NOON + 7)
    assert (said.outage_id, said.state, said.ended_at) == ("o-1", "resolved", NOON + 600 * SECOND)


def test_parents_that_name_each_other_are_one_group() -> None:
    network = Network()
    network.hears(OutageOpened, "a", parent_id="b")
    network.hears(OutageOpened, "b", parent_id="a", affected_resources=("site-2",))
    assert len(network.standing) == 1


# works


def test_works_go_through_their_life() -> None:
    network = Network()
    begin, end = NOON + 3600 * SECOND, NOON + 7200 * SECOND
    (said,) = network.hears(WorksPlanned)
    assert (said.state, said.notify_at, said.started_at, said.ended_at) == ("planned", NOON, begin, end)
    (said,) = network.after(1).hears(WorksRescheduled, starts_at=begin + 5, ends_at=end + 5)
    assert (said.state, said.notify_at, said.started_at, said.ended_at) == ("planned", network.now, begin + 5, end + 5)
    (said,) = network.after(4000).hears(WorksStarted)
    assert (said.state, said.notify_at, said.started_at, said.ended_at) == ("open", network.now, network.now, end + 5)
    (said,) = network.after(60).hears(WorksFinished)
    assert (said.state, said.notify_at, said.ended_at, said.leaves) == ("resolved", network.now, network.now, ())


def test_cancelled_works_are_told_at_once() -> None:
    network = Network()
    network.hears(WorksPlanned)
    (said,) = network.after(1).hears(WorksCancelled)
    assert (said.state, said.leaves, said.notify_at) == ("cancelled", (), network.now)


def test_an_outage_that_is_part_of_works_is_silent_until_they_are_over_without_it() -> None:
    network = Network()
    network.hears(WorksPlanned, "w-1")
    network.after(3600).hears(WorksStarted, "w-1")
    assert network.hears(OutageOpened, parent_id="w-1", affected_resources=("port-11",)) == []
    said, works = network.after(60).hears(WorksFinished, "w-1")
    assert (said.outage_id, said.state, said.notify_at) == ("o-1", "open", network.now + HOLD)
    assert (works.outage_id, works.state) == ("w-1", "resolved")


def test_an_outage_during_works_that_does_not_name_them_is_told() -> None:
    network = Network()
    network.hears(WorksPlanned, "w-1")
    network.after(3600).hears(WorksStarted, "w-1")
    assert network.hears(OutageOpened, affected_resources=("port-11",))[0].state == "open"
