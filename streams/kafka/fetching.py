"""The thread that talks to the group: fetches, seeks, pauses and commits, away from the folding loop.

Faust's thread with what the tasks need besides: read_committed, short waits, chunks that know which seek they
were fetched after. aiokafka and Faust offer no settings for most of it: hence their private parts, which are touched
here, in `light`, `header_names`, `membership`, `sessions` and `batches`.
"""
# ruff: noqa: SLF001 - see above

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from functools import partial
from itertools import count
from typing import Any, Final, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import ConsumerStoppedError, KafkaError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams.core.records import Record
from streams.kafka import header_names
from streams.kafka.gapless import REREAD_SECONDS, Gapless
from streams.kafka.intake import Fetched, Intake, gap_seconds
from streams.kafka.light import lighten
from streams.kafka.membership import watch_membership
from streams.kafka.sessions import FetchSessions

CLOSED: Final = 0
"""Epoch of no seek: what is fetched then is applied by nobody."""

_WAIT_SECONDS: Final = 0.2
_LOOK_SECONDS: Final = 1.0
"""aiokafka's fetcher goes through all partitions as often, whatever wakes it besides: what came, went or was sought."""
_LONG_POLL_MILLIS: Final = 500
_SHORT_POLL_MILLIS: Final = 15
"""The embedded broker sleeps a long poll out, whatever arrives meanwhile."""

_T = TypeVar("_T")


class FetchThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]  # Faust has no types
    """Faust's consumer thread with seeks that no late chunk outlives.

    Attributes:
        epoch: Number of the latest seek, `CLOSED` from a revocation to the next seek.
        on_lost: Called in the thread with a reason when the membership, or a position, is beyond repair; set by the
            consumer.
    """

    logger = logging.getLogger("faust.hub.thread")
    epoch = CLOSED
    on_lost: Callable[[str], None] = staticmethod(lambda _: None)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._epochs = count(CLOSED + 1)
        self._gapless: dict[TopicPartition, Gapless] = {}
        self._sought = set[TopicPartition]()
        self._intake: Intake | None = None
        self._sessions: FetchSessions | None = None

    def _create_worker_consumer(self, transport: Any) -> AIOKafkaConsumer:  # noqa: ANN401 - Faust's signature
        lighten()
        header_names.tolerate()
        consumer = super()._create_worker_consumer(transport)
        has_transactions = self.app.runtime.settings.transactions
        consumer._isolation_level = "read_committed" if has_transactions else "read_uncommitted"
        consumer._fetch_max_wait_ms = _LONG_POLL_MILLIS if has_transactions else _SHORT_POLL_MILLIS
        return consumer

    async def on_start(self) -> None:
        """Start, and watch for what aiokafka would hide: its membership's end, or somebody else's beginning.

        A static member that the group does not know would rejoin under its instance id, which takes it from its new
        holder, who does the same, for ever. So the one that is not recognised must end. And the task that keeps the
        membership, once it fails, is missed by nobody: the worker would hold partitions without reading them.
        """
        await super().on_start()
        fetcher = self._consumer._fetcher
        fetcher._client = self._sessions = FetchSessions(fetcher._client)
        if fetcher._client_rack is None:  # then all is read from leaders, and the way by replicas is long
            fetcher._select_read_replica = fetcher._client.cluster.leader_for_partition
        fetcher._fetcher_timeout = _LOOK_SECONDS
        watch_membership(self._consumer._coordinator, self.on_lost)

    async def on_thread_stop(self) -> None:
        """Stop the consumer, as far as it lets itself be stopped.

        Without a broker aiokafka's fetcher hands the cancellation of its own request on to whoever stops it, which
        would end the thread with a worker waiting for it for ever.
        """
        if self._intake is not None:
            self._intake.close()
        try:
            await super().on_thread_stop()
        except (KafkaError, asyncio.CancelledError) as cause:
            self.logger.warning("the consumer did not stop cleanly: %r", cause)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Hold every partition until its task is open; else aiokafka fetches from where nobody wants it."""
        self._consumer.pause(*driver.ensure_aiokafka_TPset(assigned))
        if self._sessions:
            self._sessions.begin_anew()
        await super().on_partitions_assigned(assigned, generation_id)

    def close_epoch(self) -> None:
        """From now on what is or was fetched is nobody's, until the next seek."""
        self.epoch = CLOSED

    async def fetch(self, partitions: Collection[TP]) -> Fetched:
        """Return what has arrived for `partitions`, waiting shortly for something.

        Without transactions what stands behind a gap is left for a later fetch; see `gapless`.

        Raises:
            ConsumerStoppedError: the consumer is closed.
            KafkaError: the broker refuses, such as after an authorisation was withdrawn.
        """
        if self._intake is None:
            share = self.app.turns.share
            self._intake = Intake(self._fetch, self.thread_loop, lambda: gap_seconds(share()))
        return await self._intake.take(partitions)

    async def _fetch(self, partitions: Collection[TP]) -> Fetched:
        consumer = self._ensure_consumer()
        fetcher = consumer._fetcher
        if consumer._closed or fetcher._closed:
            raise ConsumerStoppedError
        put_first(fetcher._records, self.app.runtime.urgent)
        with fetcher._subscriptions.fetch_context():
            records = await fetcher.fetched_records(
                partitions, timeout=_WAIT_SECONDS, max_records=self.app.turns.fetched()
            )
        # No await since the records were taken: a seek came before them, or will come after. What was fetched before
        # its partition was held, right after the assignment, aiokafka hands out although it is: it comes again once
        # the partition is sought.
        records = {tp: found for tp, found in records.items() if tp in self._sought}
        if self._gapless:
            return await self._without_gaps(Fetched(records, self.epoch))
        ends = {tp: state.position for tp, state in self._states(records).items() if state.has_valid_position}
        return Fetched(records, self.epoch, ends)

    async def _without_gaps(self, fetched: Fetched) -> Fetched:
        """Take off what stands behind a gap and seek back to it.

        The epoch stays: what is handed on before and after this seek follows on each other. aiokafka drops what it
        fetched or is fetching for another position than the one sought.
        """
        if fetched.epoch == CLOSED:
            return fetched
        known: dict[TopicPartition, Sequence[Record]] = {}
        is_behind = False
        for tp, records in fetched.records.items():
            gapless = self._gapless.get(tp)
            if taken := gapless.take(records) if gapless else records:
                known[tp] = taken
            if gapless and gapless.missing is not None:
                is_behind = True
                self._consumer.seek(tp, gapless.missing)
        if is_behind:
            await asyncio.sleep(REREAD_SECONDS)
        return Fetched(known, fetched.epoch)

    async def seek_all(self, positions: Mapping[TP, int | None]) -> None:
        """Set where reading goes on, None being a partition's beginning, begin a new epoch, and let it flow.

        Raises:
            IllegalStateError: a partition was revoked meanwhile.
        """
        await self._in_thread(self._seek_all(positions))

    async def _seek_all(self, positions: Mapping[TP, int | None]) -> None:
        found = await self._beginnings(positions)
        self._gapless, self._sought = {}, set()  # no fetch seeks back to where the last epoch was
        self._flow_from(positions, found)
        self.epoch = next(self._epochs)

    async def seek_more(self, positions: Mapping[TP, int | None]) -> bool:
        """Let further partitions flow, which were held since they were assigned; those that flow already go on.

        The epoch stays: nothing of these partitions was handed out in it.

        Returns:
            False when a revocation came first, and nothing flows.

        Raises:
            IllegalStateError: a partition was revoked meanwhile.
        """
        return await self._in_thread(self._seek_more(positions))

    async def _seek_more(self, positions: Mapping[TP, int | None]) -> bool:
        epoch = self.epoch
        found = await self._beginnings(positions)
        if self.epoch == CLOSED or self.epoch != epoch:
            return False
        self._flow_from(positions, found)
        return True

    async def _beginnings(self, positions: Mapping[TP, int | None]) -> dict[TopicPartition, int]:
        """Ask the broker for the offsets of beginnings; those that it does not tell are left out."""
        consumer = self._ensure_consumer()
        wanted = [TopicPartition(*tp) for tp, offset in positions.items() if offset is None]
        for state in self._states(wanted).values():
            vars(state).pop("await_reset", None)  # what guarded it in the last epoch: a beginning is asked for by it
        if wanted:
            await consumer.seek_to_beginning(*wanted)
        return {tp: state.position for tp, state in self._states(wanted).items() if state.has_valid_position}

    def _flow_from(self, positions: Mapping[TP, int | None], beginnings: dict[TopicPartition, int]) -> None:
        """Seek, and let flow what was sought. Without a wait: what is handed out of it is of this seek."""
        consumer, has_transactions = self._consumer, self.app.runtime.settings.transactions
        theirs = {TopicPartition(*tp): offset for tp, offset in positions.items()}
        for tp, offset in (beginnings | {tp: at for tp, at in theirs.items() if at is not None}).items():
            consumer.seek(tp, offset)
        if not has_transactions:
            # A beginning is 0: which offset is the first is asked of what may not show it yet.
            self._gapless |= {tp: Gapless(f"{tp.topic}-{tp.partition}", offset or 0) for tp, offset in theirs.items()}
        # aiokafka goes to the beginning of a partition that has not the offset any more, with a line in the log: what
        # retention deleted unread would be passed over, and a source that was made anew be taken for known.
        for tp, state in self._states(theirs).items() if has_transactions else ():
            state.await_reset = partial(self._on_out_of_range, tp, state)
        self._sought |= theirs.keys()
        if self._sessions:
            self._sessions.begin_anew()  # of a fetch under way aiokafka drops what was sought meanwhile
        consumer.resume(*theirs)

    def _states(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, Any]:
        assignment = self._consumer._subscription.subscription.assignment
        found = {tp: assignment.state_value(tp) for tp in partitions} if assignment else {}
        return {tp: state for tp, state in found.items() if state is not None}

    def _on_out_of_range(self, tp: TopicPartition, state: Any, _: object) -> None:  # noqa: ANN401 - aiokafka's
        """Stay where it is and say so: only its opening knows what is lost, and asks whether to go on."""
        state.pause()
        if self.epoch != CLOSED:
            self.on_lost(f"the broker has offset {state.position} of {tp.topic}-{tp.partition} no more")

    def pause_in(self, epoch: int, partitions: Iterable[TP], *, is_paused: bool) -> None:
        """Pause or resume partitions in aiokafka, unless another seek came first. Does not wait."""
        self.thread_loop.call_soon_threadsafe(self._pause_in, epoch, tuple(partitions), is_paused)

    def _pause_in(self, epoch: int, partitions: tuple[TP, ...], is_paused: bool) -> None:  # noqa: FBT001 - a loop's callback
        if epoch == self.epoch:
            change = self._consumer.pause if is_paused else self._consumer.resume
            change(*driver.ensure_aiokafka_TPset(partitions))

    async def commit_offsets(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Commit as a member of the group.

        Raises:
            KafkaError: the group refuses, or the partitions are somebody else's.
        """
        await self._in_thread(self._ensure_consumer().commit(dict(offsets)))

    def lag_of(self, tp: TP) -> int | None:
        """Return how many offsets lie before the end of a partition that is read, or None when unknown."""
        assignment = self._ensure_consumer()._subscription.subscription.assignment
        state = assignment.state_value(TopicPartition(*tp)) if assignment else None
        if state is None or state.highwater is None or not state.has_valid_position:
            return None
        lag: int = state.highwater - state.position
        return max(0, lag)

    def silence_seconds(self) -> float | None:
        """Return for how long no fetch was answered, of any partition; None before the first answer."""
        answered = self._sessions.answered_at if self._sessions else None
        return None if answered is None else time.monotonic() - answered

    def leave_group(self) -> None:
        """Start leaving the group, from any thread; does not wait."""
        if self._consumer is not None:
            asyncio.run_coroutine_threadsafe(self._consumer._coordinator.close(), self.thread_loop)

    async def _in_thread(self, work: Coroutine[Any, Any, _T]) -> _T:
        # Not through Faust's method queue: its two workers would make a commit wait behind a fetch.
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self.thread_loop))


def put_first(waiting: OrderedDict[TopicPartition, Any], topics: Collection[str]) -> None:
    """Let what waits of `topics` be taken first: a poll is bounded, and others may have a backlog."""
    for tp in [tp for tp in waiting if tp.topic in topics]:
        waiting.move_to_end(tp, last=False)
