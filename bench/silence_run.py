"""One scenario after the other on one installation, each with workers of its own."""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple, Self

import aiohttp

from bench.gaps import longest, silent
from bench.machine import Cores
from bench.silence_figures import Heard, Moment
from bench.silence_plan import WORDS, Scenario, SilencePlan
from bench.silence_stage import Stage
from bench.silence_strikes import STRIKES, Struck
from bench.worker import MeasuredWorker, environment
from hub.composition import boxes
from hub.demo.workers import await_open
from schemas import load as contracts
from streams.kafka.clock import SystemClock
from streams.settings import Settings

_FIRST_CONTEXTS_SECONDS: Final = 65.0
"""Those of everybody go out a minute after they came in."""
_FLOWS_SECONDS: Final = 110.0
"""At most, for the load that is encoded: what it takes to come to rest, and a strike."""
_LOOK_SECONDS: Final = 0.1
_SAY_SECONDS: Final = 5.0
_SILENT_SECONDS: Final = 1.0
"""From which on progress names a partition."""


class _Mark(NamedTuple):
    what: str
    at: float
    utc: str


class _Count(NamedTuple):
    at: float
    sent: int
    asked: int
    repeated: int
    unasked: int

    @classmethod
    def of(cls, stage: Stage) -> Self:
        """Read how far a stage is."""
        probes = stage.probes
        return cls(time.monotonic(), stage.sent, probes.asked, probes.repeated, stage.unasked)


class Run:
    """Listens to one installation.

    Args:
        plan: What it is to be.
        settings: Of the installation.
        stage: Open.
        logs: Where the workers' logs go.
        say: Told how far it is.
    """

    def __init__(
        self, plan: SilencePlan, settings: Settings, stage: Stage, logs: Path, say: Callable[[str], None]
    ) -> None:
        self._plan, self._settings, self._stage, self._logs, self._say = plan, settings, stage, logs, say
        self._tasks = {box.name: box.tasks(plan.partitions) for box in boxes(contracts())}
        self._is_known = False

    async def listen(self, scenario: Scenario, number: int) -> Heard:
        """Bring two workers into a steady state, do what the scenario says, and hear how long who is silent.

        Raises:
            CommandRefused: they do not come to rest, or a worker ended that nothing was done to.
        """
        self._say(f"{scenario}, {WORDS[scenario]}: two workers start ...")
        self._stage.encode(_FLOWS_SECONDS + self._plan.quiet_seconds + self._plan.watch_seconds)
        pair = [self._worker(scenario, number, name) for name in ("one", "two")]
        third = self._worker(scenario, number, "three")
        struck = third if scenario == "join" else pair[(number - 1) % 2]
        try:
            for worker in pair:
                worker.start()
            await await_open(pair, self._tasks)
            await self._know_the_people()
            return await self._strike(scenario, number, struck, pair)
        finally:
            self._stage.cut()
            await asyncio.gather(*(worker.stop() for worker in (*pair, third)))

    async def _strike(
        self, scenario: Scenario, number: int, struck: MeasuredWorker, pair: Sequence[MeasuredWorker]
    ) -> Heard:
        stage, before = self._stage, _Count.of(self._stage)
        stage.flow()
        await stage.settle(lambda: _check(pair))
        quiet = _Count.of(stage)
        await self._watch(self._plan.quiet_seconds, pair)
        theirs = await partitions_of(struck)
        marks = await self._do(scenario, struck, [worker for worker in pair if worker is not struck])
        theirs = theirs or await partitions_of(struck)
        end = _Count.of(stage)
        await stage.drain()
        arrivals, everybody = stage.probes.arrivals, range(self._plan.partitions)
        others = set(everybody) - theirs
        return Heard(
            scenario=scenario,
            number=number,
            aim_seconds=self._plan.aim_seconds(scenario),
            struck_partitions=tuple(sorted(theirs)),
            quiet=longest(arrivals, everybody, quiet.at, marks[0].at),
            moments=tuple(
                Moment(mark.what, mark.utc, *(longest(arrivals, some, mark.at, until) for some in (theirs, others)))
                for mark, until in zip(marks, [*(mark.at for mark in marks[1:]), end.at], strict=True)
            ),
            asked=stage.probes.asked - before.asked,
            missing=stage.probes.give_up(),
            repeated=stage.probes.repeated - before.repeated,
            unasked=stage.unasked - before.unasked,
            events_per_second=(end.sent - quiet.sent) / (end.at - quiet.at),
            ended=struck.status,
        )

    async def _do(self, scenario: Scenario, worker: MeasuredWorker, others: Sequence[MeasuredWorker]) -> list["_Mark"]:
        """Strike, and watch until it is over; returns what was done when."""
        marks: list[_Mark] = []

        def mark(what: str) -> None:
            marks.append(_Mark(what, time.monotonic(), _utc(SystemClock(is_log=False).now())))
            self._say(f"  {what}: {worker.name}")

        doing = asyncio.create_task(STRIKES[scenario](Struck(worker, self._plan.session_seconds, mark)))
        try:
            while not doing.done():
                await self._watch(_LOOK_SECONDS, others)
            await doing
            await self._watch(self._plan.watch_seconds, others)
        finally:
            doing.cancel()
            await asyncio.wait([doing])
        return marks

    def _worker(self, scenario: Scenario, number: int, name: str) -> MeasuredWorker:
        member = f"silence-{name}" if scenario == "restart" else "none"
        settings = environment(self._settings) | {
            "HUB_INSTANCE_ID": member,
            "HUB_SESSION_TIMEOUT_SECONDS": f"{self._plan.session_seconds:g}",
        }
        return MeasuredWorker(
            f"worker {name}", settings, self._logs / f"{scenario}-{number}-{name}.log", cores=Cores(None, None)
        )

    async def _know_the_people(self) -> None:
        if self._is_known:
            return
        self._say("configuration and people; a minute until the first contexts of everybody are out ...")
        await self._stage.introduce()
        await asyncio.sleep(_FIRST_CONTEXTS_SECONDS)
        self._is_known = True

    async def _watch(self, seconds: float, workers: Sequence[MeasuredWorker]) -> None:
        """Wait while everything that must run runs, and say which partitions are silent."""
        until = time.monotonic() + seconds
        while (now := time.monotonic()) < until:
            self._stage.check()
            _check(workers)
            self._progress(now)
            await asyncio.sleep(min(_LOOK_SECONDS, until - now))

    _said = 0.0

    def _progress(self, now: float) -> None:
        if now - self._said < _SAY_SECONDS:
            return
        self._said = now
        found = silent(self._stage.probes.arrivals, range(self._plan.partitions), now)
        long = {partition: seconds for partition, seconds in found.items() if seconds > _SILENT_SECONDS}
        words = ", ".join(f"{partition} for {seconds:.1f} s" for partition, seconds in long.items())
        self._say(f"  {self._stage.probes.asked:,} probes; silent: {words or 'none'}")


async def partitions_of(worker: MeasuredWorker) -> set[int]:
    """Return the numbers of which a worker has a task that is open; none of one that was not started or has ended."""
    async with aiohttp.ClientSession() as session:
        await worker.refresh(session)
    found = (name.rpartition("-") for name, state in worker.tasks.items() if state == "open")
    return {int(number) for box, _, number in found if box in ("resolve", "customer")}


def _utc(millis: int) -> str:
    return datetime.fromtimestamp(millis / 1000, UTC).isoformat()


def _check(workers: Sequence[MeasuredWorker]) -> None:
    for worker in workers:
        worker.check()
