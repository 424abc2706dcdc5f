"""One measurement: conversations typed beside a steady load, and their decisions read as they are committed."""

import asyncio
import os
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from itertools import chain, cycle
from random import Random
from typing import Any, Final, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from bench.answers import PROBED, TOPIC_OF, Answers, LatencyPlan, LatencyResult, at_share, percentiles
from bench.capacity import capacity
from bench.conversations import CRM, TICKS_PER_SECOND, Conversations, Step, reason, renamed, started
from bench.feed import Feed
from bench.meter import usage_of
from bench.worker import MeasuredWorker
from hub.refusal import CommandRefused
from operator_day import shelf
from schemas import wire
from streams.kafka.clock import SystemClock
from streams.settings import Settings

_CONTACT: Final = "contact.interaction.v1"
_TALKS_BEFORE_REASON_SECONDS: Final = 1.0
_WARM_UP_SECONDS: Final = 30
"""A broker that has just started compiles itself for most of a minute under load, half a core's worth."""
_LATER_WARM_UP_SECONDS: Final = 5
_PATIENCE_SECONDS: Final = 60.0
_SAY_SECONDS: Final = 10.0
_FIRST_CONTEXTS_SECONDS: Final = 65.0
_SETTLES_SECONDS: Final = 180.0
_PROMPT_SECONDS: Final = 0.5
_PROMPT_IN_A_ROW: Final = 5


class _Round(NamedTuple):
    """What one round brought.

    Attributes:
        capacity: Events a second, where it was measured.
        since: When it began to count, `time.monotonic`.
        until: When the load ended.
        sent: Events beside the questions.
        spent: CPU seconds of workers, broker and load.
    """

    capacity: float | None
    since: float
    until: float
    sent: int
    spent: Sequence[float]


class Run:
    """One measurement on a broker.

    Args:
        plan: What it is to be.
        settings: Of the installation.
        say: Told how far it is.
    """

    def __init__(self, plan: LatencyPlan, settings: Settings, say: Callable[[str], None]) -> None:
        self._plan, self._settings, self._say = plan, settings, say
        self._clock = SystemClock(is_log=False)
        self._load = Conversations(plan.customers, plan.partitions, self._clock.now(), plan.seed)
        self._rng = Random(f"talks/{plan.seed}")
        self._codes = sorted({code for offer in shelf.offers(1).offers for code in offer.reasons})
        self._answers = Answers()
        self._asks = 0
        # Nobody twice in a row of all: of two changes of one name that are folded together, the last alone shows.
        self._asked = cycle(self._rng.sample(range(plan.customers), plan.customers))
        self._talks: set[asyncio.Task[None]] = set()
        self._feed = Feed(settings, self._load)
        self._reader: Any = AIOKafkaConsumer(
            bootstrap_servers=settings.broker,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )

    async def measure(self, workers: Sequence[MeasuredWorker], broker_pid: int) -> LatencyResult:
        """Bring the people in, let the load flow, time the answers."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._feed)
            await self._reader.start()
            stack.push_async_callback(self._reader.stop)
            prefix = self._settings.topic_prefix
            self._reader.assign(
                [TopicPartition(prefix + TOPIC_OF[self._plan.probe], k) for k in range(self._plan.partitions)]
            )
            self._say("configuration and people ...")
            await self._feed.introduce()
            self._say("a minute until the first contexts of everybody are out ...")
            reading = asyncio.create_task(self._read())
            stack.callback(reading.cancel)
            await self._is_known()
            rounds = self._plan.rounds
            return self._result([await self._round(number, rounds, workers, broker_pid) for number in range(rounds)])

    async def _round(self, number: int, rounds: int, workers: Sequence[MeasuredWorker], broker_pid: int) -> _Round:
        """Find the load, and time the questions beside it."""
        warm_up = _WARM_UP_SECONDS if number == 0 else _LATER_WARM_UP_SECONDS
        per_second, found = self._plan.events_per_second, None
        if self._plan.share is not None:
            self._say(f"{number + 1} of {rounds}: how much it gets through while there is always more to do ...")
            found = await capacity(self._feed, self._load, workers, warm_up)
            self._say(f"... {found:,.0f} events/s")
            per_second = int(found * self._plan.share / 100)
        self._say("encoding the load ...")
        steps = self._load.background(per_second, self._plan.seconds // rounds + warm_up)
        return (await self._flow(steps, warm_up, workers, broker_pid))._replace(capacity=found)

    async def _flow(
        self, steps: Sequence[Step], warm_up: int, workers: Sequence[MeasuredWorker], broker_pid: int
    ) -> _Round:
        self._say(f"the load and {self._plan.conversations_per_second} timed questions/s beside it ...")
        begin = time.monotonic()
        warm = warm_up * TICKS_PER_SECOND
        talks_per_tick = self._plan.conversations_per_second / TICKS_PER_SECOND
        since, before, due = begin, (0.0, 0.0, 0.0), 0.0
        said = begin
        for number, step in enumerate(steps):
            await asyncio.sleep(max(0.0, begin + number / TICKS_PER_SECOND - time.monotonic()))
            if number == warm:
                since, before, self._feed.sent = time.monotonic(), _cpu(workers, broker_pid), 0
            self._start(self._feed.publish(step))
            due += talks_per_tick
            while due >= 1:
                due, self._asks = due - 1, self._asks + 1
                self._start(self._ask(f"{PROBED}{self._asks}"))
            for worker in workers:
                worker.check()
            if time.monotonic() - said > _SAY_SECONDS:
                said = time.monotonic()
                self._say(f"{said - begin:5.0f} s  {percentiles(self._answers.millis(since))}")
        until, after, sent = time.monotonic(), _cpu(workers, broker_pid), self._feed.sent
        limit = time.monotonic() + _PATIENCE_SECONDS
        await self._answered(limit)
        spent = [late - early for early, late in zip(before, after, strict=True)]
        return _Round(None, since, until, sent, spent)

    async def _answered(self, limit: float) -> None:
        """Wait until every question is answered, or for the limit.

        Raises:
            CommandRefused: something could not be published.
        """
        try:
            await asyncio.gather(*self._talks)
        except KafkaError as cause:
            raise CommandRefused(f"the broker does not take the load: {cause!r}") from cause
        for _ in range(int((limit - time.monotonic()) * 10)):
            if not self._answers.missing:
                return
            await asyncio.sleep(0.1)

    def _result(self, rounds: Sequence[_Round]) -> LatencyResult:
        # By when they were asked: an answer later than its round counts, a question behind the load does not.
        found = (self._answers.millis(each.since, each.until) for each in rounds)
        millis = sorted(chain.from_iterable(found)) or [float("nan")]
        seconds = sum(each.until - each.since for each in rounds)
        worker, broker, load = (sum(spent) / seconds for spent in zip(*(each.spent for each in rounds), strict=True))
        return LatencyResult(
            questions=len(millis),
            p50=at_share(millis, 0.5),
            p90=at_share(millis, 0.9),
            p99=at_share(millis, 0.99),
            most=millis[-1],
            missing=self._answers.missing,
            repeated=self._answers.repeated,
            empty=self._answers.empty,
            background_per_second=sum(each.sent for each in rounds) / seconds,
            capacities=[each.capacity for each in rounds if each.capacity is not None],
            worker_cores=worker,
            broker_cores=broker,
            load_cores=load,
        )

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        def done(task: asyncio.Task[None]) -> None:
            if task.cancelled() or not task.exception():
                self._talks.discard(task)  # one that failed stays, and fails whoever waits for all

        task = asyncio.create_task(work)
        self._talks.add(task)
        task.add_done_callback(done)

    async def _ask(self, name: str) -> None:
        """Ask a timed question: change a name, or begin a conversation and type its reason a second later."""
        index = next(self._asked)
        key = self._load.customer_key(index)
        if self._plan.probe == "context":
            self._answers.sent[name] = time.monotonic()
            await self._feed.tell(CRM, key, renamed(index, name, self._clock.now()))
            return
        await self._feed.tell(_CONTACT, key, started(name, self._clock.now()))
        await asyncio.sleep(_TALKS_BEFORE_REASON_SECONDS)
        value = reason(name, self._rng.choice(self._codes), self._clock.now())
        self._answers.sent[name] = time.monotonic()
        await self._feed.tell(_CONTACT, key, value)

    async def _read(self) -> None:
        while True:
            for chunk in (await self._reader.getmany(timeout_ms=500)).values():
                now = time.monotonic()
                for record in chunk:
                    self._answers.take(wire.decode(record.value), now)

    async def _is_known(self) -> None:
        """Wait until the people are worked off, their first contexts too, which go out a minute later.

        Raises:
            CommandRefused: it does not come to that.
        """
        began, number, prompt = time.monotonic(), 0, 0
        while prompt < _PROMPT_IN_A_ROW or time.monotonic() - began < _FIRST_CONTEXTS_SECONDS:
            if time.monotonic() - began > _SETTLES_SECONDS:
                raise CommandRefused("the workers do not come to rest after the people came in")
            number += 1
            since = time.monotonic()
            await self._ask(f"{PROBED}before-{number}")
            await self._answered(time.monotonic() + _PROMPT_SECONDS)
            prompt = 0 if self._answers.missing else prompt + 1
            await asyncio.sleep(max(0.0, 1.0 - (time.monotonic() - since)))
        self._answers = Answers()


def _cpu(workers: Sequence[MeasuredWorker], broker: int) -> tuple[float, float, float]:
    ours = sum(usage_of(worker.pid).cpu_seconds for worker in workers)
    return ours, usage_of(broker).cpu_seconds, usage_of(os.getpid()).cpu_seconds
