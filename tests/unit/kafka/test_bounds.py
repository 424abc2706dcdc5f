"""Asking where the sources of tasks begin and end."""

import asyncio
from dataclasses import replace
from typing import cast

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import UnknownTopicOrPartitionError

from streams.core.errors import RecoveryFailed
from streams.kafka.bounds import Bounds
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
        self.updates = self.questions = 0

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
        self._client.questions += 1
        assert {tp.topic for tp in partitions} <= self._client.known, "a sleep for each topic that is not known"
        return dict.fromkeys(partitions, offset)


class Reader:
    """An aiokafka consumer's parts that its question for bounds uses."""

    _request_timeout_ms = 1000

    def __init__(self, client: Client, start: asyncio.Event | None = None) -> None:
        self._client, self._fetcher, self._start = client, Fetcher(client), start
        self.starts, self.is_stopped = 0, False

    async def start(self) -> None:
        self.starts += 1
        if self._start:
            await self._start.wait()

    async def stop(self) -> None:
        self.is_stopped = True


def bounds_over(reader: Reader) -> Bounds:
    return Bounds(lambda: cast("AIOKafkaConsumer", reader))


async def test_the_sources_of_all_tasks_are_made_known_at_once_and_asked_for_at_once() -> None:
    client = Client()
    reader = Reader(client)
    bounds = bounds_over(reader)
    places = [replace(PLACE, partition=k) for k in range(8)]
    found = await asyncio.gather(*map(bounds.earliest, places), *map(bounds.latest, places))
    assert found == [dict.fromkeys(TOPICS, 5)] * 8 + [dict.fromkeys(TOPICS, 9)] * 8
    assert (client.updates, client.questions, reader.starts) == (1, 2, 1)


async def test_a_source_that_nobody_knows_fails_the_recovery() -> None:
    bounds = bounds_over(Reader(Client(missing="crm.customer.v1")))
    with pytest.raises(RecoveryFailed, match="bounds are not known"):
        await bounds.earliest(PLACE)


async def test_a_connection_that_is_not_wanted_any_more_while_it_starts_is_let_go() -> None:
    reader = Reader(Client(), start=asyncio.Event())
    bounds = bounds_over(reader)
    asking = asyncio.create_task(bounds.earliest(PLACE))
    async with asyncio.timeout(5):
        while not reader.starts:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0)
    await bounds.close()
    assert reader.is_stopped
    with pytest.raises(asyncio.CancelledError):
        await asking
