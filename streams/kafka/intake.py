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
_GAP_SECONDS: Final = 0.005
"""Between two fetches: each costs the worker 2 ms, and is answered by the first byte of any partition."""
_MOST_BUSY: Final = 0.75


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


def gap_seconds(share: float) -> float:
    """Return the least time between two fetches: what a busy loop would only let wait is fetched together.

    Args:
        share: Of its time that the loop folds, from 0 to 1.
    """
    return _GAP_SECONDS / (1 - min(share, _MOST_BUSY))


class Intake:
    """Reads on in another thread while the loop folds.

    aiokafka asks the broker for a partition again only when what came of it was taken. So one fetch is taken in
    advance, and the next is on its way: with fewer the loop would wait for the broker, with more a busy loop would be
    fed by many small fetches, each of which names every partition.

    Args:
        read: Fetches for partitions, in the thread; waits shortly when nothing comes.
        thread_loop: The loop of the thread.
        gap: Gives the least time between two fetches, in seconds; asked before each.
    """

    def __init__(
        self,
        read: Callable[[Collection[TP]], Awaitable[Fetched]],
        thread_loop: asyncio.AbstractEventLoop,
        gap: Callable[[], float],
    ) -> None:
        self._read, self._thread_loop, self._gap = read, thread_loop, gap
        self._partitions: Collection[TP] = ()
        self._waiting: deque[Fetched] = deque()
        self._loop, self._arrived, self._taken = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
        self._reading: concurrent.futures.Future[Any] = asyncio.run_coroutine_threadsafe(self._run(), thread_loop)

    async def take(self, partitions: Collection[TP]) -> Fetched:
        """Return what has come, waiting shortly for something; from now on `partitions` are read.

        Raises:
            BaseException: what the reading ended with.
        """
        self._partitions = partitions
        if not self._waiting:
            self._arrived.clear()
            self._thread_loop.call_soon_threadsafe(self._taken.set)
            if self._reading.done():
                self._reading.result()
            try:
                async with asyncio.timeout(_WAIT_SECONDS):
                    await self._arrived.wait()
            except TimeoutError:
                return Fetched({}, 0)
        if not self._waiting:
            return Fetched({}, 0)
        fetched = self._waiting.popleft()
        self._thread_loop.call_soon_threadsafe(self._taken.set)
        return fetched

    def close(self) -> None:
        """Read no more."""
        self._reading.cancel()

    async def _run(self) -> None:
        try:
            while True:
                self._taken.clear()
                if self._waiting or not self._partitions:
                    await self._taken.wait()
                    continue
                await asyncio.sleep(self._gap())
                fetched = await self._read(self._partitions)
                if fetched.records:
                    self._waiting.append(fetched)
                    self._loop.call_soon_threadsafe(self._arrived.set)
        finally:
            self._loop.call_soon_threadsafe(self._arrived.set)
