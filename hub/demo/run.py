"""One demo from its broker to its verdict. It ends only what it started and removes only topics of its own prefix."""

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

import aiohttp
from rich.console import Console

from hub.composition import boxes
from hub.demo.broker import Broker, broker
from hub.demo.gauges import events_of
from hub.demo.plan import PARTITIONS, WORKERS, DemoPlan
from hub.demo.stage import Stage
from hub.demo.workers import Worker, await_open
from hub.refusal import CommandRefused
from operator_day import Report, run_day
from schemas import load as contracts
from streams.kafka.names import Names
from streams.kafka.provisioning import apply_topics, delete_topics
from streams.settings import Settings, environment_of, load

_ASK_AGAIN_SECONDS: Final = 1.0
_DEAD_SECONDS: Final = 1.0


async def run_demo(plan: DemoPlan, console: Console) -> Report:
    """Live the day on two workers and reconcile it.

    Raises:
        CancelledError: it was told to end by SIGTERM or SIGHUP; workers and topics are gone, as after Ctrl-C.
        CommandRefused: a worker ended by itself, did not get ready, or served nobody.
        StartRefused, BrokerUnavailable: no broker, or it refuses the topics.
        StandsStill: the workers stopped getting on.
    """
    _end_whole()
    with broker(plan.broker) as place, _logs() as logs:
        settings = _settings(place)
        workers = [_worker(number, settings, logs) for number in range(1, WORKERS + 1)]
        with Stage(console, workers) as stage:
            stage.say(f"topics {settings.topic_prefix}* on {settings.broker}")
            async with _topics(settings, plan, place), _running(workers):
                stage.say("two workers join and open their tasks ...")
                await await_open(workers, _tasks())
                stage.say(_hints(settings, workers))
                report = await _live(plan, settings, workers, stage)
                _check_shares(workers)
                if plan.is_kept and place.is_own:
                    await _hold(stage, settings)
        if plan.is_kept and not place.is_own:
            console.print(f"kept: {_environment(settings)}", highlight=False, soft_wrap=True)
        return report


def _end_whole() -> None:
    """Let SIGTERM and SIGHUP end this task with all that it started, in the background too, where Ctrl-C is ignored."""
    here = asyncio.current_task()
    for number in (signal.SIGTERM, signal.SIGHUP):
        if here is not None and signal.getsignal(number) is not signal.SIG_IGN:  # nohup: it is to outlive its terminal
            asyncio.get_running_loop().add_signal_handler(number, here.cancel)


async def _live(plan: DemoPlan, settings: Settings, workers: Sequence[Worker], stage: Stage) -> Report:
    async def crash() -> None:
        stage.say(f"{workers[-1].name} is killed (SIGKILL) and started again ...")
        workers[-1].kill()
        await asyncio.sleep(_DEAD_SECONDS)
        workers[-1].restart()

    async with _watched(workers):
        return await run_day(
            plan.day,
            settings.broker,
            settings.topic_prefix,
            Names.of(settings).group,
            stage.show,
            midway=crash if plan.is_crashing else None,
            has_transactions=settings.transactions,
        )


def _settings(place: Broker) -> Settings:
    """Give what all workers of this demo have in common, under a topic prefix of its own."""
    return load(
        broker=place.address,
        topic_prefix=f"demo-{os.getpid()}-{secrets.token_hex(3)}.",
        partitions=PARTITIONS,
        clock="log",
        retention="unlimited",
        transactions=place.has_transactions,
    )


def _worker(number: int, settings: Settings, logs: Path) -> Worker:
    environment = {
        **environment_of(settings, "replication_factor", "compiled"),
        "HUB_PSEUDONYM_KEY": "a key for the length of a demo",
    }
    if settings.transactions:
        # A static member that comes back at once disturbs nobody else; the embedded broker knows none.
        environment["HUB_INSTANCE_ID"] = f"worker-{number}"
    return Worker(f"worker {number}", environment, logs / f"worker-{number}.log")


def _environment(settings: Settings) -> str:
    return " ".join(f"{key}={value}" for key, value in environment_of(settings).items())


def _tasks() -> dict[str, int]:
    return {box.name: box.tasks(PARTITIONS) for box in boxes(contracts())}


def _hints(settings: Settings, workers: Sequence[Worker]) -> str:
    return f"look inside: {_environment(settings)} hub tail message.request.v1 --follow;  {workers[0].url}/metrics"


@asynccontextmanager
async def _topics(settings: Settings, plan: DemoPlan, place: Broker) -> AsyncIterator[None]:
    """Create the demo's topics and remove them at the end, unless they are kept or end with their broker."""
    catalogue = contracts()
    verdict = await apply_topics(settings, catalogue, boxes(catalogue))
    if verdict.differences:
        raise CommandRefused(str(verdict.differences[0]))
    try:
        yield
    finally:
        if not place.is_own and not plan.is_kept:
            await delete_topics(settings)


@asynccontextmanager
async def _running(workers: Sequence[Worker]) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        for worker in workers:
            stack.push_async_callback(worker.stop)
            worker.start()
        yield
        await asyncio.gather(*(worker.stop() for worker in workers))


@asynccontextmanager
async def _watched(workers: Sequence[Worker]) -> AsyncIterator[None]:
    """Keep the workers' tasks up to date while the block runs; end it when a worker ends by itself."""

    async def watch() -> None:
        async with aiohttp.ClientSession() as session:
            while True:
                for worker in workers:
                    worker.check()
                    await worker.refresh(session)
                    if not worker.has_served:
                        worker.has_served = events_of(await worker.ask(session, "/metrics") or "") > 0
                await asyncio.sleep(_ASK_AGAIN_SECONDS)

    here = asyncio.current_task()
    watching = asyncio.create_task(watch(), name="demo-watch")
    watching.add_done_callback(lambda done: here.cancel() if here and not done.cancelled() else None)
    try:
        yield
    except asyncio.CancelledError:
        if watching.done() and not watching.cancelled() and (cause := watching.exception()):
            if here is not None:
                here.uncancel()
            raise cause from None
        raise
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


def _check_shares(workers: Sequence[Worker]) -> None:
    """Both must have served customers.

    Raises:
        CommandRefused: one of them did nothing.
    """
    for worker in workers:
        if not worker.has_served:
            raise CommandRefused(f"{worker.name} served no customers: the tasks were not shared")


@contextlib.contextmanager
def _logs() -> Iterator[Path]:
    """Give a directory for the workers' logs; it stays, and is named, when the block fails, not when it is stopped."""
    directory = Path(tempfile.mkdtemp(prefix="hub-demo-"))
    try:
        yield directory
    except Exception as fault:
        fault.add_note(f"the workers' logs are in {directory}")
        raise
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    shutil.rmtree(directory, ignore_errors=True)


async def _hold(stage: Stage, settings: Settings) -> None:
    """Keep an own broker and its topics until somebody has seen enough."""
    if not sys.stdin.isatty():
        stage.say("KEEP: the broker is the demo's own and ends with it; name a cluster by HUB_BROKER to keep topics.")
        return
    stage.say(f"kept: {_environment(settings)}; Enter ends it.")
    with contextlib.suppress(EOFError):
        await asyncio.to_thread(sys.stdin.readline)
