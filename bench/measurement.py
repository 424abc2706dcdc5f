"""Measures one `hub worker` on a day of events that become visible at once."""

import asyncio
import os
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp

from bench.bulk import Bulk
from bench.command import Say
from bench.ends import changelog_ends
from bench.figures import HubRun
from bench.gauges import Gauges
from bench.judge import Verdict, judge
from bench.load import Load, Slice
from bench.machine import Cores
from bench.meter import Usage, usage_of
from bench.plan import PARTITIONS
from bench.worker import MeasuredWorker, environment
from hub.composition import boxes
from hub.demo.workers import await_open
from hub.refusal import CommandRefused
from operator_day.events import Event
from operator_day.observer import HUBS_OWN, Observer
from operator_day.publisher import Publisher
from operator_day.through import Gate
from schemas import load as contracts
from streams.kafka.names import Names
from streams.kafka.provisioning import apply_topics
from streams.settings import Settings, load

_SAY_SECONDS: Final = 2.0
_STILL_SECONDS: Final = 60.0
_PROFILE_SECONDS: Final = 60.0
_TIMELINE: Final = HUBS_OWN[-1]


@dataclass(frozen=True, slots=True)
class _Reading:
    """Everything that is read before and after."""

    usage: Usage
    wall: float
    gauges: Gauges
    changelog: dict[str, int]
    outputs: Counter[str]


class HubBench:
    """One measurement, on topics of its own.

    Args:
        broker: `host:port` of a broker with transactions.
        load: What to work off; its ledger is filled as it is published, so a load serves one measurement.
        cores: Who runs where.
        directory: For the workers' logs.
        say: Told how far it is.
        profile: Where the worker's profile goes; None measures without a profiler.
        compiled: The workers' `HUB_COMPILED`; this program's own unless given.
    """

    def __init__(
        self,
        broker: str,
        load_: Load,
        cores: Cores,
        directory: Path,
        say: Say,
        profile: Path | None = None,
        compiled: str | None = None,
    ) -> None:
        self._load, self._cores, self._directory = load_, cores, directory
        self._say, self._profile = say, profile
        self._settings = _settings(broker, {} if compiled is None else {"compiled": compiled})
        prefix = self._settings.topic_prefix
        self._observer = Observer(broker, prefix)
        self._publisher = Publisher(broker, prefix, load_.ledger, is_idempotent=True)
        self._bulk = Bulk(broker, prefix, load_.ledger)
        self._gate = Gate(broker, prefix, Names.of(self._settings).group, limit_seconds=_STILL_SECONDS)

    async def run(self) -> HubRun:
        """Measure.

        Raises:
            CommandRefused: the worker ended or did not get ready.
            StandsStill: it stopped getting on.
            StartRefused: the broker refuses the topics.
        """
        catalogue = contracts()
        await apply_topics(self._settings, catalogue, boxes(catalogue))
        async with AsyncExitStack() as stack:
            for part in (self._observer, self._publisher, self._bulk, self._gate):
                await stack.enter_async_context(part)
            async with self._worker("first") as worker:
                self._say("the eve: configuration, customers and their numbers ...")
                for step in self._load.eve:
                    await self._work_off(step, worker)
            async with self._worker("second", self._profile) as worker:
                if self._profile is not None:
                    worker.begin_profile()
                slices = [await self._slice(part, worker) for part in self._load.slices]
                if self._profile is not None:
                    worker.write_profile()
                    await _appears(self._profile)
                self._say("checking the result ...")
                await self._work_off(self._load.last_ticks, worker)
                verdict = judge(self._load.ledger, self._observer.observed)
        return _run(self._load.events, slices, verdict)

    async def _slice(self, part: Slice, worker: MeasuredWorker) -> tuple[_Reading, _Reading]:
        """Publish a slice unseen, then let it be seen and measure until it and the clock's tick are through."""
        self._say(f"publishing {len(part.events):,} events, not to be seen yet ...")
        await self._bulk.publish(part.events)
        gauges, changelog, outputs = await self._look(worker)
        before = _Reading(usage_of(worker.pid), time.perf_counter(), gauges, changelog, outputs)
        watching = asyncio.create_task(self._watch(worker, before, len(part.events)))
        try:
            await self._bulk.reveal()
            await self._through(worker)
            await self._work_off(part.ticks, worker)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        usage, wall = usage_of(worker.pid), time.perf_counter()  # before the worker is asked, which costs it a little
        self._observer.observed.end_day()
        return before, _Reading(usage, wall, *await self._look(worker))

    async def _look(self, worker: MeasuredWorker) -> tuple[Gauges, dict[str, int], Counter[str]]:
        async with aiohttp.ClientSession() as session:
            gauges = Gauges.of(await worker.ask(session, "/metrics") or "")
        return gauges, await changelog_ends(self._settings), self._observer.observed.outputs.copy()

    async def _watch(self, worker: MeasuredWorker, before: _Reading, total: int) -> None:
        """Tell how far it is from what the observer reads anyway, so that the worker is not asked."""
        while True:
            await asyncio.sleep(_SAY_SECONDS)
            cpu = usage_of(worker.pid).cpu_seconds - before.usage.cpu_seconds
            outputs = self._observer.observed.outputs
            resolved = outputs[_TIMELINE] - before.outputs[_TIMELINE]
            contexts = outputs["customer.context.v1"] - before.outputs["customer.context.v1"]
            seconds = time.perf_counter() - before.wall
            self._say(
                f"{seconds:5.0f} s  {resolved:>9,} of {total:,} on timelines  {contexts:>8,} contexts  CPU {cpu:.1f} s"
            )

    async def _work_off(self, events: list[Event], worker: MeasuredWorker) -> None:
        await self._publisher.publish(events)
        await self._through(worker)

    async def _through(self, worker: MeasuredWorker) -> None:
        """Wait for the gate, or for the worker's end."""
        ends = {**self._publisher.ends, **self._bulk.ends}
        await worker.unless_it_ends(self._gate.through(ends, self._observer))

    @asynccontextmanager
    async def _worker(self, life: str, profile: Path | None = None) -> AsyncIterator[MeasuredWorker]:
        log = self._directory / f"worker-{life}.log"
        worker = MeasuredWorker("the worker", environment(self._settings), log, cores=self._cores, profile=profile)
        tasks = {box.name: box.tasks(PARTITIONS) for box in boxes(contracts())}
        self._say("a worker starts ..." if life == "first" else "a worker reads the state back ...")
        worker.start()
        try:
            await await_open([worker], tasks)
            yield worker
        finally:
            await worker.stop()


def _run(events: int, slices: Sequence[tuple[_Reading, _Reading]], verdict: Verdict) -> HubRun:
    commits: Counter[str] = Counter()
    changelog: Counter[str] = Counter()
    outputs: Counter[str] = Counter()
    for before, after in slices:
        commits.update(after.gauges.commits - before.gauges.commits)
        outputs.update(after.outputs - before.outputs)
        changelog.update({box: end - before.changelog[box] for box, end in after.changelog.items()})
    changelog.subtract(commits)  # a commit leaves one marker on its changelog partition beside its records
    return HubRun(
        events=events,
        slices=len(slices),
        user_seconds=sum(after.usage.user_seconds - before.usage.user_seconds for before, after in slices),
        system_seconds=sum(after.usage.system_seconds - before.usage.system_seconds for before, after in slices),
        wall_seconds=sum(after.wall - before.wall for before, after in slices),
        peak_bytes=slices[-1][1].usage.peak_bytes,
        changelog_records=dict(changelog),
        outputs={topic: count for topic, count in outputs.items() if topic not in HUBS_OWN},
        commits=dict(commits),
        restored_records=slices[0][0].gauges.restored_records,
        verdict=verdict,
    )


def _settings(broker: str, more: Mapping[str, str]) -> Settings:
    return load(
        **more,
        broker=broker,
        topic_prefix=f"bench-{os.getpid()}-{secrets.token_hex(3)}.",
        partitions=PARTITIONS,
        clock="log",
        retention="unlimited",
        transactions=True,
    )


async def _appears(path: Path) -> None:
    """Wait until the worker has written its profile.

    Raises:
        CommandRefused: it does not.
    """
    limit = time.monotonic() + _PROFILE_SECONDS
    while not await asyncio.to_thread(path.exists):
        if time.monotonic() > limit:
            raise CommandRefused("the worker did not write its profile")
        await asyncio.sleep(0.1)
