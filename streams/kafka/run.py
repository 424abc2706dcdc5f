"""Runs a worker in this process: first the reasons not to, then Faust's worker."""

import asyncio
import logging
import sys
from signal import Signals
from typing import Any, Final, NoReturn

import faust
from aiokafka.errors import KafkaError

from streams.core.errors import StartRefused
from streams.kafka.app import HubApp
from streams.kafka.clients import make_producer, stop_producer
from streams.kafka.cluster import reach
from streams.kafka.death import STOP_MORE_SECONDS, end_now, exit_after
from streams.kafka.names import Names
from streams.kafka.provisioning import Verdict, verify_topics
from streams.settings import Settings

_PROBE_SECONDS: Final = 15.0
_SWITCH_SECONDS: Final = 0.0005
"""The fetching thread waits for the folding one whenever it comes back from the network, several times a fetch: with
Python's own 5 ms a fetch beside 5,000 events/s took 22 ms instead of 15."""
_NOISY: Final = ("faust", "aiokafka", "mode")

logger = logging.getLogger(__name__)


class HubWorker(faust.Worker):  # type: ignore[misc]  # Faust has no types
    """Faust's worker without its terminal spinner and its process title; logging is the program's."""

    logger = logging.getLogger("faust.hub.worker")

    def __init__(self, app: HubApp, *services: Any) -> None:  # noqa: ANN401 - mode services
        super().__init__(app, *services, override_logging=False, redirect_stdouts=False, quiet=True)
        self.spinner = None
        self._is_told = False
        self._stop_seconds = app.runtime.settings.stop_budget_seconds + STOP_MORE_SECONDS

    def _schedule_shutdown(self, signal: Signals) -> None:
        """Stop; a library that hangs in it, whichever it is, does not keep the process. Told twice, end at once.

        Ending at once is as safe as a kill: what was not committed is read again.
        """
        if self._is_told:
            end_now(signal)
        self._is_told = True
        exit_after(self._stop_seconds)
        super()._schedule_shutdown(signal)

    def _setproctitle(self, info: str, *, ident: str = "") -> None:
        """Leave the process its name."""


def run_worker(app: HubApp, settings: Settings, *services: Any) -> NoReturn:  # noqa: ANN401 - mode services
    """Run until SIGTERM or SIGINT, then commit what was folded, leave the group and exit with status 0.

    A failed commit or recovery exits with status 70 (see `Runtime.die`).

    Args:
        app: The app.
        settings: What it was built with.
        services: Further mode services that live as long as the worker (health, metrics).

    Raises:
        StartRefused: before anything starts; the command line turns it into one sentence and status 2.
        SystemExit: at the end.
    """
    # Faust makes a worker slower by raising its loggers to DEBUG for a spinner; and theirs are not our words.
    for name in _NOISY:
        if logging.getLogger(name).level == logging.NOTSET:
            logging.getLogger(name).setLevel(logging.WARNING)
    asyncio.run(check_start(app, settings))
    sys.setswitchinterval(_SWITCH_SECONDS)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    HubWorker(app, *services).execute_from_commandline()
    raise SystemExit(0)


async def check_start(app: HubApp, settings: Settings) -> None:
    """Return when nothing speaks against starting.

    Raises:
        StartRefused: no broker answers, it has no transactions, or its topics differ; one sentence says which.
    """
    # Beside each other: nobody reads this worker's partitions meanwhile.
    probing = asyncio.create_task(_check_transactions(settings)) if settings.transactions else None
    try:
        _judge(await verify_topics(settings, app.runtime.assembly.catalogue, app.runtime.assembly.boxes))
        if probing:
            await probing
    finally:
        if probing:
            # To its end, a moment later: cancelled while it connects, aiokafka would leave the connection open.
            await asyncio.gather(probing, return_exceptions=True)


def _judge(verdict: Verdict) -> None:
    for unreported in verdict.unreported:
        logger.warning("%s", unreported)
    if verdict.differences:
        more = len(verdict.differences) - 1
        raise StartRefused(f"{verdict.differences[0]}" + (f" (and {more} more differences)" if more else ""))


async def _check_transactions(settings: Settings) -> None:
    # Asked for in earnest: brokers list the request as supported and then refuse it.
    producer = make_producer(settings, f"{Names.of(settings).group}-start")
    library = logging.getLogger("aiokafka")
    level = library.level
    library.setLevel(logging.CRITICAL)  # the refusal says it in our words
    try:
        async with asyncio.timeout(_PROBE_SECONDS):
            await producer.start()
    except (KafkaError, TimeoutError):
        await asyncio.to_thread(reach, settings.broker)
        raise StartRefused(
            f"the broker at {settings.broker} has no transactions; HUB_TRANSACTIONS=false does without them"
        ) from None
    finally:
        await stop_producer(producer)
        library.setLevel(level)
