"""Publishes slices of the day: whole batches per partition, every one acknowledged, offsets remembered."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final, Self
from zlib import crc32

from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import murmur2

from operator_day.events import Coordinates, Event
from operator_day.ledger import Ledger

BATCH_BYTES: Final = 256 * 1024
_LINGER_MS: Final = 0
_REQUEST_BYTES: Final = 1024 * 1024
_POSITIVE: Final = 0x7FFFFFFF


class TopicMissing(Exception):  # noqa: N818  # reads as what happened
    """A topic of the contracts is not on the broker under this prefix; the text names it."""


class Publisher:
    """A producer of the day's events. Not for use by two tasks at once.

    After `publish` returns, every event of it is acknowledged, entered in the ledger under its coordinates, and
    `ends` holds the next offset of each partition written.

    Args:
        broker: `host:port`, several separated by commas.
        prefix: stands before every topic's name on the broker.
        ledger: what is entered.
        is_idempotent: whether the broker can keep a retried batch from being written twice.
    """

    def __init__(self, broker: str, prefix: str, ledger: Ledger, *, is_idempotent: bool) -> None:
        self._prefix = prefix
        self._ledger = ledger
        self._producer: Any = AIOKafkaProducer(
            bootstrap_servers=broker,
            client_id="operator-day",
            acks="all",
            enable_idempotence=is_idempotent,
            max_batch_size=BATCH_BYTES,
            max_request_size=_REQUEST_BYTES,
            linger_ms=_LINGER_MS,
        )
        self._partitions: dict[str, int] = {}
        self._places: dict[tuple[bytes, str, int], int] = {}
        self._ends: dict[tuple[str, int], int] = {}

    async def __aenter__(self) -> Self:
        await self._producer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._producer.stop()

    @property
    def ends(self) -> Mapping[tuple[str, int], int]:
        """Next offset of each (logical topic, partition) that was written to."""
        return self._ends

    async def publish(self, events: Iterable[Event]) -> int:
        """Publish `events` in their order per partition; returns how many once all are acknowledged.

        Raises:
            TopicMissing: a topic does not exist.
            aiokafka.errors.KafkaError: the broker refused a batch; what was sent beside it may be there.
        """
        by_partition: defaultdict[tuple[str, int], list[Event]] = defaultdict(list)
        for event in events:
            by_partition[event.topic, await self._place(event)].append(event)
        counts = await asyncio.gather(*(self._send(place, batch) for place, batch in by_partition.items()))
        return sum(counts)

    async def _send(self, place: tuple[str, int], events: list[Event]) -> int:
        topic, partition = place
        name = self._prefix + topic
        pending: list[tuple[list[Event], Any]] = []
        batch = self._producer.create_batch()
        held: list[Event] = []
        for event in events:
            stamp, key, value, headers = event.timestamp, event.key, event.value, list(event.headers)
            if batch.append(timestamp=stamp, key=key, value=value, headers=headers) is None:
                pending.append((held, await self._producer.send_batch(batch, name, partition=partition)))
                batch, held = self._producer.create_batch(), []
                batch.append(timestamp=stamp, key=key, value=value, headers=headers)
            held.append(event)
        pending.append((held, await self._producer.send_batch(batch, name, partition=partition)))
        for sent, acknowledged in pending:
            first = (await acknowledged).offset
            for offset, event in enumerate(sent, first):
                self._ledger.take(event, Coordinates(topic, partition, offset))
            self._ends[place] = first + len(sent)
        return len(events)

    async def _place(self, event: Event) -> int:
        count = self._partitions.get(event.topic)
        if count is None:
            count = self._partitions[event.topic] = await self._count(event.topic)
        key = event.key
        if key is None:
            return event.timestamp % count
        found = self._places.get((key, event.placement, count))
        if found is None:
            found = partition_for(key, event.placement, count)
            self._places[key, event.placement, count] = found
        return found

    async def _count(self, topic: str) -> int:
        # aiokafka asks for ever after a topic that is not there: a limit of our own.
        try:
            async with asyncio.timeout(15):
                return len(await self._producer.partitions_for(self._prefix + topic))
        except TimeoutError:
            raise TopicMissing(f"{self._prefix}{topic} does not exist on the broker") from None


def partition_for(key: bytes, placement: str, partitions: int) -> int:
    """Place a key as Java's clients do (murmur2) or as librdkafka's do by default (crc32)."""
    if placement == "crc32":
        return crc32(key) % partitions
    return int(murmur2(key) & _POSITIVE) % partitions
