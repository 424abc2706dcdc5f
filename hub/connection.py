"""A command's own way to the cluster: writes and reads by logical topic names, outside any group."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Self

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from hub.refusal import CommandRefused
from streams.core.records import Output
from streams.kafka import header_names
from streams.kafka.cluster import Cluster, reach
from streams.kafka.names import Names
from streams.settings import Settings

_STALL_SECONDS: Final = 20.0
"""A partition that gives nothing for so long, not even its end, is not going to."""
_POLL_MILLIS: Final = 100
"""Short, since the embedded broker sleeps a long poll out."""
_LARGEST_REQUEST: Final = 2 * 1_048_576
"""The broker says what is too large: what it took once, by its default of 1 MiB, fits with a header more."""

Header = tuple[str, bytes]


class Writer:
    """Appends records; each is acknowledged by all replicas before the call returns."""

    def __init__(self, settings: Settings) -> None:
        self._names = Names.of(settings)
        self._producer: Any = AIOKafkaProducer(
            bootstrap_servers=settings.broker, acks="all", max_request_size=_LARGEST_REQUEST
        )

    async def __aenter__(self) -> Self:
        await self._producer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._producer.stop()

    async def write(self, topic: str, key: bytes, value: bytes, headers: Sequence[Header]) -> tuple[int, int]:
        """Append to the partition that murmur2 gives `key`; return partition and offset."""
        sent = await self._producer.send_and_wait(self._names.topic(topic), value, key=key, headers=list(headers))
        return sent.partition, sent.offset

    async def put_back(self, record: Output) -> None:
        """Append to the record's own partition; one that has no timestamp is stamped now."""
        await self._producer.send_and_wait(
            self._names.topic(record.topic), record.value, key=record.key, partition=record.partition,
            headers=list(record.headers), timestamp_ms=record.timestamp,
        )  # fmt: skip


class Reader:
    """Reads what is committed, from wherever it is told to; `partitions` are those of every topic on the cluster."""

    def __init__(self, settings: Settings, partitions: Mapping[str, int]) -> None:
        self._names, self._is_transactional = Names.of(settings), settings.transactions
        self._partitions = partitions
        header_names.tolerate()
        self._consumer: Any = AIOKafkaConsumer(
            bootstrap_servers=settings.broker,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed" if settings.transactions else "read_uncommitted",
            fetch_max_wait_ms=_POLL_MILLIS,
        )

    async def __aenter__(self) -> Self:
        await self._consumer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    def partitions(self, topic: str) -> int:
        """Count the partitions of `topic`.

        Raises:
            CommandRefused: the topic is not on the cluster.
        """
        name = self._names.topic(topic)
        if name not in self._partitions:
            raise CommandRefused(f"topic {name} is not on the cluster; `hub topics apply` creates it.")
        return self._partitions[name]

    async def assign(self, topic: str, partitions: Sequence[int], last: int | None = None) -> None:
        """Go to the beginning of these partitions, or to about `last` records before their ends."""
        places = [TopicPartition(self._names.topic(topic), partition) for partition in partitions]
        self._consumer.assign(places)
        first = await self._consumer.beginning_offsets(places)
        for place in places:
            self._consumer.seek(place, first[place])
        if last is None:
            return
        # Every commit leaves a marker among the offsets, so as many again are looked at. An end that is told too
        # low (the embedded broker does that) means reading more, never less.
        ends = await self._consumer.end_offsets(places)
        for place in places:
            self._consumer.seek(place, max(first[place], ends[place] - 2 * last - 10))

    async def assign_all(self, topics: Sequence[str]) -> None:
        """Go to the beginning of all partitions of these topics.

        Raises:
            CommandRefused: one is not on the cluster.
        """
        places = [
            TopicPartition(self._names.topic(topic), k) for topic in topics for k in range(self.partitions(topic))
        ]
        self._consumer.assign(places)
        for place, first in (await self._consumer.beginning_offsets(places)).items():
            self._consumer.seek(place, first)

    def assign_at(self, topic: str, partition: int, offset: int) -> None:
        """Go to one record; where there is none, what is read next is another one or nothing.

        Raises:
            CommandRefused: the topic is not on the cluster, or has no such partition.
        """
        count = self.partitions(topic)
        if partition >= count:
            raise CommandRefused(f"{topic} has no partition {partition}, only 0 to {count - 1}.")
        place = TopicPartition(self._names.topic(topic), partition)
        self._consumer.assign([place])
        self._consumer.seek(place, offset)

    def logical(self, topic: str) -> str:
        """Return the logical name of a topic on the cluster."""
        return self._names.logical(topic)

    async def to_end(self) -> AsyncIterator[ConsumerRecord]:
        """Yield everything up to the true end of every assigned partition, as a fetch tells it.

        Raises:
            CommandRefused: nothing comes for a while although the end is not reached.
        """
        waiting, since = set(self._consumer.assignment()), time.monotonic()
        while waiting:
            chunks = await self._consumer.getmany(*waiting, timeout_ms=_POLL_MILLIS)
            for chunk in chunks.values():
                for record in chunk:
                    yield record
            if chunks:
                since = time.monotonic()
            waiting = {place for place in waiting if not await self._is_at_end(place)}
            if time.monotonic() - since > _STALL_SECONDS:
                raise CommandRefused("the broker stopped answering before the topic's end.")

    async def follow(self) -> AsyncIterator[ConsumerRecord]:
        """Yield what comes, for ever."""
        while True:
            for chunk in (await self._consumer.getmany(timeout_ms=_POLL_MILLIS)).values():
                for record in chunk:
                    yield record

    async def _is_at_end(self, place: TopicPartition) -> bool:
        # Under read_committed the position stops at the last stable offset; a broker without one says -1.
        stable, end = self._consumer.last_stable_offset(place), self._consumer.highwater(place)
        if self._is_transactional and stable is not None and stable >= 0:
            end = stable
        return end is not None and await self._consumer.position(place) >= end


@asynccontextmanager
async def writer(settings: Settings) -> AsyncIterator[Writer]:
    """Connect for writing.

    Raises:
        StartRefused: no broker answers.
    """
    await asyncio.to_thread(reach, settings.broker)
    async with Writer(settings) as connected:
        yield connected


@asynccontextmanager
async def reader(settings: Settings) -> AsyncIterator[Reader]:
    """Connect for reading; read_committed where the installation has transactions.

    Raises:
        StartRefused: no broker answers.
    """
    # Asked of the cluster once: a consumer knows the topics it is assigned to and forgets the others.
    async with Cluster(settings.broker) as cluster:
        partitions = await cluster.partitions()
    async with Reader(settings, partitions) as connected:
        yield connected
