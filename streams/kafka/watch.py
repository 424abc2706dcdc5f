"""What happens between chunks: ticks of due timers, partitions held back and let go, transactional ids renewed."""

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.records import Ticked
from streams.core.errors import CommitFailed
from streams.core.records import Millis
from streams.kafka.clients import make_producer, stop_producer
from streams.kafka.fetching import FetchThread
from streams.kafka.owned import OwnedTask
from streams.kafka.tasklog import KafkaTaskLog

if TYPE_CHECKING:
    from streams.kafka.runtime import Runtime

_ROUND_SECONDS: Final = 0.05
_HELD_ROUND_SECONDS: Final = 0.01
"""While a task is held back, it commits its last and has nothing to do."""
_TICK_AGAIN_SECONDS: Final = 1.0
"""A tick that was not seen by then is on its way behind other records, or lost; one more is harmless."""
_RENEW_SECONDS: Final = 86_400.0
"""Kafka forgets an idle transactional id after seven days by default."""

logger = logging.getLogger(__name__)


class Watch:
    """Looks after the open tasks, twenty times a second.

    Args:
        runtime: Whose tasks.
        thread: Pauses in aiokafka.
        consumer: Pauses in Faust.
    """

    def __init__(self, runtime: "Runtime", thread: FetchThread, consumer: Any) -> None:  # noqa: ANN401 - Faust's
        self._runtime, self._thread, self._consumer = runtime, thread, consumer
        self._held: list[OwnedTask] = []
        self._ticked: dict[tuple[str, int], tuple[Millis, float]] = {}
        self._producer: AIOKafkaProducer | None = None
        self._rounds: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin watching; nothing is held at first."""
        self._held, self._ticked = [], {}
        self._rounds = asyncio.create_task(self._run(), name="watch")
        self._rounds.add_done_callback(self._on_end)

    async def stop(self) -> None:
        """End watching."""
        rounds, self._rounds = self._rounds, None
        if rounds:
            rounds.cancel()
            await asyncio.wait([rounds])

    async def close(self) -> None:
        """End watching and let go of the connection."""
        await self.stop()
        producer, self._producer = self._producer, None
        if producer:
            await stop_producer(producer)

    def hold(self, owned: OwnedTask) -> None:
        """Stop reading a congested task's sources until it has committed; a braked one's for good.

        In aiokafka too: what Faust alone holds back goes on being fetched.
        """
        if owned not in self._held:
            self._held.append(owned)
            self._pause(owned, is_paused=True)

    def _on_end(self, rounds: "asyncio.Task[None]") -> None:
        if not rounds.cancelled() and (cause := rounds.exception()):
            self._runtime.die(f"the watch over the tasks failed: {cause!r}")

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_HELD_ROUND_SECONDS if self._held else _ROUND_SECONDS)
            self._let_go()
            await self._tick()
            await self._renew()

    def _let_go(self) -> None:
        for owned in [o for o in self._held if not (o.task.is_congested or o.task.is_braked)]:
            self._held.remove(owned)
            self._pause(owned, is_paused=False)

    def _pause(self, owned: OwnedTask, *, is_paused: bool) -> None:
        (self._consumer.pause_partitions if is_paused else self._consumer.resume_partitions)(owned.sources)
        self._thread.pause_in(self._thread.epoch, owned.sources, is_paused=is_paused)

    async def _tick(self) -> None:
        clock = self._runtime.assembly.clock
        if clock.is_log:
            return
        now = clock.now()
        for owned in list(self._runtime.owned.values()):
            task = owned.task
            due = task.next_due() if task.box.has_ticks else None
            if due is None or due > now or not self._is_tick_missing((task.box.name, task.partition), due):
                continue
            await self._append_tick(owned, now)

    def _is_tick_missing(self, name: tuple[str, int], due: Millis) -> bool:
        last_due, sent_at = self._ticked.get(name, (None, 0.0))
        if last_due == due and time.monotonic() - sent_at < _TICK_AGAIN_SECONDS:
            return False
        self._ticked[name] = due, time.monotonic()
        return True

    async def _append_tick(self, owned: OwnedTask, now: Millis) -> None:
        if self._producer is None:
            self._producer = make_producer(self._runtime.settings, None)
            await self._producer.start()
        tp = owned.sources[0]  # a box with ticks reads its timeline first
        try:
            await self._producer.send(
                tp.topic, self._runtime.assembly.codec.encode(Ticked()), partition=tp.partition, timestamp_ms=now
            )
        except KafkaError as cause:  # tried again in a second
            logger.warning("no tick: %r", cause)

    async def _renew(self) -> None:
        now = time.monotonic()
        for owned in list(self._runtime.owned.values()):
            if isinstance(owned.log, KafkaTaskLog) and now - owned.renewed_at > _RENEW_SECONDS:
                owned.renewed_at = now
                try:
                    await owned.log.renew()
                except CommitFailed as cause:
                    self._runtime.die(f"a renewal failed: {cause!r}")
