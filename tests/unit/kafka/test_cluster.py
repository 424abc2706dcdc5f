"""What a cluster's administration makes of answers that are none."""

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError

from streams.kafka import cluster
from streams.kafka.cluster import Cluster

FIRST, SECOND = TopicPartition("t", 0), TopicPartition("t", 1)


class Admin:
    """Answers in turn; an exception is raised."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)

    async def list_consumer_group_offsets(self, _: str, partitions: Any) -> Any:
        assert partitions == [FIRST, SECOND]
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return {place: SimpleNamespace(offset=offset) for place, offset in answer.items()}


@pytest.mark.parametrize("no_answer", [{}, KafkaConnectionError()], ids=["empty", "error"])
async def test_committed_offsets_are_asked_for_until_a_coordinator_answers(
    no_answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "_POLL_SECONDS", 0)
    asked = Cluster("b:1")
    admin = asked._admin = Admin(no_answer, no_answer, {FIRST: 7, SECOND: -1})  # noqa: SLF001 - not connected
    assert await asked.committed("g", [FIRST, SECOND]) == {FIRST: 7, SECOND: None}
    assert admin.answers == []


async def test_a_coordinator_that_does_not_come_back_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_POLL_SECONDS", 0.001)
    monkeypatch.setattr(cluster, "_READY_SECONDS", 0.01)
    asked = Cluster("b:1")
    asked._admin = Admin(*[{}] * 1000)  # noqa: SLF001 - not connected
    with pytest.raises(TimeoutError):
        await asked.committed("g", [FIRST, SECOND])
