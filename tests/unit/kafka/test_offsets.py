"""Committed offsets while the group's coordinator moves."""

# ruff: noqa: SLF001 - it connects to nobody here

from collections.abc import Mapping
from types import SimpleNamespace

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import CoordinatorNotAvailableError, KafkaError, NotCoordinatorError

from streams.kafka import cluster
from streams.kafka.cluster import Cluster

READ, NEW = TopicPartition("in", 0), TopicPartition("in", 1)


class Admin:
    """A cluster whose coordinator answers at last."""

    def __init__(self, *moves: KafkaError) -> None:
        self._moves = list(moves)

    async def list_consumer_group_offsets(self, _group: str, *, partitions: object) -> Mapping[object, object]:
        assert partitions == [READ, NEW]
        if self._moves:
            raise self._moves.pop(0)
        return {READ: SimpleNamespace(offset=7), NEW: SimpleNamespace(offset=-1)}


def a_cluster(*moves: KafkaError) -> Cluster:
    found = Cluster("nobody:1")
    found._admin = Admin(*moves)
    return found


async def test_offsets_are_asked_for_again_while_the_coordinator_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_POLL_SECONDS", 0)
    moving = a_cluster(NotCoordinatorError(), CoordinatorNotAvailableError())
    assert await moving.committed("group", [READ, NEW]) == {READ: 7, NEW: None}


async def test_a_coordinator_that_does_not_come_back_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_POLL_SECONDS", 0.001)
    monkeypatch.setattr(cluster, "_READY_SECONDS", 0.01)
    with pytest.raises(TimeoutError):
        await a_cluster(*[NotCoordinatorError()] * 1000).committed("group", [READ, NEW])
