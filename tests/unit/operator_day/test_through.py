"""When a slice is through, seen by committed offsets and records alone."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError

from operator_day import observer as observing
from operator_day import through
from operator_day.observer import Observer
from operator_day.through import Gate, StandsStill


class Admin:
    """Answers with the offsets it is given, one set per question; the last one stays."""

    def __init__(self, answers: Sequence[dict[tuple[str, int], int]]) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def find_coordinator(self, _: str) -> int:
        return 0

    async def list_consumer_group_offsets(self, _: str, **asked: Any) -> dict[TopicPartition, Any]:
        self.asked += 1
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        places = {(place.topic.removeprefix("p."), place.partition): place for place in asked["partitions"]}
        return {places[at]: SimpleNamespace(offset=offset) for at, offset in answer.items() if at in places}


class Watcher:
    """Shows the written offsets of the hub's own topics, one state per look; the last one stays."""

    def __init__(self, states: Sequence[dict[tuple[str, int], int]]) -> None:
        self._states = list(states)
        self.state: dict[tuple[str, int], int] = {}

    async def caught_up(self) -> None:
        self.state = self._states.pop(0) if len(self._states) > 1 else self._states[0]

    def written(self) -> dict[tuple[str, int], int]:
        return dict(self.state)


INPUT = ("usage.record.v1", 3)
TIMELINE = ("hub.timeline.v1", 1)


def gate(monkeypatch: pytest.MonkeyPatch, admin: Admin, limit_seconds: float = 30.0) -> Gate:
    monkeypatch.setattr(through, "AIOKafkaAdminClient", lambda **_: admin)
    monkeypatch.setattr(through, "_LOOK_AGAIN_SECONDS", 0)
    return Gate("b:1", "p.", "hub", limit_seconds=limit_seconds)


async def test_waits_for_what_upstream_wrote(monkeypatch: pytest.MonkeyPatch) -> None:
    admin = Admin([{INPUT: 2}, {INPUT: 4}, {INPUT: 5}])
    await gate(monkeypatch, admin).through({INPUT: 5}, Watcher([{}]))  # type: ignore[arg-type]  # all it needs
    assert admin.asked == 3


async def test_waits_for_what_the_hub_wrote_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    admin = Admin([{INPUT: 5, TIMELINE: 0}, {INPUT: 5, TIMELINE: 6}, {INPUT: 5, TIMELINE: 7}])
    await gate(monkeypatch, admin).through({INPUT: 5}, Watcher([{TIMELINE: 7}]))  # type: ignore[arg-type]
    assert admin.asked == 3


async def test_looks_again_when_the_hub_wrote_while_it_looked(monkeypatch: pytest.MonkeyPatch) -> None:
    admin = Admin([{INPUT: 5, TIMELINE: 9}])
    watcher = Watcher([{TIMELINE: 7}, {TIMELINE: 8}, {TIMELINE: 9}])
    await gate(monkeypatch, admin).through({INPUT: 5}, watcher)  # type: ignore[arg-type]
    assert watcher.state == {TIMELINE: 9}


async def test_a_hub_that_stands_still_is_named_by_what_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    stuck = gate(monkeypatch, Admin([{INPUT: 2}]), limit_seconds=0.0)
    with pytest.raises(StandsStill, match=r"partition 3 of p\.usage\.record\.v1 is committed up to 2 of 5"):
        await stuck.through({INPUT: 5}, Watcher([{}]))  # type: ignore[arg-type]


def _records(*offsets: int) -> list[Any]:
    return [SimpleNamespace(offset=offset) for offset in offsets]


def test_what_stands_behind_a_gap_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    sought: list[tuple[TopicPartition, int]] = []
    reader = SimpleNamespace(seek=lambda place, offset: sought.append((place, offset)))
    monkeypatch.setattr(observing, "AIOKafkaConsumer", lambda **_: reader)
    observer = Observer("b:1", "p.", is_gapless=True)
    place = TopicPartition("p.hub.timeline.v1", 0)
    before = observer._before_a_gap  # noqa: SLF001
    assert [record.offset for record in before(place, _records(0, 1, 2))] == [0, 1, 2]
    assert not sought
    assert [record.offset for record in before(place, _records(0, 1, 4, 5))] == [0, 1]
    assert sought == [(place, 2)]
    assert before(place, _records(4, 5)) == []
    assert sought[-1] == (place, 0)


class MovingAdmin(Admin):
    """Its coordinator is away, then is another one: the old one answers with nothing, as aiokafka makes of it."""

    def __init__(self) -> None:
        super().__init__([{INPUT: 5}])
        self.found: list[int] = []

    async def find_coordinator(self, _: str) -> int:
        if not self.found:
            self.found.append(-1)
            raise KafkaConnectionError
        self.found.append(len(self.found))
        return self.found[-1]

    async def list_consumer_group_offsets(self, _: str, **asked: Any) -> dict[TopicPartition, Any]:
        return await super().list_consumer_group_offsets(_, **asked) if len(self.found) > 2 else {}


async def test_rides_through_the_loss_of_the_coordinator(monkeypatch: pytest.MonkeyPatch) -> None:
    admin = MovingAdmin()
    await gate(monkeypatch, admin).through({INPUT: 5}, Watcher([{}]))  # type: ignore[arg-type]  # all it needs
    assert admin.found == [-1, 1, 2]
