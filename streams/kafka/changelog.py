"""Reads a changelog partition to its true end, with consumers of its own."""

import asyncio
from collections.abc import Callable
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.core.errors import RecoveryFailed
from streams.core.ports import Put
from streams.kafka.bounds import Bounds
from streams.kafka.gapless import REREAD_SECONDS, Gapless

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
        bounds: Where the sources begin and end.
        records: How many were read since the worker began.
    """

    def __init__(self, make: Callable[[], AIOKafkaConsumer], *, is_gapless: bool = False) -> None:
        self._make, self._is_gapless = make, is_gapless
        self._idle: list[AIOKafkaConsumer] = []
        self._slots = asyncio.Semaphore(_READERS)
        self.bounds = Bounds(make)
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
            is_new = not self._idle
            reader = self._make() if is_new else self._idle.pop()
            try:
                if is_new:
                    await reader.start()
                count = await self._read(reader, tp, put)
            except BaseException:
                await reader.stop()
                raise
            self._idle.append(reader)
            return count

    async def rest(self) -> None:
        """Let the readers go until the next recovery: an assigned reader polls on."""
        idle, self._idle = self._idle, []
        for reader in idle:
            await reader.stop()

    async def close(self) -> None:
        """Let go of all connections."""
        await self.rest()
        await self.bounds.close()

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
