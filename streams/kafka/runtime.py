"""The tasks of this worker: opened, fed, watched, closed; and the one way a worker dies."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

from faust.types import TP

from schemas import Catalogue
from streams import collector
from streams.codec import Codec
from streams.core.errors import RecoveryFailed
from streams.core.fold import Box, FoldContext
from streams.core.pace import CommitPace
from streams.core.ports import Limits, Observer
from streams.core.task import Task
from streams.kafka.chunk import Chunk
from streams.kafka.clock import SystemClock
from streams.kafka.death import leave_and_exit
from streams.kafka.fetching import CLOSED, FetchThread
from streams.kafka.names import Names
from streams.kafka.owned import OwnedTask
from streams.kafka.tasklog import Warm
from streams.kafka.tasklogs import TaskLogs
from streams.kafka.watch import Watch
from streams.kafka.watchdog import Sign, Watchdog
from streams.settings import Settings
from streams.store import MemoryStore

State: TypeAlias = Literal["joining", "recovering", "ready", "stuck", "cut off", "stopping", "dying"]
TaskName: TypeAlias = tuple[str, int]
Flow: TypeAlias = Callable[[], Awaitable[None]]

REBALANCE_SHARE: Final = 0.7
"""Of the rebalance timeout: what a revocation may take before the group goes on without this worker."""

_BEAT_SECONDS: Final = 0.2
_TELL_SECONDS: Final = 5.0
_SET_ASIDE_SECONDS: Final = 5.0
"""After the streams flow again: the collection stops the loop for 0.1 s, which nobody is to wait for before them."""
_SILENCE_SECONDS: Final = 10.0
"""Idle partitions are polled ten times a second; a broker that moves its leaders is back within this."""

logger = logging.getLogger(__name__)


class Runtime:
    """What a worker owns at the moment. One per app; everything runs on the app's loop.

    Attributes:
        settings: The worker's settings.
        names: Names on the cluster.
        state: `joining` until the first assignment, `recovering` until all tasks are open, `ready` while all are fed.
        revocations: How often partitions were taken away; whoever waits compares it.
        urgent: Topics on the cluster that go first, of what was fetched at once.
    """

    def __init__(
        self, settings: Settings, boxes: Sequence[Box], codec: Codec, catalogue: Catalogue, observer: Observer
    ) -> None:
        self.settings, self.names, self.boxes = settings, Names.of(settings), tuple(boxes)
        self.urgent = frozenset(self.names.topic(topic) for box in boxes for topic in box.urgent)
        self.state: State = "joining"
        self.revocations = 0
        self.codec = codec
        self.clock = SystemClock(is_log=settings.clock == "log")
        self.catalogue, self._observer = catalogue, observer
        self._owned: dict[TaskName, OwnedTask] = {}
        self._warm: dict[TaskName, Warm] = {}
        self._thread: FetchThread | None = None
        self._logs: TaskLogs | None = None
        self._watch: Watch | None = None
        self._watchdog = Watchdog(settings.stuck_seconds, self._signs, self.die)
        self._beats = 0
        self._opening = asyncio.Lock()
        self._pace = CommitPace()
        self._heart: asyncio.Task[None] | None = None
        self._setting_aside: asyncio.TimerHandle | None = None
        self.exit: Callable[[FetchThread | None], None] = leave_and_exit

    def bind(self, thread: FetchThread, consumer: Any) -> None:  # noqa: ANN401 - a HubConsumer, which knows us
        """Take the consumer that Faust made."""
        self._thread = thread
        self._logs = TaskLogs(self.settings, thread)
        self._watch = Watch(self, thread, consumer)

    @property
    def tasks(self) -> Mapping[TaskName, Task]:
        """The tasks of this worker by (box, number), open or being opened."""
        return {name: owned.task for name, owned in self._owned.items()}

    @property
    def owned(self) -> Collection[OwnedTask]:
        """The same with their logs."""
        return self._owned.values()

    def positions(self) -> dict[TP, int | None]:
        """Return where each source partition of the tasks that are fed is to be read from."""
        return {tp: at for owned in self._owned.values() if owned.is_fed for tp, at in owned.positions.items()}

    def _begin(self) -> None:
        """Let the watchdog look after this worker, from its first assignment on."""
        if self._heart is not None:
            return

        async def beat() -> None:
            while True:
                self._beats += 1
                await asyncio.sleep(_BEAT_SECONDS)

        self._heart = asyncio.create_task(beat(), name="heart")
        self._watchdog.start()

    def _signs(self) -> dict[str, Sign]:
        """Return how everything stands that must get on; only reads, from the watchdog's thread."""
        signs = {"loop": Sign(is_waiting=True, marker=self._beats)}
        recovered = self._recovered()
        opened = sum(1 for owned in list(self._owned.values()) if owned.task.is_open)
        signs["recovery"] = Sign(is_waiting=self.state == "recovering", marker=recovered + opened)
        for (box, partition), owned in list(self._owned.items()):
            task, name = owned.task, f"{box}-{partition}"
            signs[f"commit {name}"] = Sign(is_waiting=task.is_open and not task.is_settled, marker=task.commits)
            has_backlog = self.state == "ready" and not task.is_braked and not self.is_cut_off
            lag = self._lag_of(owned) if has_backlog else None
            signs[f"backlog {name}"] = Sign(is_waiting=bool(lag), marker=task.position)
        return signs

    @property
    def stuck(self) -> tuple[str, ...]:
        """What does not get on: a kind, and what of that kind."""
        return self._watchdog.stuck

    def _recovered(self) -> int:
        return self._logs.recovered if self._logs else 0

    @property
    def is_cut_off(self) -> bool:
        """True when no broker has answered a fetch for longer than the session lasts: nothing can come in."""
        silence = self._thread.silence_seconds() if self._thread and self._owned else None
        return silence is not None and silence > max(self.settings.session_timeout_seconds, _SILENCE_SECONDS)

    async def open(self, assignment: Collection[TP], flow: Flow) -> None:
        """Open every task whose partitions are all here, and feed it; a task of which one is elsewhere stays closed.

        Tasks whose state is still in memory flow first; whoever must be read back joins them when it is open. Every
        task takes its own steps in their order, whoever else is how far.

        Args:
            assignment: What the group gave this worker.
            flow: Lets the streams flow from `positions`, once.

        Raises:
            RecoveryFailed: of the first task that cannot be opened; or this worker is on its way out.
            StartRefused: the broker cannot be reached.
            IllegalStateError: a partition was revoked meanwhile.
        """
        # One after the other: a rebalance cancels an opening without waiting until it has let go of its connections.
        async with self._opening:
            await self._open(assignment, flow)

    async def _open(self, assignment: Collection[TP], flow: Flow) -> None:
        # A zombie may join again before it has left: its fences would throw out whoever has the tasks by then.
        if self.state == "dying":
            raise RecoveryFailed("the worker ends")
        self.state = "recovering"
        if self._logs is None:
            raise RuntimeError("a runtime opens tasks only under a consumer")
        self._begin()
        collector.go_slow()
        await self._logs.start()
        whole = self._whole_tasks(set(assignment))
        self._warm = {name: warm for name, warm in self._warm.items() if name in whole}
        self._owned = {name: self._make(self._logs, box, name[1]) for name, box in whole.items()}
        revocations = self.revocations
        opening = [(owned, asyncio.create_task(owned.open())) for owned in self._owned.values()]
        has_warm = any(owned.warm for owned in self._owned.values())
        first = [pair for pair in opening if pair[0].warm or not has_warm]
        later = [pair for pair in opening if has_warm and not pair[0].warm]
        telling = asyncio.create_task(self._tell_recovery(), name="recovery-progress")
        try:
            await _all([opened for _, opened in first])
            for owned, _ in first:
                owned.is_fed = True
            await flow()
            if revocations == self.revocations:
                self._flowing()
            await _all([self._feed(owned, opened, revocations) for owned, opened in later])
        finally:
            telling.cancel()
            await _end([opened for _, opened in opening])
            await self._logs.rest()
        if revocations == self.revocations and self.state == "recovering":
            self.state = "ready"
            logger.info("ready", extra={"tasks": len(self._owned)})

    async def _feed(self, owned: OwnedTask, opened: Awaitable[None], revocations: int) -> None:
        """Let a task join those that flow, once it is open."""
        await opened
        is_sought = self._thread is not None and await self._thread.seek_more(owned.positions)
        if is_sought and revocations == self.revocations:
            owned.is_fed = True
            self._run(owned)

    async def _tell_recovery(self) -> None:
        """Say now and then how far a long recovery is."""
        before = self._recovered()
        while True:
            await asyncio.sleep(_TELL_SECONDS)
            opened = sum(1 for owned in self._owned.values() if owned.task.is_open)
            logger.info(
                "recovering",
                extra={"records": self._recovered() - before, "tasks_open": opened, "tasks": len(self._owned)},
            )

    def _flowing(self) -> None:
        """Begin committing and watching: the streams flow."""
        for owned in self._owned.values():
            if owned.is_fed:
                self._run(owned)
        if self._watch:
            self._watch.start()
        self._setting_aside = asyncio.get_running_loop().call_later(_SET_ASIDE_SECONDS, collector.set_aside)

    def _run(self, owned: OwnedTask) -> None:
        owned.run(lambda cause: self.die(f"a commit failed: {cause!r}"))

    def take(self, box: str, chunk: Chunk) -> None:
        """Fold a chunk, if it is still this worker's to fold. Never raises: a broken invariant ends the process."""
        owned = self._owned.get((box, chunk.tp.partition))
        if owned is None or self._thread is None or chunk.epoch == CLOSED or chunk.epoch != self._thread.epoch:
            return
        was_braked = owned.task.is_braked
        try:
            owned.task.apply(self.names.logical(chunk.tp.topic), chunk.records, chunk.end)
        except Exception as cause:  # Faust would take it for handled and lose the chunk
            logger.exception("a fold raised", extra={"box": box, "partition": chunk.tp.partition})
            self.die(f"the fold of {box} raised {type(cause).__name__}")
            return
        if owned.task.is_braked and not was_braked:
            logger.error(
                "braked: too many dead letters stop this task until it is opened again",
                extra={"box": box, "partition": chunk.tp.partition},
            )
        if self._watch and (owned.task.is_congested or owned.task.is_braked):
            self._watch.hold(owned)

    async def close_for_rebalance(self) -> None:
        """Close all tasks within what a rebalance allows; their state is kept for the case that they come back."""
        budget = min(self.settings.stop_budget_seconds, rebalance_seconds(self.settings) * REBALANCE_SHARE)
        await self._close(budget)
        if self.state == "ready":
            self.state = "recovering"

    async def stop(self) -> None:
        """Close all tasks within the stop budget and let go of all connections."""
        self._watchdog.stop()
        if self._heart:
            self._heart.cancel()
        if self.state != "dying":
            self.state = "stopping"
        await self._close(self.settings.stop_budget_seconds)
        if self._watch:
            await self._watch.close()
        if self._logs:
            await self._logs.close()

    async def _close(self, budget_seconds: float) -> None:
        self.revocations += 1
        if self._setting_aside:
            self._setting_aside.cancel()
        if self._watch:
            await self._watch.stop()
        owned, self._owned = self._owned, {}
        states = await asyncio.gather(*(task.close(budget_seconds) for task in owned.values()))
        # What an earlier revocation left is as good: it is used only where nobody committed since.
        self._warm |= {name: warm for name, warm in zip(owned, states, strict=True) if warm is not None}

    def die(self, reason: str) -> None:
        """End the process: leave the group, then exit from a thread with status 70. Returns; only the first counts.

        Never retried in place: the outcome of a failed commit is unknown, a fenced producer is useless, a new
        fence would throw out the rightful owner, and a worker that stays would hold partitions it does not read.
        """
        if self.state == "dying":
            return
        self.state = "dying"
        logger.critical("the worker ends: %s", reason)
        for owned in self._owned.values():
            owned.task.is_open = False
        if self._thread:
            self._thread.close_epoch()
        self.exit(self._thread)

    def status(self) -> dict[str, Any]:
        """Return what health shows: the worker's state, and of each task its state and lag in offsets."""
        tasks = [
            {
                "box": box,
                "partition": partition,
                "state": _state_of(owned.task),
                "lag": self._lag_of(owned),
            }
            for (box, partition), owned in sorted(self._owned.items())
        ]
        stuck, is_cut_off = self.stuck, self.is_cut_off
        state = self.state
        if state in ("ready", "recovering"):
            state = "stuck" if stuck else "cut off" if is_cut_off else state
        return {
            "state": state,
            "is_ready": state == "ready",
            "recovered_records": self._recovered(),
            "stuck": list(stuck),
            "tasks": tasks,
        }

    def _lag_of(self, owned: OwnedTask) -> int | None:
        lags = [self._thread.lag_of(tp) for tp in owned.sources] if self._thread and owned.positions else [None]
        known = [lag for lag in lags if lag is not None]
        return sum(known) if known else None

    def _whole_tasks(self, assignment: set[TP]) -> dict[TaskName, Box]:
        whole: dict[TaskName, Box] = {}
        for box in self.boxes:
            topics = {*(self.names.topic(topic) for topic in box.sources), self.names.changelog(box.name)}
            here = {tp.partition for tp in assignment if tp.topic in topics}
            complete = [k for k in here if all(TP(topic, k) in assignment for topic in topics)]
            whole.update({(box.name, k): box for k in complete})
            if len(complete) < len(here):
                logger.error("partitions of one task are on several workers", extra={"box": box.name})
        return whole

    def _make(self, logs: TaskLogs, box: Box, partition: int) -> OwnedTask:
        settings, store = self.settings, MemoryStore()
        context = FoldContext(
            partition=partition,
            partitions=settings.partitions,
            store=store,
            clock=self.clock,
            codec=self.codec,
            catalogue=self.catalogue,
            max_value_bytes=settings.max_value_bytes,
            pseudonym_key=settings.pseudonym_key.get_secret_value().encode(),
        )
        warm = self._warm.pop((box.name, partition), None)
        log = logs.make(box, partition, warm)
        task = Task(box, context, log, self._observer, limits_of(settings), self._pace)
        return OwnedTask(task, log, store, self.names, warm)


def limits_of(settings: Settings) -> Limits:
    """Return the limits of a task."""
    return Limits(
        commit_spacing_seconds=settings.commit_spacing_seconds,
        commit_timeout_seconds=settings.commit_timeout_seconds,
        in_flight_bytes=settings.in_flight_bytes,
        in_flight_seconds=settings.in_flight_seconds,
        brake_in_a_row=settings.brake_in_a_row,
        brake_fraction=settings.brake_fraction,
        brake_window=settings.brake_window,
        is_reset_accepted=settings.accept_reset,
    )


def rebalance_seconds(settings: Settings) -> float:
    """Return how long the group waits for a member to give its partitions up."""
    return max(settings.session_timeout_seconds, 6.0)


async def _all(opens: Sequence[Awaitable[None]]) -> None:
    for outcome in await asyncio.gather(*opens, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome


async def _end(running: Sequence["asyncio.Task[None]"]) -> None:
    for one in running:
        one.cancel()
    await asyncio.gather(*running, return_exceptions=True)


def _state_of(task: Task) -> str:
    if task.is_braked:
        return "braked"
    return "open" if task.is_open else "recovering"
