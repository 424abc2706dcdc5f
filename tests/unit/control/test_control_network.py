"""What control refuses of the network, what it writes, and what it knows after a restart."""

from collections.abc import Callable

import msgspec
import pytest

from agents.control import alarms, tree
from agents.control import network as network_control
from agents.control.life import MAX_RESOURCES
from schemas.records import AlarmRaised, OutageOpened, OutageResolved, OutageUpdated
from streams.core.keys import PARTITION, split_key
from tests.builders.network import ALARM, NOON, OUTAGE, TOPOLOGY, Network

MINUTE = 60_000


def parts(network: Network) -> list[str]:
    """Return what the last chunk wrote, without the owner."""
    found = [split_key(key) for key in network.written]
    assert {owner for owner, _ in found} <= {PARTITION}
    return [part for _, part in found]


@pytest.mark.parametrize("topic", [ALARM, OUTAGE, TOPOLOGY])
def test_a_record_without_key_or_of_rubbish_is_a_dead_letter(topic: str) -> None:
    network = Network()
    network.put(topic, None, b"x")
    network.put(topic, "k", b"rubbish")
    assert network.dead == ["no-key", "undecodable"]


@pytest.mark.parametrize("topic", [ALARM, OUTAGE])
def test_only_an_element_ends_without_a_value(topic: str) -> None:
    network = Network()
    network.put(topic, "k", None)
    assert network.dead == ["no-value"]


def test_the_key_must_be_the_id() -> None:
    network = Network()
    network.put(OUTAGE, "o-2", network.outage(OutageOpened, "o-1"))
    network.put(TOPOLOGY, "port-2", network.grown("port-1", None)[1])
    assert (network.dead, network.changed) == (["bad-identifier"] * 2, [])


def test_what_is_ahead_of_its_time_is_refused() -> None:
    network = Network()
    network.hears(OutageOpened, occurred_at=NOON + 5 * MINUTE + 1)
    network.hears(OutageOpened, occurred_at=NOON + 5 * MINUTE)
    assert (network.dead, len(network.changed)) == (["future"], 1)


def test_an_id_too_long_for_the_record_is_refused() -> None:
    network = Network()
    network.hears(OutageOpened, "o" * 129)
    network.hears(OutageOpened, affected_resources=("r" * 129,))
    network.grows("r" * 129, None)
    assert network.dead == ["rule-failed"] * 3


def test_a_cause_too_long_to_be_told_is_cut() -> None:
    (said,) = Network().hears(OutageOpened, cause_public="x" * 1000)
    assert said.cause_public == "x" * 200


@pytest.mark.parametrize(("resource_id", "parent_id"), [("city", "port-11"), ("city", "city"), ("site-1", "port-12")])
def test_an_element_below_itself_is_refused(resource_id: str, parent_id: str) -> None:
    network = Network()
    network.after(1).grows(resource_id, parent_id)
    assert network.dead == ["rule-failed"]


def test_a_tree_deeper_than_any_is_refused() -> None:
    network = Network({f"e-{number}": f"e-{number - 1}" for number in range(1, 70)})
    assert set(network.dead) == {"rule-failed"}


def test_an_older_place_of_an_element_changes_nothing() -> None:
    network = Network()
    network.after(60).grows("port-11", "site-2")
    network.grows("port-11", "site-1", occurred_at=NOON)
    assert parts(network) == []
    network.hears(OutageOpened)
    assert network.standing == {"o-1": ("open", {"port-12"})}


def test_the_bounds_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "MAX_ELEMENTS", 6)
    monkeypatch.setattr(network_control, "MAX_OUTAGES", 2)
    network = Network()
    network.grows("port-13", "site-1")
    network.hears(OutageOpened, affected_resources=tuple(f"r-{number}" for number in range(MAX_RESOURCES + 1)))
    for number in range(3):
        network.hears(OutageOpened, f"o-{number}", affected_resources=(f"port-2{number}",))
    assert network.dead == ["guard-full"] * 3
    network.after(1).hears(OutageResolved, "o-0")
    network.hears(OutageOpened, "o-9")
    assert network.dead == ["guard-full"] * 3
    assert "outage/o-0" in parts(network)


def test_the_oldest_alarms_are_forgotten_and_those_that_stand_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alarms, "MAX_ALARMS", 16)
    network = Network()
    network.alarms(AlarmRaised, "port-21", "a-first")
    for number in range(16):
        network.after(1).alarms(AlarmRaised, "port-11", f"a-{number:02}", severity="minor")
    kept = {part for _, part in map(split_key, dict(network.store.items())) if part.startswith("alarm/")}
    assert "alarm/a-first" in kept
    assert len(kept) == 15


def test_what_was_over_for_long_is_forgotten_and_its_number_still_grows() -> None:
    network = Network()
    network.hears(OutageOpened)
    (over,) = network.after(1).hears(OutageResolved)
    network.after(73 * 3600).hears(OutageOpened, "o-2")
    assert "outage/o-1" in parts(network)
    assert network.hears(OutageOpened)[0].revision > over.revision


def test_a_change_writes_its_own_keys_alone() -> None:
    network = Network()
    network.hears(OutageOpened)
    assert parts(network) == ["outage/o-1"]
    network.hears(OutageOpened, "o-2", affected_resources=("site-2",))
    assert parts(network) == ["outage/o-2"]
    network.grows("port-13", "site-1")
    assert parts(network) == ["outage/o-1", "tree/port-13"]
    network.alarms(AlarmRaised, "elsewhere")
    assert parts(network) == ["alarm/a-1"]


def test_after_a_restart_the_next_word_is_the_same() -> None:
    def play(*, restarts: bool) -> list[bytes]:
        network = Network()
        steps: list[Callable[[], object]] = [
            lambda: network.alarms(AlarmRaised, "port-21"),
            lambda: network.hears(OutageOpened),
            lambda: network.after(1).hears(OutageOpened, "o-2", affected_resources=("port-11",)),
            lambda: network.after(600).hears(OutageResolved),
            lambda: network.after(1).hears(OutageOpened, "o-3", affected_resources=("site-2",)),
            lambda: network.after(1).grows("port-14", "port-11"),
            lambda: network.after(1).hears(OutageUpdated, "o-2", eta=NOON),
            lambda: network.after(1).hears(OutageResolved, "o-2"),
            lambda: network.after(9).hears(OutageOpened),
        ]
        for step in steps:
            step()
            if restarts:
                network.restart()
        return [msgspec.msgpack.encode(each) for each in network.changed]

    assert play(restarts=True) == play(restarts=False)
