"""Publishes a benchmark's load: encoded steps in bulk, single events one by one, each on its key's partition."""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any, Self

from aiokafka import AIOKafkaProducer

from bench.conversations import Conversations, Message, Step
from operator_day.publisher import BATCH_BYTES
from streams.settings import Settings


class _Lane:
    """One partition: what waits while a batch is under way goes together into the next, as with any busy producer."""

    def __init__(self, producer: Any, topic: str, partition: int) -> None:  # noqa: ANN401 - aiokafka has no types
        self._producer, self._topic, self._partition = producer, topic, partition
        self._waiting: deque[Message] = deque()
        self._is_sending = asyncio.Lock()

    async def add(self, messages: Sequence[Message]) -> None:
        """Send messages behind those that wait, and return when they are acknowledged."""
        self._waiting.extend(messages)
        async with self._is_sending:  # whoever had it before may have sent them
            while self._waiting:
                batch = self._producer.create_batch()
                while self._waiting:
                    key, value = self._waiting[0]
                    if batch.append(timestamp=None, key=key, value=value) is None:
                        break
                    self._waiting.popleft()
                await (await self._producer.send_batch(batch, self._topic, partition=self._partition))


class Feed:
    """Two producers, open for as long as the `async with` block lasts.

    Args:
        settings: Of the installation.
        load: Who the people are, and where their keys are placed.

    Attributes:
        sent: How many events went out in steps.
    """

    def __init__(self, settings: Settings, load: Conversations) -> None:
        self._prefix, self._load = settings.topic_prefix, load
        self.sent = 0
        self._bulk: Any = AIOKafkaProducer(
            bootstrap_servers=settings.broker, acks="all", linger_ms=0, max_batch_size=BATCH_BYTES
        )
        self._desk: Any = AIOKafkaProducer(bootstrap_servers=settings.broker, acks="all", linger_ms=0)
        self._lanes: dict[tuple[str, int], _Lane] = {}
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for producer in (self._bulk, self._desk):
            await producer.start()
            self._open.push_async_callback(producer.stop)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    async def introduce(self) -> None:
        """Put the configuration in force and publish who the people are."""
        for topic, key, value in self._load.configuration():
            await self._desk.send_and_wait(self._prefix + topic, value, key=key)
        for step in self._load.eve():
            await self.publish(step)

    async def publish(self, step: Step) -> None:
        """Send a step and return when all of it is acknowledged.

        Raises:
            KafkaError: the broker does not take it.
        """
        await asyncio.gather(*(self._lane(place).add(messages) for place, messages in step.messages.items()))
        self.sent += sum(map(len, step.messages.values()))

    def _lane(self, place: tuple[str, int]) -> "_Lane":
        if place not in self._lanes:
            topic, partition = place
            self._lanes[place] = _Lane(self._bulk, self._prefix + topic, partition)
        return self._lanes[place]

    async def tell(self, topic: str, key: bytes, value: bytes) -> None:
        """Send one event and return when it is acknowledged."""
        place = self._load.place(key)
        await self._desk.send_and_wait(self._prefix + topic, value, key=key, partition=place)
