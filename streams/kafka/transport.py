"""Faust's transport `hub://`: chunks instead of messages, and offsets that move with the tasks' commits."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, ClassVar, Final

from aiokafka.errors import KafkaError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from streams.kafka.bypass import BypassRefused
from streams.kafka.chunk import Chunk
from streams.kafka.death import STOP_MORE_SECONDS, exit_after
from streams.kafka.fetching import FetchThread
from streams.kafka.intake import Fetched

_IDLE_SECONDS: Final = 0.02


class HubConsumer(driver.Consumer):  # type: ignore[misc]  # Faust has no types
    """Hands each agent what a fetch brought for it as one message. Commits nothing: the tasks do.

    `seek` is by the tasks' own positions, and a revocation lets the tasks commit what they folded.
    """

    logger = logging.getLogger("faust.hub.consumer")

    _thread: FetchThread

    def _new_consumer_thread(self) -> FetchThread:
        thread = FetchThread(self, loop=self.loop, beacon=self.beacon)
        thread.on_lost = self._on_lost
        self.app.runtime.bind(thread, self)
        return thread

    def _on_lost(self, reason: str) -> None:
        self.app.loop.call_soon_threadsafe(self.app.runtime.die, reason)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Close all tasks (the group's protocol is eager: every partition goes), then let Faust go on."""
        self._thread.close_epoch()
        await self.app.runtime.close_for_rebalance()
        await super().on_partitions_revoked(revoked)

    async def on_stop(self) -> None:
        """Close all tasks before the consumer leaves the group."""
        self._thread.close_epoch()
        # What is still open then hangs in the client library, and an exception in here would hang Faust.
        watchdog = exit_after(self.app.runtime.settings.stop_budget_seconds + STOP_MORE_SECONDS)
        await self.app.runtime.stop()
        await super().on_stop()
        watchdog.cancel()

    async def perform_seek(self) -> None:
        """Go to where the open tasks stand; nothing else is read."""
        await self._thread.seek_all(self.app.runtime.positions())

    async def create_topic(self, *_: Any, **__: Any) -> None:  # noqa: ANN401 - Faust's signature
        """Create nothing: topics are provisioned, an unprovisioned one is a reason not to start."""

    def on_buffer_full(self, tp: TP) -> None:
        """Go on reading: handing on waits for room, and what waits before it is bounded.

        Faust would have the partition not taken; aiokafka then asks the broker for nothing for 100 ms.
        """

    def on_buffer_drop(self, tp: TP) -> None:
        """Nothing was held back."""

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Keep quiet: Faust's detector knows only commits of its own."""

    async def _drain_messages(self, fetcher: Any) -> None:  # noqa: ANN401 - Faust's signature
        try:
            while not (self.should_stop or fetcher.should_stop):
                if not self.flow_active:
                    await self.wait(self.can_resume_flow)
                    continue
                partitions = set(self._get_active_partitions())
                if not partitions:  # all are held back: an empty set would mean every partition to aiokafka
                    await asyncio.sleep(_IDLE_SECONDS)
                    continue
                await self._deliver(await self._thread.fetch(partitions))
        except (*self.consumer_stopped_errors, asyncio.CancelledError):
            if not self.transport.app.should_stop:
                raise
        except KafkaError as cause:  # such as an authorisation that was withdrawn; Faust would end with status 1 or 0
            self.app.runtime.die(f"reading failed: {cause!r}")

    async def _deliver(self, fetched: Fetched) -> None:
        """Hand on what was fetched: Faust takes a message through four queues, and a fetch may hold every partition."""
        generation, runtime = self.app.consumer_generation_id, self.app.runtime
        by_box: dict[str, list[Chunk]] = {}
        for chunk in self._chunks(fetched):
            by_box.setdefault(runtime.box_of[chunk.tp.topic], []).append(chunk)
        for chunks in by_box.values():
            if fetched.epoch != self._thread.epoch:
                return
            # May wait for a rebalance to end; the chunks' epoch then keeps them from being applied.
            await self.callback(_message(chunks, generation))

    def _chunks(self, fetched: Fetched) -> Iterator[Chunk]:
        """Yield what was fetched of each partition, the urgent topics' first."""
        urgent = self.app.runtime.urgent
        for partition, records in sorted(fetched.records.items(), key=lambda read: read[0].topic not in urgent):
            if records:
                tp = TP(partition.topic, partition.partition)
                yield Chunk(tp, records, fetched.epoch, fetched.ends.get(partition, 0))


class HubProducer(driver.Producer):  # type: ignore[misc]  # Faust has no types
    """Refuses to send: a record sent beside a task's commit would be outside its transaction."""

    logger = logging.getLogger("faust.hub.producer")

    async def send(self, *_: Any, **__: Any) -> Awaitable[Any]:  # noqa: ANN401 - Faust's signature
        """Refuse.

        Raises:
            BypassRefused: always.
        """
        raise BypassRefused("a record goes out with its task's commit: return it as an Output of the fold")

    async def create_topic(self, *_: Any, **__: Any) -> None:  # noqa: ANN401 - Faust's signature
        """Create nothing."""


class HubTransport(driver.Transport):  # type: ignore[misc]  # Faust has no types
    """Faust's aiokafka transport with the consumer and the producer above."""

    Consumer: ClassVar[type[HubConsumer]] = HubConsumer
    Producer: ClassVar[type[HubProducer]] = HubProducer


Callback = Callable[[ConsumerMessage], Awaitable[None]]


def _message(chunks: Sequence[Chunk], generation: int) -> ConsumerMessage:
    tp = chunks[0].tp  # any partition of the box: its agent reads them all
    return ConsumerMessage(
        topic=tp.topic,
        partition=tp.partition,
        offset=chunks[0].records[-1].offset,
        timestamp=0.0,
        timestamp_type=0,
        headers=None,
        key=None,
        value=chunks,
        checksum=None,
        serialized_key_size=0,
        serialized_value_size=0,
        tp=tp,
        generation_id=generation,
    )
