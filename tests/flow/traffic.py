"""Upstream and downstream of the flow tests: publishes numbered events, and checks what came of them."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from streams.kafka.cluster import Cluster
from streams.kafka.names import Names
from streams.settings import Settings
from tests.flow.counting import OUTPUT, SOURCES

KEYS_A_PARTITION = 5


class Traffic:
    """Publishes to both sources of the counting box and reads its outputs, read_committed where there is that."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.names = settings, Names.of(settings)
        self.keys = [(b"key-%d-%d" % (k, i), k) for k in range(settings.partitions) for i in range(KEYS_A_PARTITION)]
        self.rounds = 0
        self.outputs: Counter[bytes] = Counter()
        self.wrong: list[bytes] = []

    async def __aenter__(self) -> Self:
        self._stack = AsyncExitStack()
        broker = self.settings.broker
        self.producer = AIOKafkaProducer(
            bootstrap_servers=broker,
            acks="all",
            linger_ms=5,
            enable_idempotence=self.settings.transactions,  # what is sent again after a broker's restart is one event
        )
        self._reader = AIOKafkaConsumer(
            self.names.topic(OUTPUT),
            bootstrap_servers=broker,
            auto_offset_reset="earliest",
            isolation_level="read_committed" if self.settings.transactions else "read_uncommitted",
            fetch_max_wait_ms=50,
        )
        for client in (self.producer, self._reader):
            await client.start()
            self._stack.push_async_callback(client.stop)
        self.cluster = await self._stack.enter_async_context(Cluster(broker))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def publish(self, rounds: int, pause_seconds: float = 0.0) -> None:
        """Publish `rounds` more events of every key to both sources, numbered on, keys at explicit partitions."""
        for number in range(self.rounds, self.rounds + rounds):
            for topic in SOURCES:
                for key, partition in self.keys:
                    await self.producer.send(self.names.topic(topic), b"%d" % number, key=key, partition=partition)
            if pause_seconds:
                await asyncio.sleep(pause_seconds)
        await self.producer.flush()
        self.rounds += rounds

    def subscribe(self, topic: str) -> None:
        """Read the outputs of `topic` instead."""
        self._reader.subscribe([self.names.topic(topic)])

    @property
    def expected(self) -> set[bytes]:
        """Ids of the outputs that all events so far must have led to."""
        return {
            b"%s/%s/%d" % (key, topic.encode(), count)
            for topic in SOURCES
            for key, _ in self.keys
            for count in range(10, self.rounds + 1, 10)
        }

    async def settle(self, limit_seconds: float = 45.0) -> None:
        """Return when every expected output has been read, and what comes within a moment after it."""
        async with asyncio.timeout(limit_seconds):
            while not self.expected <= self.outputs.keys():
                await self.read(200)
        await self.read(300)

    async def read(self, wait_millis: int) -> None:
        """Count what has come."""
        for records in (await self._reader.getmany(timeout_ms=wait_millis)).values():
            for record in records:
                self.outputs[record.key] += 1
                if not record.value.endswith(b" 0"):
                    self.wrong.append(record.key)

    def check(self) -> None:
        """Nothing lost, nothing applied twice or out of order; nothing repeated where there are transactions."""
        assert set(self.outputs) == self.expected
        assert self.wrong == []
        if self.settings.transactions:
            assert self.outputs.most_common(1)[0][1] == 1, "an output was committed twice"

    async def committed(self, topics: tuple[str, ...] = SOURCES) -> dict[str, int | None]:
        """Return what the group has committed of a topic, summed over its partitions."""
        found: dict[str, int | None] = {}
        for topic in topics:
            name = self.names.topic(topic)
            partitions = [TopicPartition(name, k) for k in range(self.settings.partitions)]
            offsets = (await self.cluster.committed(self.names.group, partitions)).values()
            found[topic] = sum(offset or 0 for offset in offsets)
        return found
