"""`hub worker` that does to itself what it is ordered to: `python -m tests.chaos.worker`, configured like any worker.

The hooks stand around the clients that tasks commit with and read their changelogs with; the product has none.
"""

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

from aiokafka import TopicPartition

from hub.cli import main
from streams.kafka import tasklogs
from streams.kafka.clients import make_producer, make_reader
from streams.kafka.fetching import FetchThread
from streams.kafka.transactions import Transactions
from streams.settings import Settings
from tests.chaos.orders import VARIABLE, Orders

_SLOW_RECORDS: Final = 40
_SLOW_SECONDS: Final = 0.1
_SLOW_BYTES: Final = 16 * 1024
_LONGEST_STEP_SECONDS: Final = 0.004
"""How long a step may have been under way when its worker ends: the broker answers in a few milliseconds."""

Call = Callable[..., Coroutine[Any, Any, Any]]


class Hooks:
    """Counts the steps of this life and obeys at the one that is meant."""

    def __init__(self, orders: Orders) -> None:
        self._orders, self._seen = orders, Counter[str]()
        self._slow_until = 0.0

    def is_due(self, step: str) -> bool:
        """Return whether an order is for this occurrence of `step`; a standing order counts from when it was given."""
        order = self._orders.standing()
        if order is None or order.step != step:
            self._seen[step] = 0
            return False
        self._seen[step] += 1
        return self._seen[step] >= order.times

    def obey(self, step: str) -> None:
        """Do what is ordered, if it is for now; does not return from a SIGKILL."""
        if not self.is_due(step):
            return
        order = self._orders.standing()
        if order is None:
            return
        self._orders.take()
        if order.signal is None:
            self._slow_until = time.monotonic() + order.seconds
        else:
            os.kill(os.getpid(), order.signal)

    @property
    def is_slow(self) -> bool:
        """Whether changelogs are read slowly at the moment."""
        return time.monotonic() < self._slow_until

    def producer(self, settings: Settings, transactional_id: str | None) -> Any:
        """Make a task's producer with hooks around its steps."""
        producer = make_producer(settings, transactional_id)
        producer.send_batch = self._around_batch(producer.send_batch)
        return producer

    def transactions(self, producer: Any) -> Any:
        """Make a task's transactions with hooks around their steps."""
        found: Any = Transactions(producer)
        found.start = self._after(found.start, "fenced")
        found.join = self._after(found.join, "begin")
        found.write = self._after(self._within(found.write, "produced"), "acknowledged")
        found.end = self._after(self._within(found.end, "committing"), "committed")
        return found

    def reader(self, settings: Settings) -> Any:
        """Make a reader of changelogs with a hook in every turn."""
        self.obey("reading")
        reader = make_reader(settings)
        if self.is_slow:
            reader._max_partition_fetch_bytes = _SLOW_BYTES  # noqa: SLF001 - a reader far from the end, in small
        getmany = reader.getmany

        async def get(*partitions: TopicPartition, timeout_ms: int = 0) -> Any:
            self.obey("reading")
            if not self.is_slow:
                return await getmany(*partitions, timeout_ms=timeout_ms)
            await asyncio.sleep(_SLOW_SECONDS)
            return await getmany(*partitions, timeout_ms=timeout_ms, max_records=_SLOW_RECORDS)

        reader.getmany = get
        return reader

    def _after(self, call: Call, step: str) -> Call:
        async def called(*args: Any, **kwargs: Any) -> Any:
            result = await call(*args, **kwargs)
            self.obey(step)
            return result

        return called

    def _within(self, call: Call, step: str) -> Call:
        async def called(*args: Any, **kwargs: Any) -> Any:
            if not self.is_due(step):
                return await call(*args, **kwargs)
            doing = asyncio.ensure_future(call(*args, **kwargs))
            await asyncio.sleep(random.uniform(0, _LONGEST_STEP_SECONDS))
            self.obey(step)
            return await doing

        return called

    def _around_batch(self, send_batch: Call) -> Call:
        async def called(*args: Any, **kwargs: Any) -> Any:
            acknowledged = await send_batch(*args, **kwargs)
            if self.is_due("produced"):
                await asyncio.wait([acknowledged])  # this one is written, others are not
                self.obey("produced")
            return acknowledged

        return called

    def install(self) -> None:
        """Put the hooks in their places."""
        tasklogs.make_producer = self.producer  # type: ignore[attr-defined]  # imported there by name
        tasklogs.Transactions = self.transactions  # type: ignore[attr-defined, assignment]
        tasklogs.make_reader = self.reader  # type: ignore[attr-defined]
        commit_offsets = FetchThread.commit_offsets
        hooks = self

        async def commit(thread: FetchThread, offsets: Mapping[TopicPartition, int]) -> None:
            hooks.obey("acknowledged")
            await commit_offsets(thread, offsets)
            hooks.obey("committed")

        FetchThread.commit_offsets = commit  # type: ignore[method-assign, assignment]  # without transactions


if __name__ == "__main__":
    Hooks(Orders.of(os.environ[VARIABLE])).install()
    main()
