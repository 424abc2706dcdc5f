"""How much workers get through for as long as there is more to do: what a share of the load is a share of."""

import asyncio
import time
from collections.abc import Sequence
from itertools import islice
from typing import Final

import aiohttp

from bench.conversations import TICKS_PER_SECOND, Conversations
from bench.feed import Feed
from bench.gauges import Gauges
from bench.worker import MeasuredWorker
from hub.refusal import CommandRefused

_SECONDS: Final = 20.0
_EVENTS_PER_STEP: Final = 1000
"""For each worker: 50,000 a second, more than one gets through beside its broker."""
_LOOK_SECONDS: Final = 0.05
_MOST_WAITING: Final = 15_000
"""Events: a second's worth, so that no worker ever waits, and what is read at once is no larger than under a load."""
_PATIENCE_SECONDS: Final = 60.0


async def capacity(feed: Feed, load: Conversations, workers: Sequence[MeasuredWorker], warm_up: float) -> float:
    """Return how many events a second are worked off while as many are published; the backlog stays about the same.

    Broker, publishing and workers share the machine, as they do when the latency is measured. Nothing is left to do
    in the end.

    Args:
        feed: Publishes.
        load: Who the events are about.
        workers: Work them off.
        warm_up: Seconds before it is measured.

    Raises:
        CommandRefused: a worker ended, they are not through a minute later, or they got through all there was.
    """
    per_step = _EVENTS_PER_STEP * len(workers)
    steps = iter(load.background(per_step * TICKS_PER_SECOND, int(_SECONDS + warm_up)))
    begin, first, done_before = time.monotonic(), feed.sent, 0
    since, done = begin, 0
    async with aiohttp.ClientSession() as session:
        while time.monotonic() - begin < warm_up + _SECONDS:
            waiting = await _waiting(workers, session)
            done = feed.sent - first - waiting
            if time.monotonic() - begin < warm_up:
                since, done_before = time.monotonic(), done
            until = time.monotonic()
            room = max(0, _MOST_WAITING - waiting) // per_step
            more = list(islice(steps, room))
            for step in more:
                await feed.publish(step)
            if len(more) < room:
                raise CommandRefused("the workers got through all events that were encoded: there must be more of them")
            if not more:
                await asyncio.sleep(_LOOK_SECONDS)
        rate = (done - done_before) / (until - since)
        limit = time.monotonic() + _PATIENCE_SECONDS
        while await _waiting(workers, session):
            if time.monotonic() > limit:
                raise CommandRefused(f"the workers are not through with a backlog after {_PATIENCE_SECONDS:.0f} s")
            await asyncio.sleep(_LOOK_SECONDS)
    return rate


async def _waiting(workers: Sequence[MeasuredWorker], session: aiohttp.ClientSession) -> int:
    """Return how many records wait in the workers' boxes."""
    for worker in workers:
        worker.check()
    expositions = await asyncio.gather(*(worker.ask(session, "/metrics") for worker in workers))
    return sum(Gauges.of(exposition or "").lag_records for exposition in expositions)
