"""The network's part of the day is right with the hub's rules, and wrong with any one of them planted wrong."""

from collections.abc import Iterator
from functools import partial
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace

from agents.control import alarms, network
from agents.control.configuration import Configuration
from agents.control.groups import Groups
from agents.control.life import Life
from agents.control.tree import Tree
from agents.customer import walk
from agents.outage import model, notices, reach, rules
from agents.outage.impacts import Hit
from agents.outage.model import Outages
from agents.outage.policy import Policy
from operator_day.events import Event
from operator_day.stories import NETWORK
from tests.day.planted import Plant, a_day_of, returning
from tests.unit.operator_day.memory_stage import MemoryStage

BELOW = 30
"""People below the large node."""


class Shuffled(MemoryStage):
    """Works off a slice's topics one after the other, in any order."""

    def __init__(self, *stage: Any) -> None:
        super().__init__(*stage)
        self._order = Random("order")

    async def publish(self, events: list[Event]) -> None:
        topics = sorted({event.topic for event in events})
        self._order.shuffle(topics)
        for topic in topics:
            await super().publish([event for event in events if event.topic == topic])
            await self.through()


a_day = partial(a_day_of, NETWORK, others=BELOW)


@pytest.mark.parametrize(
    ("seed", "slice_seconds", "chunk"), [(1, 3_600, 500), (2, 3_600, 7), (3, 900, 500), (4, 3_600, 1)]
)
async def test_outages_are_right_with_the_hubs_own_rules(seed: int, slice_seconds: int, chunk: int) -> None:
    report = await a_day(seed, slice_seconds, chunk)
    assert report.findings == ()
    assert report.is_right
    assert report.line("impact opened").seen > BELOW
    for purpose in ("outage.opened", "outage.resolved", "outage.discarded", "outage.eta_changed"):
        assert report.line(f"message {purpose}").seen
    for purpose in ("works.planned", "works.moved", "works.cancelled"):
        assert report.line(f"message {purpose}").seen


@pytest.mark.parametrize("seed", [5, 6, 7])
async def test_outages_are_right_in_whatever_order_topics_are_read(seed: int) -> None:
    report = await a_day(seed, kind=Shuffled)
    assert report.findings == ()
    assert report.is_right


async def test_a_large_node_is_told_once_however_small_the_slices_of_its_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "SLICE", 2)
    report = await a_day()
    assert report.findings == ()
    assert report.is_right


def tells_every_revision(patch: pytest.MonkeyPatch) -> None:
    right_ask, right_open = notices.ask, reach._open  # noqa: SLF001  # what is planted

    def forgetful(customer: Any, outage_id: str, impact: Any, before: Any, moment: Any) -> Iterator[Any]:
        impact.asked.pop("opened", None)
        yield from right_open(customer, outage_id, impact, before, moment)

    patch.setattr(notices, "_ONCE", frozenset())
    patch.setattr(
        reach, "ask", lambda name, impact, phase, _, moment: right_ask(name, impact, phase, moment.now, moment)
    )
    patch.setattr(reach, "_open", forgetful)


def tells_everybody_the_end(patch: pytest.MonkeyPatch) -> None:
    right = reach._end  # noqa: SLF001  # what is planted

    def wrong(customer: Any, outage: Any, impact: Any, state: str, moment: Any) -> Iterator[Any]:
        impact.told.setdefault("opened", 0)
        yield from right(customer, outage, impact, state, moment)

    patch.setattr(reach, "_end", wrong)


def waits_for_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Groups, "_earliest", lambda _self, _root, _now, stamp, _policy: stamp)


def waits_for_everything(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Groups, "_earliest", lambda _self, root, _now, _stamp, _policy: root.notify_at)


def settles_at_once(patch: pytest.MonkeyPatch) -> None:
    right = network.NetworkControl.apply

    def wrong(self: Any, topic: str, record: Any, stamp: int, policy: Any) -> None:
        right(self, topic, record, stamp, replace(policy, settle_seconds=0))

    patch.setattr(network.NetworkControl, "apply", wrong)


def is_everywhere_it_ever_was(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(model, "SEEN_WITHIN_MILLIS", 1 << 60)
    patch.setattr(rules, "SEEN_WITHIN_MILLIS", 1 << 60)


def regards_no_service(patch: pytest.MonkeyPatch) -> None:
    def wrong(known: Any, outage: Any) -> Hit:
        return Hit(list(outage.service_kinds), sorted(outage.leaves & known.leaves()))

    patch.setattr(reach, "hit_by", wrong)


def adds_what_replaces(patch: pytest.MonkeyPatch) -> None:
    right = Life._name  # noqa: SLF001  # what is planted
    patch.setattr(Life, "_name", lambda self, at, resources, **_: right(self, at, resources, is_whole=False))


PLANTED: dict[str, Plant] = {
    "an outage is told with every revision": tells_every_revision,
    "the end is told to the untold": tells_everybody_the_end,
    "a failed message has told": returning(rules, "on_failed", ()),
    "a child is not silent": returning(Groups, "_root_for", None),
    "a dead channel is used": returning(Policy, "without", ()),
    "the policy is not in force": returning(Configuration, "in_force", None),
    "the hold-down is ignored": waits_for_nothing,
    "severe outages and alarms wait as well": waits_for_everything,
    "the end does not settle": settles_at_once,
    "no alarm confirms": returning(alarms, "_stands", value=False),
    "every alarm confirms": returning(alarms, "_stands", value=True),
    "what waits is not withdrawn": returning(reach, "take_back", ()),
    "every new estimate is told": returning(reach, "_has_shifted", value=True),
    "no new estimate is told": returning(reach, "_has_shifted", value=False),
    "a phone is everywhere it ever was": is_everywhere_it_ever_was,
    "services do not matter": regards_no_service,
    "who moves in is not told": returning(Outages, "at", ()),
    "who works again is not told": returning(reach, "is_left", value=False),
    "the same trouble is told twice": returning(reach, "told_of_the_same", None),
    "a list of elements only grows": adds_what_replaces,
    "what is removed stays in the tree": returning(Tree, "remove", frozenset()),
    "the tree moves nobody": returning(Groups, "under", []),
    "an element may hang below itself": returning(Tree, "would_loop", value=False),
    "keys do not matter": returning(network, "_check", None),
}


@pytest.mark.parametrize("plant", PLANTED.values(), ids=PLANTED.keys())
async def test_a_rule_of_outages_planted_wrong_is_found(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    report = await a_day()
    assert not report.is_right
