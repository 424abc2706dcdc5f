"""Publishes a benchmark's load: encoded steps in bulk, single events one by one, each on its key's partition."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any, Self

from aiokafka import AIOKafkaProducer

from bench.conversations import Conversations, Step
from hub.refusal import CommandRefused
from operator_day.publisher import BATCH_BYTES
from streams.settings import Settings


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
            CommandRefused: it is too large for one batch a partition.
        """
        pending = []
        for (topic, partition), messages in step.messages.items():
            batch = self._bulk.create_batch()
            for key, value in messages:
                if batch.append(timestamp=None, key=key, value=value) is None:
                    raise CommandRefused("a step of the load does not fit into a batch")
            pending.append(await self._bulk.send_batch(batch, self._prefix + topic, partition=partition))
            self.sent += len(messages)
        await asyncio.gather(*pending)

    async def tell(self, topic: str, key: bytes, value: bytes) -> None:
        """Send one event and return when it is acknowledged."""
        place = self._load.place(key)
        await self._desk.send_and_wait(self._prefix + topic, value, key=key, partition=place)
