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
from streams.core.fold import Box
from streams.core.ports import Observer
from streams.core.task import Task
from streams.kafka.assembly import Assembly, TaskName
from streams.kafka.chunk import Chunk
from streams.kafka.death import leave_and_exit
from streams.kafka.fetching import CLOSED, FetchThread
from streams.kafka.owned import OwnedTask
from streams.kafka.standing import Standing
from streams.kafka.tasklog import Warm
from streams.kafka.tasklogs import TaskLogs
from streams.kafka.watch import Watch
from streams.settings import Settings

State: TypeAlias = Literal["joining", "recovering", "ready", "stuck", "cut off", "stopping", "dying"]
Flow: TypeAlias = Callable[[], Awaitable[None]]

REBALANCE_SHARE: Final = 0.7
"""Of the rebalance timeout: what a revocation may take before the group goes on without this worker."""

_TELL_SECONDS: Final = 5.0
_SET_ASIDE_SECONDS: Final = 5.0
"""After the streams flow again: the collection stops the loop for 0.1 s, which nobody is to wait for before them."""

logger = logging.getLogger(__name__)


class Runtime:
    """What a worker owns at the moment. One per app; everything runs on the app's loop.

    Attributes:
        settings: The worker's settings.
        assembly: What its tasks are made of.
        standing: How it stands, for whoever looks at it.
        thread: Talks to the group; None until Faust has made its consumer.
        owned: The tasks of this worker by (box, number), open or being opened, with what runs around them.
        state: `joining` until the first assignment, `recovering` until all tasks are open, `ready` while all are fed.
        revocations: How often partitions were taken away; whoever waits compares it.
        urgent: Topics on the cluster that go first, of what was fetched at once.
        box_of: Name of the box that reads a topic on the cluster.
    """

    def __init__(
        self, settings: Settings, boxes: Sequence[Box], codec: Codec, catalogue: Catalogue, observer: Observer
    ) -> None:
        self.settings = settings
        self.assembly = Assembly(settings, boxes, codec, catalogue, observer)
        name_of = self.assembly.names.topic
        self.urgent = frozenset(name_of(topic) for box in boxes for topic in box.urgent)
        self.box_of = {name_of(topic): box.name for box in boxes for topic in box.sources}
        self.state: State = "joining"
        self.revocations = 0
        self.owned: dict[TaskName, OwnedTask] = {}
        self._warm: dict[TaskName, Warm] = {}
        self.thread: FetchThread | None = None
        self._logs: TaskLogs | None = None
        self._watch: Watch | None = None
        self._opening = asyncio.Lock()
        self._setting_aside: asyncio.TimerHandle | None = None
        self.exit: Callable[[FetchThread | None], None] = leave_and_exit
        self.standing = Standing(self)

    def bind(self, thread: FetchThread, consumer: Any) -> None:  # noqa: ANN401 - a HubConsumer, which knows us
        """Take the consumer that Faust made."""
        self.thread = thread
        self._logs = TaskLogs(self.settings, thread)
        self._watch = Watch(self, thread, consumer)

    @property
    def tasks(self) -> Mapping[TaskName, Task]:
        """The tasks of this worker by (box, number), open or being opened."""
        return {name: owned.task for name, owned in self.owned.items()}

    @property
    def recovered(self) -> int:
        """How many changelog records were read back since the start."""
        return self._logs.recovered if self._logs else 0

    def positions(self) -> dict[TP, int | None]:
        """Return where each source partition of the tasks that are fed is to be read from."""
        return {tp: at for owned in self.owned.values() if owned.is_fed for tp, at in owned.positions.items()}

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
        self.standing.begin()
        collector.go_slow()
        await self._logs.start()
        whole = self.assembly.whole(assignment)
        self._warm = {name: warm for name, warm in self._warm.items() if name in whole}
        self.owned = {
            name: self.assembly.make(self._logs, box, name[1], self._warm.pop(name, None))
            for name, box in whole.items()
        }
        revocations = self.revocations
        opening = [(owned, asyncio.create_task(owned.open())) for owned in self.owned.values()]
        has_warm = any(owned.warm for owned in self.owned.values())
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
            logger.info("ready", extra={"tasks": len(self.owned)})

    async def _feed(self, owned: OwnedTask, opened: Awaitable[None], revocations: int) -> None:
        """Let a task join those that flow, once it is open."""
        await opened
        is_sought = self.thread is not None and await self.thread.seek_more(owned.positions)
        if is_sought and revocations == self.revocations:
            owned.is_fed = True
            self._run(owned)

    async def _tell_recovery(self) -> None:
        """Say now and then how far a long recovery is."""
        before = self.recovered
        while True:
            await asyncio.sleep(_TELL_SECONDS)
            opened = sum(1 for owned in self.owned.values() if owned.task.is_open)
            logger.info(
                "recovering",
                extra={"records": self.recovered - before, "tasks_open": opened, "tasks": len(self.owned)},
            )

    def _flowing(self) -> None:
        """Begin committing and watching: the streams flow."""
        for owned in self.owned.values():
            if owned.is_fed:
                self._run(owned)
        if self._watch:
            self._watch.start()
        self._setting_aside = asyncio.get_running_loop().call_later(_SET_ASIDE_SECONDS, collector.set_aside)

    def _run(self, owned: OwnedTask) -> None:
        owned.run(lambda cause: self.die(f"a commit failed: {cause!r}"))

    def take(self, box: str, chunk: Chunk) -> int:
        """Fold a chunk, if it is still this worker's to fold, and return how many records of it were folded.

        Never raises: a broken invariant ends the process.
        """
        owned = self.owned.get((box, chunk.tp.partition))
        if owned is None or self.thread is None or chunk.epoch == CLOSED or chunk.epoch != self.thread.epoch:
            return 0
        was_braked = owned.task.is_braked
        try:
            folded = owned.task.apply(self.assembly.names.logical(chunk.tp.topic), chunk.records, chunk.end)
        except Exception as cause:  # Faust would take it for handled and lose the chunk
            logger.exception("a fold raised", extra={"box": box, "partition": chunk.tp.partition})
            self.die(f"the fold of {box} raised {type(cause).__name__}")
            return 0
        if owned.task.is_braked and not was_braked:
            logger.error(
                "braked: too many dead letters stop this task until it is opened again",
                extra={"box": box, "partition": chunk.tp.partition},
            )
        if self._watch and (owned.task.is_congested or owned.task.is_braked):
            self._watch.hold(owned)
        return folded

    async def close_for_rebalance(self) -> None:
        """Close all tasks within what a rebalance allows; their state is kept for the case that they come back."""
        budget = min(self.settings.stop_budget_seconds, rebalance_seconds(self.settings) * REBALANCE_SHARE)
        await self._close(budget)
        if self.state == "ready":
            self.state = "recovering"

    async def stop(self) -> None:
        """Close all tasks within the stop budget and let go of all connections."""
        self.standing.end()
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
        owned, self.owned = self.owned, {}
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
        for owned in self.owned.values():
            owned.task.is_open = False
        if self.thread:
            self.thread.close_epoch()
        self.exit(self.thread)


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
