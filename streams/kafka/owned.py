"""A task that this worker owns, with what runs around it."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from faust.types import TP

from streams.core.ports import Store
from streams.core.task import Task
from streams.kafka.names import Names
from streams.kafka.plainlog import PlainTaskLog
from streams.kafka.tasklog import KafkaTaskLog, Warm


@dataclass
class OwnedTask:
    """A task between its assignment and its revocation.

    Attributes:
        task: The task.
        log: Its half of the log.
        store: Its state.
        names: Names on the cluster.
        warm: What the task was closed with here before, until it is open.
        is_fed: Whether its sources are read.
        positions: Where its sources are to be read from, once it is open; None is a beginning.
        renewed_at: Monotonic time of its opening, or of the last renewal of its transactional id.
    """

    task: Task
    log: KafkaTaskLog | PlainTaskLog
    store: Store
    names: Names
    warm: Warm | None = None
    is_fed: bool = False
    positions: Mapping[TP, int | None] = field(default_factory=dict)
    renewed_at: float = field(default_factory=time.monotonic)
    _committer: "asyncio.Task[None] | None" = None
    _is_closing: bool = False

    @property
    def sources(self) -> tuple[TP, ...]:
        """Its source partitions on the cluster."""
        return tuple(TP(self.names.topic(topic), self.task.partition) for topic in self.task.box.sources)

    async def open(self) -> None:
        """Open the task.

        Raises:
            RecoveryFailed: its state cannot be had.
        """
        starts = await self.task.open()
        self.positions = {TP(self.names.topic(topic), self.task.partition): at for topic, at in starts.items()}
        self.warm = None

    def run(self, on_failure: Callable[[BaseException], None]) -> None:
        """Start committing; a failed commit is reported once, unless the task is being given up anyway."""

        def done(committer: "asyncio.Task[None]") -> None:
            if not committer.cancelled() and (cause := committer.exception()) and not self._is_closing:
                on_failure(cause)

        self._committer = asyncio.create_task(self.task.run(), name=f"commit-{self.task!r}")
        self._committer.add_done_callback(done)

    async def close(self, budget_seconds: float) -> Warm | None:
        """Commit what was folded, within the budget; return the state if it is known to be the committed one.

        Of a task that did not come to be open that is what it was to be opened with: an opening changes no state.
        """
        self._is_closing = True
        closing = asyncio.create_task(self.task.close(budget_seconds))
        committer = self._committer
        # A committer ends by itself only when a commit failed: then there is nothing to wait for.
        await asyncio.wait([closing, committer] if committer else [closing], return_when=asyncio.FIRST_COMPLETED)
        if not closing.done():
            closing.cancel()
            await self.log.close()
        for running in (closing, committer):
            if running:
                running.cancel()
                await asyncio.wait([running])
        tip = self.log.tip if isinstance(self.log, KafkaTaskLog) else None
        is_clean = not closing.cancelled() and closing.result()
        return Warm(self.store, tip) if is_clean and tip and self.positions else self.warm
