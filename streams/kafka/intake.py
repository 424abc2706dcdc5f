"""What was fetched and not yet folded: filled in the consumer's thread while the app's loop folds what came before."""

import asyncio
import concurrent.futures
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple

from aiokafka import TopicPartition
from faust.types import TP

from streams.core.records import Record

_WAIT_SECONDS: Final = 0.2
_FULL_SECONDS: Final = 0.005


class Fetched(NamedTuple):
    """What was fetched, and after which seek.

    Attributes:
        records: By partition.
        epoch: Number of the seek.
        ends: Where reading goes on behind them, where that is further than the last record: markers of transactions,
            and what compaction took, count as read.
    """

    records: Mapping[TopicPartition, Sequence[Record]]
    epoch: int
    ends: Mapping[TopicPartition, int] = {}

    @property
    def size(self) -> int:
        """How many records."""
        return sum(map(len, self.records.values()))


class Intake:
    """Reads on in another thread; whoever takes gets all that has come, a partition's records together.

    aiokafka asks the broker for a partition only when what came of it before was taken: taking it at once lets the
    next fetch and the folding overlap, and what comes while the loop is busy comes in fewer, larger chunks.

    Args:
        read: Fetches for partitions, in the thread; waits shortly when nothing comes.
        thread_loop: The loop of the thread.
        most_records: Waiting beyond this, nothing more is read.
    """

    def __init__(
        self,
        read: Callable[[Collection[TP]], Awaitable[Fetched]],
        thread_loop: asyncio.AbstractEventLoop,
        most_records: int,
    ) -> None:
        self._read, self._most = read, most_records
        self._partitions: Collection[TP] = ()
        self._waiting: deque[Fetched] = deque()
        self._in, self._out = 0, 0  # each written by one thread
        self._loop, self._arrived = asyncio.get_running_loop(), asyncio.Event()
        self._reading: concurrent.futures.Future[Any] = asyncio.run_coroutine_threadsafe(self._run(), thread_loop)

    async def take(self, partitions: Collection[TP]) -> Fetched:
        """Return what has come, waiting shortly for something; from now on `partitions` are read.

        Raises:
            BaseException: what the reading ended with.
        """
        self._partitions = partitions
        if not self._waiting:
            self._arrived.clear()
            if self._reading.done():
                self._reading.result()
            try:
                async with asyncio.timeout(_WAIT_SECONDS):
                    await self._arrived.wait()
            except TimeoutError:
                return Fetched({}, 0)
        return self._merged() if self._waiting else Fetched({}, 0)

    def close(self) -> None:
        """Read no more."""
        self._reading.cancel()

    def _merged(self) -> Fetched:
        """Take everything of the oldest epoch."""
        first = self._waiting.popleft()
        size = first.size
        if self._waiting and self._waiting[0].epoch == first.epoch:
            records = {tp: list(found) for tp, found in first.records.items()}
            ends = dict(first.ends)
            while self._waiting and self._waiting[0].epoch == first.epoch:
                more = self._waiting.popleft()
                size += more.size
                for tp, found in more.records.items():
                    records.setdefault(tp, []).extend(found)
                ends.update(more.ends)
            first = Fetched(records, first.epoch, ends)
        self._out += size
        return first

    async def _run(self) -> None:
        try:
            while True:
                if not self._partitions or self._in - self._out >= self._most:
                    await asyncio.sleep(_FULL_SECONDS)
                    continue
                fetched = await self._read(self._partitions)
                if fetched.records:
                    self._in += fetched.size
                    self._waiting.append(fetched)
                    self._loop.call_soon_threadsafe(self._arrived.set)
        finally:
            self._loop.call_soon_threadsafe(self._arrived.set)
