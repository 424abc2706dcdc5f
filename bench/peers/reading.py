"""Reads what an engine wrote, and says whether it is right."""

import asyncio
import struct
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.peers.load import Expected
from bench.peers.names import PARTITIONS
from bench.peers.states import Read, Sums
from hub.refusal import CommandRefused
from streams.core.meta import META_KEY

_MIB: Final = 1 << 20
_PATIENCE_SECONDS: Final = 60.0
_POLL_MILLIS: Final = 200
_SLOWEST_PER_SECOND: Final = 10_000
Ends = Mapping[int, int]
"""End offset by partition."""


@dataclass(slots=True)
class Written:
    """A topic as a reader of committed records sees it.

    Attributes:
        values: All values in the order of each partition.
        last: The last value of each key.
        later: How many records lie at or behind the offsets asked for.
    """

    values: list[bytes] = field(default_factory=list)
    last: dict[bytes, bytes] = field(default_factory=dict)
    later: int = 0


class Reader:
    """Reads whole topics of a broker.

    Args:
        broker: `host:port`.
    """

    def __init__(self, broker: str) -> None:
        self._broker = broker

    async def ends(self, topic: str) -> Ends:
        """Return where each partition ends."""
        async with self._consumer() as consumer:
            return await _ends(consumer, topic)

    async def read(self, topic: str, since: Ends | None = None, *, keeps_all: bool = False) -> Written:
        """Read a topic from its beginning to its end.

        Args:
            topic: Its name.
            since: From which offsets on records count as later ones; all of them where nothing is given.
            keeps_all: Whether every value is kept, or the last of a key alone.

        Raises:
            CommandRefused: it cannot be read to its end.
        """
        since, found = since or {}, Written()
        try:
            async for partition, records in self._records(topic):
                first = since.get(partition, 0)
                found.later += sum(record.offset >= first for record in records)
                found.last.update((record.key, record.value) for record in records)
                if keeps_all:
                    found.values.extend(record.value for record in records)
        except TimeoutError:
            raise CommandRefused("what an engine wrote cannot be read to its end") from None
        found.last.pop(META_KEY, None)
        return found

    async def _records(self, topic: str) -> AsyncIterator[tuple[int, list[Any]]]:
        """Yield what a topic holds by now, as it is fetched."""
        async with self._consumer() as consumer:
            ends = await _ends(consumer, topic)
            places = [TopicPartition(topic, number) for number in ends]
            consumer.assign(places)
            await consumer.seek_to_beginning(*places)
            async with asyncio.timeout(_PATIENCE_SECONDS + sum(ends.values()) / _SLOWEST_PER_SECOND):
                while any([await consumer.position(place) < ends[place.partition] for place in places]):
                    for place, records in (await consumer.getmany(timeout_ms=_POLL_MILLIS)).items():
                        yield place.partition, records

    @asynccontextmanager
    async def _consumer(self) -> AsyncIterator[Any]:
        consumer: Any = AIOKafkaConsumer(
            bootstrap_servers=self._broker,
            enable_auto_commit=False,
            isolation_level="read_committed",
            check_crcs=False,
            max_partition_fetch_bytes=4 * _MIB,
        )
        await consumer.start()
        try:
            yield consumer
        finally:
            await consumer.stop()


def faults(expected: Expected, told: list[bytes], states: Mapping[bytes, bytes] | None, read: Read) -> Iterator[str]:
    """Yield what is wrong, in words that name no customer.

    Args:
        expected: What must have come of all events.
        told: The values of all outputs.
        states: The last value of each key of the changelog; None where no state is kept.
        read: Reads them.
    """
    alone = states is None
    found = _sums(told, read)
    wrong = "unreadable" if found is None else (expected.told_alone if alone else expected.told).differs(found)
    if wrong is not None:
        yield f"outputs: {wrong}"
    if states is None:
        return
    kept = _sums(states.values(), read)
    wrong = "unreadable" if kept is None else expected.states.differs(kept)
    if wrong is not None:
        yield f"states on the changelog: {wrong}"


def _sums(values: Iterable[bytes], read: Read) -> Sums | None:
    try:
        return Sums.of(read(value) for value in values)
    except (ValueError, TypeError, LookupError, struct.error, msgspec.MsgspecError):
        return None


async def _ends(consumer: Any, topic: str) -> Ends:  # noqa: ANN401 - aiokafka's
    found = await consumer.end_offsets([TopicPartition(topic, number) for number in range(PARTITIONS)])
    return {place.partition: end for place, end in found.items()}
