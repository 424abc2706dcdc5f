"""Asking where a task's sources begin and end."""

from typing import cast

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import UnknownTopicOrPartitionError

from streams.core.errors import RecoveryFailed
from streams.kafka.changelog import ChangelogReaders
from streams.kafka.names import Names
from streams.kafka.place import Place
from streams.settings import load as settings_of

PLACE = Place("resolve", 3, ("usage.record.v1", "billing.account.v1", "crm.customer.v1"), Names.of(settings_of()))
TOPICS = set(PLACE.sources)


class Client:
    """As much of aiokafka's as a reader of bounds needs: who is asked for together is known together."""

    def __init__(self, missing: str | None = None) -> None:
        self._missing, self._wanted = missing, set[str]()
        self.known = set[str]()
        self.updates = 0

    def add_topic(self, topic: str) -> None:
        self._wanted.add(topic)

    async def _wait_on_metadata(self, topic: str) -> None:
        if topic == self._missing:
            raise UnknownTopicOrPartitionError
        if topic not in self.known:
            self.updates += 1
            self.known |= self._wanted


class Fetcher:
    """Every partition goes from 5 to 9."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def beginning_offsets(self, partitions: list[TopicPartition], _: int) -> dict[TopicPartition, int]:
        return self._answer(partitions, 5)

    async def end_offsets(self, partitions: list[TopicPartition], _: int) -> dict[TopicPartition, int]:
        return self._answer(partitions, 9)

    def _answer(self, partitions: list[TopicPartition], offset: int) -> dict[TopicPartition, int]:
        assert {tp.topic for tp in partitions} <= self._client.known, "a sleep for each topic that is not known"
        return dict.fromkeys(partitions, offset)


class Reader:
    """An aiokafka consumer's parts that its question for bounds uses."""

    _request_timeout_ms = 1000

    def __init__(self, client: Client) -> None:
        self._client, self._fetcher = client, Fetcher(client)
        self.is_stopped = False

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        self.is_stopped = True


def readers_over(client: Client) -> tuple[ChangelogReaders, Reader]:
    reader = Reader(client)
    return ChangelogReaders(lambda: cast("AIOKafkaConsumer", reader)), reader


async def test_a_task_s_sources_are_made_known_at_once_before_their_bounds_are_asked() -> None:
    client = Client()
    readers, _ = readers_over(client)
    assert await readers.earliest(PLACE) == dict.fromkeys(TOPICS, 5)
    assert await readers.latest(PLACE) == dict.fromkeys(TOPICS, 9)
    assert client.updates == 1


async def test_a_source_that_nobody_knows_fails_the_recovery_and_lets_the_reader_go() -> None:
    readers, reader = readers_over(Client(missing="crm.customer.v1"))
    with pytest.raises(RecoveryFailed, match="bounds are not known"):
        await readers.earliest(PLACE)
    assert reader.is_stopped
