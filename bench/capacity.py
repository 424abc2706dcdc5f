"""How much a worker gets through when everything is there at once: what a share of the load is a share of."""

import asyncio
import time
from typing import Final

import aiohttp

from bench.conversations import Conversations
from bench.feed import Feed
from bench.gauges import Gauges
from bench.worker import MeasuredWorker
from hub.refusal import CommandRefused

_EVENTS: Final = 100_000
_LOOK_SECONDS: Final = 0.05
_QUIET_LOOKS: Final = 10
"""In a row without a backlog: between two boxes there is a moment in which neither has one."""
_PATIENCE_SECONDS: Final = 120.0


async def capacity(feed: Feed, load: Conversations, worker: MeasuredWorker, events: int = _EVENTS) -> float:
    """Publish a backlog as fast as the broker takes it; return events/s from its first one to its last one's end.

    Broker, publishing and worker share the machine, as they do when the latency is measured.

    Args:
        feed: Publishes.
        load: Who the events are about.
        worker: Works them off.
        events: How many.

    Raises:
        CommandRefused: the worker ended, or is not through after two minutes.
    """
    steps = load.background(events, 1)
    count = sum(len(messages) for step in steps for messages in step.messages.values())
    begin = time.monotonic()
    for step in steps:
        await feed.publish(step)
    return count / (await _worked_off(worker) - begin)


async def _worked_off(worker: MeasuredWorker) -> float:
    """Wait until nothing is left to do; return since when."""
    limit, quiet, since = time.monotonic() + _PATIENCE_SECONDS, 0, 0.0
    async with aiohttp.ClientSession() as session:
        while quiet < _QUIET_LOOKS:
            worker.check()
            if time.monotonic() > limit:
                raise CommandRefused(f"the worker is not through with a backlog after {_PATIENCE_SECONDS:.0f} s")
            now, exposition = time.monotonic(), await worker.ask(session, "/metrics")
            is_quiet = exposition is not None and not Gauges.of(exposition).lag_records
            since = (since or now) if is_quiet else 0.0
            quiet = quiet + 1 if is_quiet else 0
            await asyncio.sleep(_LOOK_SECONDS)
    return since
