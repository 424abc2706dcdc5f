"""Measures how a `hub worker` reads its state back, and whether it is the state that was left."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import islice
from pathlib import Path
from typing import Final

import aiohttp

from bench.command import Say
from bench.conversations import CRM, Conversations, Step, customer_of, renamed
from bench.ends import changelog_ends
from bench.gauges import Gauges
from bench.machine import Cores
from bench.meter import usage_of
from bench.plan import PARTITIONS
from bench.recovery_check import faults_of, probed_name
from bench.recovery_figures import Recovery, RecoveryPlan, Start
from bench.worker import MeasuredWorker, environment
from hub.composition import boxes
from hub.demo.workers import decoded
from hub.refusal import CommandRefused
from operator_day import Ledger
from operator_day.events import CONTROL, Event
from operator_day.observer import CONTEXT, HUBS_OWN, Observer
from operator_day.pen import clock
from operator_day.publisher import Publisher
from operator_day.through import Gate
from operator_day.zones import MINUTE
from schemas import load as contracts
from streams.kafka.clock import SystemClock
from streams.kafka.names import Names
from streams.kafka.provisioning import apply_topics
from streams.settings import load

_READY_SECONDS: Final = 900.0
_LOOK_SECONDS: Final = 0.2
"""Answering costs the worker some two milliseconds."""
_SAY_SECONDS: Final = 5.0
_STILL_SECONDS: Final = 120.0
_AT_ONCE: Final = 3_000
_STEP_MILLIS: Final = 1_000
"""By the log's clock, between a thousand people and the next: their contexts fall due one thousand after another."""
_TICKS_AT_ONCE: Final = 5
_TIMELINE: Final = HUBS_OWN[-1]


class HubBench:
    """One measurement, on topics of its own.

    Args:
        broker: `host:port` of a broker with transactions that compacts nothing meanwhile.
        plan: What it is to be.
        cores: Who runs where.
        directory: For the workers' logs.
        say: Told how far it is.
    """

    def __init__(self, broker: str, plan: RecoveryPlan, cores: Cores, directory: Path, say: Say) -> None:
        self._plan, self._cores, self._directory, self._say = plan, cores, directory, say
        self._settings = load(
            broker=broker,
            topic_prefix=f"recovery-{secrets.token_hex(3)}.",
            partitions=PARTITIONS,
            clock="log",
            retention="unlimited",
            transactions=True,
        )
        prefix = self._settings.topic_prefix
        self._arrives = SystemClock(is_log=False).now()
        self._people = Conversations(plan.customers, PARTITIONS, self._arrives, plan.seed)
        self._observer = Observer(broker, prefix)
        self._publisher = Publisher(broker, prefix, Ledger(), is_idempotent=True)
        self._gate = Gate(broker, prefix, Names.of(self._settings).group, limit_seconds=_STILL_SECONDS)

    async def run(self) -> Recovery:
        """Measure.

        Raises:
            CommandRefused: a worker ended or did not get ready.
            StandsStill: it stopped getting on.
            StartRefused: the broker refuses the topics.
        """
        catalogue = contracts()
        await apply_topics(self._settings, catalogue, boxes(catalogue))
        async with AsyncExitStack() as stack:
            for part in (self._observer, self._publisher, self._gate):
                await stack.enter_async_context(part)
            self._say("a worker starts over nothing ...")
            await self._measured()  # the first on this broker waits for coordinators that nobody asked for before
            empty = [await self._measured() for _ in range(self._plan.repeat)]
            written = await self._bring_in()
            before = self._contexts()
            self._say(f"a worker reads {written:,} changelog records back ...")
            full = [await self._measured() for _ in range(self._plan.repeat - 1)]
            async with self._worker("reader") as worker:
                full.append(await self._ready(worker))
                records = await self._restored(worker)
                self._say("checking the state ...")
                await self._work_off(worker, self._probes())
                await self._let_pass(worker)
        faults = faults_of(before, self._contexts(), self._plan.usage)
        if records != written:
            faults.append(f"{written:,} changelog records were written, {records:,} were read back")
        return Recovery(records=records, empty=tuple(empty), full=tuple(full), faults=tuple(faults))

    async def _bring_in(self) -> int:
        """Let a worker work off who the people are and what they used; returns how many changelog records it wrote."""
        people = self._people
        async with self._worker("writer") as worker:
            await self._ready(worker)
            watching = asyncio.create_task(self._watch(worker))
            try:
                configuration = [self._event(*message) for message in people.configuration()]
                await self._work_off(worker, configuration)
                self._say(f"{self._plan.customers:,} customers come in ...")
                await self._work_off(worker, self._events(people.eve()))
                self._say("they use something and are charged ...")
                await self._work_off(worker, self._events(people.usage(self._plan.usage)))
                await self._let_pass(worker)
            finally:
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)
            gauges, ends = await self._gauges(worker), await changelog_ends(self._settings)
        return sum(ends.values()) - sum(gauges.commits.values())  # a commit leaves one marker beside its records

    def _events(self, steps: Iterable[Step]) -> Iterator[Event]:
        for step in steps:
            self._arrives += _STEP_MILLIS
            for (topic, _), messages in step.messages.items():
                for key, value in messages:
                    yield self._event(topic, key, value)

    def _event(self, topic: str, key: bytes, value: bytes) -> Event:
        return Event(topic, key, value, (), self._arrives, "murmur2", CONTROL, "recovery")

    def _probes(self) -> list[Event]:
        """Write an event of everybody who is looked at."""
        key_of, at = self._people.customer_key, self._arrives
        return [self._event(CRM, key_of(index), renamed(index, probed_name(index), at)) for index in self._plan.probed]

    async def _let_pass(self, worker: MeasuredWorker) -> None:
        """Let the clock go on until every context is out that waits for others to join it.

        Little by little: a tick fires everything that is due in one piece, which must not take a transaction's time.
        """
        until = self._arrives + 2 * MINUTE
        while self._arrives < until:
            ticks = [clock(self._arrives + number * _STEP_MILLIS) for number in range(_TICKS_AT_ONCE)]
            self._arrives += _TICKS_AT_ONCE * _STEP_MILLIS
            await self._work_off(worker, ticks)

    def _contexts(self) -> dict[int, bytes]:
        """Give the last context of everybody who is looked at."""
        contexts = self._observer.observed.contexts
        keys = {index: customer_of(index).encode() for index in self._plan.probed}
        return {index: contexts[key] for index, key in keys.items() if key in contexts}

    async def _work_off(self, worker: MeasuredWorker, events: Iterable[Event]) -> None:
        waiting = iter(events)
        while some := list(islice(waiting, _AT_ONCE)):
            worker.check()
            await self._publisher.publish(some)
        await worker.unless_it_ends(self._gate.through(self._publisher.ends, self._observer))

    async def _watch(self, worker: MeasuredWorker) -> None:
        """Tell how far it is from what the observer reads anyway."""
        began = time.perf_counter()
        while True:
            await asyncio.sleep(_SAY_SECONDS)
            outputs, cpu = self._observer.observed.outputs, usage_of(worker.pid).cpu_seconds
            seconds = time.perf_counter() - began
            counts = f"{outputs[_TIMELINE]:>9,} on timelines  {outputs[CONTEXT]:>8,} contexts"
            self._say(f"{seconds:5.0f} s  {counts}  CPU {cpu:.1f} s")

    async def _measured(self) -> Start:
        async with self._worker("reader") as worker:
            return await self._ready(worker)

    async def _ready(self, worker: MeasuredWorker) -> Start:
        """Return what it took until it said that it is ready; told now and then how far it is.

        Raises:
            CommandRefused: it ended, or takes for ever.
        """
        began = said = time.perf_counter()
        async with aiohttp.ClientSession() as session:
            while True:
                await asyncio.sleep(_LOOK_SECONDS)
                worker.check()
                status = decoded(await worker.ask(session, "/readyz"))
                usage, now = usage_of(worker.pid), time.perf_counter()
                if status.get("is_ready"):
                    return Start(usage.cpu_seconds, now - began, status["recovered_records"], usage.peak_bytes)
                if now - began > _READY_SECONDS:
                    raise CommandRefused(f"the worker is not ready after {_READY_SECONDS:.0f} s")
                if now - said > _SAY_SECONDS:
                    said = now
                    self._say(f"{now - began:5.0f} s  {status.get('recovered_records', 0):>9,} records read back")

    async def _restored(self, worker: MeasuredWorker) -> int:
        return (await self._gauges(worker)).restored_records

    async def _gauges(self, worker: MeasuredWorker) -> Gauges:
        async with aiohttp.ClientSession() as session:
            return Gauges.of(await worker.ask(session, "/metrics") or "")

    @asynccontextmanager
    async def _worker(self, task: str) -> AsyncIterator[MeasuredWorker]:
        log = self._directory / f"worker-{task}.log"
        worker = MeasuredWorker("the worker", environment(self._settings), log, cores=self._cores)
        worker.start()
        try:
            yield worker
        finally:
            await worker.stop()
