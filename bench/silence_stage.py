"""The steady state that a strike falls into: load and probes that flow, and every output as it is committed."""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any, Final, Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.conversations import CRM, TICKS_PER_SECOND, Conversations, Step, renamed
from bench.feed import Feed
from bench.probes import Probes
from bench.silence_plan import SilencePlan
from hub.refusal import CommandRefused
from schemas import records, wire
from streams.kafka.clock import SystemClock
from streams.settings import Settings

_OUTPUT: Final = "customer.context.v1"
_PROMPT_SECONDS: Final = 0.5
_PROMPT_FOR_SECONDS: Final = 5.0
_SETTLES_SECONDS: Final = 90.0
_DRAINS_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 0.1


class Stage:
    """One installation's people, load and reader, open for as long as the `async with` block lasts.

    Args:
        plan: What it is to be.
        settings: Of the installation.

    Attributes:
        probes: What was asked and answered.
        unasked: Probes left out since all people of a partition owed an answer.
    """

    def __init__(self, plan: SilencePlan, settings: Settings) -> None:
        self._plan, self._settings, self._clock = plan, settings, SystemClock(is_log=False)
        self._load = Conversations(plan.customers, plan.partitions, self._clock.now(), plan.seed)
        self._feed = Feed(settings, self._load)
        self.probes, self.unasked = Probes(self._people()), 0
        self._steps: deque[Step] = deque()
        self._pending: set[asyncio.Task[None]] = set()
        self._flowing: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[None] | None = None
        self._open = AsyncExitStack()
        self._reader: Any = AIOKafkaConsumer(
            bootstrap_servers=settings.broker,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )

    def _people(self) -> dict[int, list[int]]:
        """Return whom to ask: those whose events come in and whose contexts go out under one partition number.

        A worker has all tasks of a number, so a probe passes through one worker alone.
        """
        found = defaultdict[int, list[int]](list)
        for index in range(self._plan.customers):
            number = self._load.place(self._load.customer_key(index))
            if number == self._load.place(self._load.timeline_key(index)):
                found[number].append(index)
        return {number: found[number] for number in range(self._plan.partitions)}

    async def __aenter__(self) -> Self:
        await self._open.enter_async_context(self._feed)
        await self._reader.start()
        self._open.push_async_callback(self._reader.stop)
        topic = self._settings.topic_prefix + _OUTPUT
        self._reader.assign([TopicPartition(topic, number) for number in range(self._plan.partitions)])
        self._reading = asyncio.create_task(self._read())
        self._open.callback(self._reading.cancel)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cut()
        await self._open.aclose()

    async def introduce(self) -> None:
        """Publish configuration and people."""
        await self._feed.introduce()

    def encode(self, seconds: float) -> None:
        """Have so many seconds of load ready, those that are left over included. Blocks."""
        missing = seconds - len(self._steps) / TICKS_PER_SECOND
        if missing > 0:
            self._steps += self._load.background(self._plan.events_per_second, int(missing) + 1)

    @property
    def sent(self) -> int:
        """How many events of the load went out so far."""
        return self._feed.sent

    def flow(self) -> None:
        """Let load and probes flow."""
        self._flowing = asyncio.create_task(self._flow())

    async def settle(self, check: Callable[[], None]) -> None:
        """Wait until every probe has been answered at once for a while.

        Args:
            check: Called again and again; raises when there is nothing to wait for.

        Raises:
            CommandRefused: it does not come to that.
        """
        began = prompt_since = time.monotonic()
        while (now := time.monotonic()) - prompt_since < _PROMPT_FOR_SECONDS:
            if now - began > _SETTLES_SECONDS:
                raise CommandRefused("the workers do not come to rest beside this load")
            if self.probes.waiting_seconds(now) > _PROMPT_SECONDS:
                prompt_since = now
            self.check()
            check()
            await asyncio.sleep(_LOOK_SECONDS)

    def cut(self) -> None:
        """Let no more flow."""
        if self._flowing:
            self._flowing.cancel()
            self._flowing = None

    async def drain(self) -> None:
        """Let no more flow and wait, within a limit, until every probe is answered."""
        self.cut()
        await asyncio.gather(*self._pending)
        limit = time.monotonic() + _DRAINS_SECONDS
        while (now := time.monotonic()) < limit and self.probes.missing:
            self.check()
            await asyncio.sleep(min(_LOOK_SECONDS, limit - now))

    def check(self) -> None:
        """Raise what ended the flow or the reading, if something did."""
        for running in (self._flowing, self._reading):
            if running and running.done() and (cause := running.exception()):
                raise cause.exceptions[0] if isinstance(cause, ExceptionGroup) else cause

    async def _flow(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._publish())
            group.create_task(self._probe())

    async def _publish(self) -> None:
        """Send one step after the other, so that a customer's events keep their order; what is late is made up for."""
        begin, number = time.monotonic(), 0
        while True:
            await asyncio.sleep(max(0.0, begin + number / TICKS_PER_SECOND - time.monotonic()))
            if not self._steps:
                raise CommandRefused("the load ran out before the workers came to rest")
            await self._feed.publish(self._steps.popleft())
            number += 1

    async def _probe(self) -> None:
        """Ask each partition in turn; not later than it is due, however slow the answers are."""
        count = self._plan.partitions
        begin, number, per_second = time.monotonic(), 0, self._plan.probes_per_second * count
        while True:
            await asyncio.sleep(max(0.0, begin + number / per_second - time.monotonic()))
            self._ask(number % count)
            number += 1

    def _ask(self, partition: int) -> None:
        asked = self.probes.ask(partition, time.monotonic())
        if asked is None:
            self.unasked += 1
            return
        index, name = asked
        self._start(self._feed.tell(CRM, self._load.customer_key(index), renamed(index, name, self._clock.now())))

    def _start(self, work: Any) -> None:  # noqa: ANN401 - a coroutine
        task = asyncio.create_task(work)
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)

    async def _read(self) -> None:
        while True:
            for chunk in (await self._reader.getmany(timeout_ms=500)).values():
                now = time.monotonic()
                for record in chunk:
                    context = wire.decode(record.value) if record.value else None
                    if isinstance(context, records.Context):
                        self.probes.take(context, now)
