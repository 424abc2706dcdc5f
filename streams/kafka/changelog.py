"""Reads a changelog partition to its true end, with consumers of its own."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeAlias

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from streams.core.errors import RecoveryFailed
from streams.core.ports import Put
from streams.kafka.clients import know_topics
from streams.kafka.gapless import REREAD_SECONDS, Gapless
from streams.kafka.place import Place

_Ask: TypeAlias = Callable[[AIOKafkaConsumer, list[TopicPartition]], Awaitable[Mapping[TopicPartition, int]]]

_POLL_MILLIS: Final = 20
_STALLED_SECONDS: Final = 60.0
_READERS: Final = 4
"""Two cores decode no faster with more."""


class ChangelogReaders:
    """A few consumers that read one changelog partition each at a time.

    Args:
        make: Makes an unstarted consumer without a group; read_committed where there are transactions.
        is_gapless: Whether a gap between offsets is taken for a batch that shows late; see `gapless`.

    Attributes:
        records: How many were read since the worker began.
    """

    def __init__(self, make: Callable[[], AIOKafkaConsumer], *, is_gapless: bool = False) -> None:
        self._make, self._is_gapless = make, is_gapless
        self._idle: list[AIOKafkaConsumer] = []
        self._slots = asyncio.Semaphore(_READERS)
        self.records = 0

    async def read(self, tp: TopicPartition, put: Put) -> int:
        """Feed every record of a partition to `put`, oldest first, and return how many there were.

        The end is where the position meets the high-water mark of a *fetch* response and nothing before it is
        undecided: `ListOffsets` is wrong on the embedded broker, and the last offset may belong to a commit
        marker or to a record that compaction removed.

        Raises:
            RecoveryFailed: nothing moved for a minute.
        """
        async with self._slots:
            reader = self._idle.pop() if self._idle else await self._start()
            try:
                count = await self._read(reader, tp, put)
            except BaseException:
                await reader.stop()
                raise
            self._idle.append(reader)
            return count

    async def earliest(self, place: Place) -> dict[str, int]:
        """Return the first offset that is still there of each of a task's sources, by logical name.

        Raises:
            RecoveryFailed: the broker does not say.
        """
        return await self._bounds(place, AIOKafkaConsumer.beginning_offsets)

    async def latest(self, place: Place) -> dict[str, int]:
        """Return where each of a task's sources ends, what is undecided there left out, by logical name.

        Raises:
            RecoveryFailed: the broker does not say.
        """
        return await self._bounds(place, AIOKafkaConsumer.end_offsets)

    async def _bounds(self, place: Place, ask: _Ask) -> dict[str, int]:
        async with self._slots:
            reader = self._idle.pop() if self._idle else await self._start()
            sources = {place.source(topic): topic for topic in place.sources}
            try:
                await know_topics(reader._client, {tp.topic for tp in sources})  # noqa: SLF001 - it has no public name
                found = await ask(reader, list(sources))
            except KafkaError as cause:
                await reader.stop()
                raise RecoveryFailed(f"{place}: its sources' bounds are not known: {cause!r}") from cause
            self._idle.append(reader)
            return {sources[tp]: offset for tp, offset in found.items()}

    async def close(self) -> None:
        """Let go of the connections."""
        idle, self._idle = self._idle, []
        for reader in idle:
            await reader.stop()

    async def _start(self) -> AIOKafkaConsumer:
        reader = self._make()
        await reader.start()
        return reader

    async def _read(self, reader: AIOKafkaConsumer, tp: TopicPartition, put: Put) -> int:
        reader.assign([tp])
        await reader.seek_to_beginning(tp)
        gapless = Gapless(f"{tp.topic}-{tp.partition}", 0) if self._is_gapless else None
        now = asyncio.get_running_loop().time
        count, moved_at = 0, now()
        while not await _is_at_end(reader, tp):
            for fetched in (await reader.getmany(tp, timeout_ms=_POLL_MILLIS)).values():
                records = gapless.take(fetched) if gapless else fetched
                for record in records:
                    if record.key is not None:
                        put(record.key, record.value)
                count += len(records)
                self.records += len(records)
                moved_at = now()
            if gapless and gapless.missing is not None:
                reader.seek(tp, gapless.missing)
                await asyncio.sleep(REREAD_SECONDS)
            if now() - moved_at > _STALLED_SECONDS:
                raise RecoveryFailed(f"reading {tp.topic}-{tp.partition} stalled after {count} records")
        return count


async def _is_at_end(reader: AIOKafkaConsumer, tp: TopicPartition) -> bool:
    end, stable = reader.highwater(tp), reader.last_stable_offset(tp)
    if end is None or stable < end:  # nothing was fetched yet, or a transaction is undecided
        return False
    return bool(await reader.position(tp) >= end)
