"""One run: a broker, three workers, a day, strikes, and a verifier that knows the topics alone."""

import asyncio
import logging
import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from random import Random
from typing import Final

from aiokafka import TopicPartition

from hub.composition import boxes
from operator_day import DayPlan, Progress
from operator_day.day import live
from operator_day.ledger import Ledger
from operator_day.reconcile import reconcile
from operator_day.report import Report
from operator_day.through import StandsStill
from operator_day.zones import HOUR, SECOND
from schemas import load as contracts
from streams.brokers import ApacheKafka
from streams.core.fold import Box
from streams.kafka.cluster import Cluster
from streams.kafka.names import Names
from streams.kafka.provisioning import apply_topics
from streams.settings import Settings, environment_of, load
from tests.chaos import plan as plans
from tests.chaos.cluster import cluster_of
from tests.chaos.compaction import Compaction
from tests.chaos.crew import Crew
from tests.chaos.director import Director
from tests.chaos.plan import ChaosPlan
from tests.chaos.schedule import KINDS, PLAIN_KINDS, SEVERAL_BROKERS_KINDS, schedule
from tests.chaos.silence import Listener
from tests.chaos.stage import SlowStage
from tests.chaos.strikes import Field
from tests.chaos.verdict import Verdict
from tests.chaos.verifier import Verifier

Say = Callable[[str], None]

_READY_SECONDS: Final = 120.0
_STILL_SECONDS: Final = 120.0
_CONTROL_STILL_SECONDS: Final = 45.0
_FINISH_SECONDS: Final = 90.0
_TELL_SECONDS: Final = 5.0


async def run(plan: ChaosPlan, say: Say) -> Verdict:
    """Run it; what a failing run leaves is under `plan.directory / plan.name`."""
    directory = plan.directory / plan.name
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    logging.basicConfig(
        filename=directory / "harness.log", level=logging.WARNING, format="%(asctime)s %(message)s", force=True
    )
    say(f"{plan.brokers} broker(s) start ...")
    async with cluster_of(plan.brokers, directory) as nodes:
        verdict = await _Run(plan, nodes, say).live()
    (plan.directory / f"{plan.name}.json").write_text(verdict.to_json())
    if verdict.is_right:
        shutil.rmtree(directory, ignore_errors=True)
    else:
        say(f"kept: the workers' logs and the broker's data, topics and all, in {directory}")
    return verdict


@contextmanager
def _logging(path: Path) -> Iterator[None]:
    """Put what the clients of this process have to say into a file; brokers that are killed make them talk."""
    handler = logging.FileHandler(path)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(message)s"))
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()


class _Run:
    def __init__(self, plan: ChaosPlan, nodes: Sequence[ApacheKafka], say: Say) -> None:
        self._plan, self._nodes, self._say = plan, nodes, say
        self._directory = plan.directory / plan.name
        self._settings = _settings(plan, nodes)
        self._names = Names.of(self._settings)
        self._boxes = boxes(contracts())
        self._began = time.monotonic()
        self._told = 0.0
        self._fault: str | None = None
        self._ledger = Ledger()
        self._stage = SlowStage(
            self._settings.broker,
            self._settings.topic_prefix,
            self._names.group,
            self._ledger,
            has_transactions=True,  # of the broker, and upstream uses them whatever the hub does
            limit_seconds=_CONTROL_STILL_SECONDS if plan.is_control else _STILL_SECONDS,
        )
        self._verifier = Verifier(self._settings.broker, self._names, [box.name for box in self._boxes])

    async def live(self) -> Verdict:
        """Live the day under fire and judge it."""
        plan, settings = self._plan, self._settings
        await apply_topics(settings, contracts(), self._boxes)
        compaction = None if plan.is_control or plan.brokers > 1 else self._compaction()
        if compaction:
            await asyncio.to_thread(compaction.prepare)
        crew = Crew(_environment(settings), self._directory, Random(f"crew/{plan.seed}"))
        listener = Listener(settings.broker, self._names, self._stage.ends)
        async with crew, self._stage, self._verifying():
            for number in range(1, plans.WORKERS + 1):
                crew.add(f"worker-{number}")
            if not await crew.all_ready(_READY_SECONDS):
                raise TimeoutError(f"the workers are not ready after {_READY_SECONDS:.0f} s: see {self._directory}")
            field = Field(
                crew, tuple(self._nodes), settings.broker, self._transactional_ids(), compaction,
                settings.session_timeout_seconds, settings.transaction_timeout_seconds,
                has_transactions=settings.transactions,
            )  # fmt: skip
            kinds = PLAIN_KINDS if plan.is_control else SEVERAL_BROKERS_KINDS if plan.brokers > 1 else KINDS
            self._director = Director(field, schedule(plan.seed, kinds), self._say)
            listening = asyncio.create_task(listener.run(), name="listener")
            await self._day()
            listening.cancel()
            report = await self._judge()
        silences = listener.waits.longest.values()
        return Verdict(
            plan=plan,
            seconds=time.monotonic() - self._began,
            report=report,
            checks=self._verifier.checks,
            struck=self._director.struck,
            ends=crew.ends,
            strange=crew.strange,
            silence=max(silences, default=None),
            fault=self._fault,
        )

    async def _day(self) -> None:
        plan = self._plan
        day = DayPlan(seed=plan.seed, customers=plan.customers, slice_seconds=plan.slice_seconds)
        slices = (day.hours + 1) * (HOUR // SECOND // plan.slice_seconds)
        self._stage.begin(plan.minutes * 60, slices)
        self._stage.events_per_second = plan.events_per_second
        striking = asyncio.create_task(self._director.run(), name="director")
        try:
            await live(day, self._ledger, self._stage, self._tell)
        except StandsStill as fault:
            self._fault = str(fault)
        finally:
            self._director.stop()
            await striking

    async def _judge(self) -> Report | None:
        self._say("the day is over: everything is read to its end ...")
        try:
            await asyncio.to_thread(self._verifier.finish, _FINISH_SECONDS)
        except TimeoutError as fault:
            self._fault = self._fault or str(fault)
        if self._fault is None:
            self._verifier.checks.settled(await self._committed())
        observed = self._verifier.observed
        observed.day_contexts = self._stage.observed.day_contexts
        seconds = time.monotonic() - self._began
        return reconcile(self._ledger, observed, has_transactions=True, seconds=seconds)

    async def _committed(self) -> Mapping[tuple[str, int], Mapping[str, int]]:
        found: dict[tuple[str, int], Mapping[str, int]] = {}
        async with Cluster(self._settings.broker) as cluster:
            for box in self._boxes:
                for partition in range(box.tasks(self._settings.partitions)):
                    found[box.name, partition] = await self._committed_of(cluster, box, partition)
        return found

    async def _committed_of(self, cluster: Cluster, box: Box, partition: int) -> Mapping[str, int]:
        places = {TopicPartition(self._names.topic(topic), partition): topic for topic in box.sources}
        offsets = await cluster.committed(self._names.group, places)
        return {places[tp]: at for tp, at in offsets.items() if at is not None}

    def _transactional_ids(self) -> tuple[str, ...]:
        count = self._settings.partitions
        tasks = [(box.name, k) for box in self._boxes for k in range(box.tasks(count))]
        return tuple(self._names.transactional_id(*task) for task in tasks)

    def _compaction(self) -> Compaction:
        changelogs = [self._names.changelog(box.name) for box in self._boxes]
        return Compaction(self._settings.broker, changelogs, self._nodes[0].directory / "data")

    def _tell(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._told < _TELL_SECONDS:
            return
        self._told = now
        share = progress.slices_done / progress.slices
        found = self._verifier.checks.faults.total()
        self._say(
            f"{share:4.0%} of the day, {progress.sent:,} events, oldest {progress.age_seconds:.1f} s, "
            f"{self._verifier.checks.records:,} records verified, {found} faults"
            + (f"; {self._director.now}" if self._director.now else "")
        )

    @asynccontextmanager
    async def _verifying(self) -> AsyncIterator[None]:
        self._verifier.start()
        try:
            yield
        finally:
            await asyncio.to_thread(self._verifier.close)


def _settings(plan: ChaosPlan, nodes: Sequence[ApacheKafka]) -> Settings:
    return load(
        broker=",".join(node.address for node in nodes),
        topic_prefix="chaos.",
        partitions=plans.PARTITIONS,
        clock="log",
        retention="unlimited",
        transactions=not plan.is_control,
        replication_factor=min(3, len(nodes)),
        session_timeout_seconds=plans.SESSION_SECONDS,
        transaction_timeout_seconds=plans.TRANSACTION_SECONDS,
    )


def _environment(settings: Settings) -> Mapping[str, str]:
    """Give what the workers have in common."""
    more = ("replication_factor", "session_timeout_seconds", "transaction_timeout_seconds")
    return environment_of(settings, *more, "compiled") | {"HUB_PSEUDONYM_KEY": "a key for the length of a run"}
