"""Makes the tasks of a worker out of what the group gave it."""

import logging
from collections.abc import Collection, Sequence
from typing import TypeAlias

from faust.types import TP

from schemas import Catalogue
from streams.codec import Codec
from streams.core.fold import Box, FoldContext
from streams.core.pace import CommitPace
from streams.core.ports import Limits, Observer
from streams.core.task import Task
from streams.kafka.clock import SystemClock
from streams.kafka.names import Names
from streams.kafka.owned import OwnedTask
from streams.kafka.tasklog import Warm
from streams.kafka.tasklogs import TaskLogs
from streams.settings import Settings
from streams.store import MemoryStore

TaskName: TypeAlias = tuple[str, int]
"""A box and a number."""

logger = logging.getLogger(__name__)


class Assembly:
    """What every task of a worker is made of; they share a clock and the turns of their commits.

    Attributes:
        boxes: What the worker does.
        names: Names on the cluster.
        clock: Source of stamps.
        codec: Bytes to typed records and back.
        catalogue: The contracts.
    """

    def __init__(
        self, settings: Settings, boxes: Sequence[Box], codec: Codec, catalogue: Catalogue, observer: Observer
    ) -> None:
        self.boxes, self.names = tuple(boxes), Names.of(settings)
        self.clock = SystemClock(is_log=settings.clock == "log")
        self.codec, self.catalogue = codec, catalogue
        self._settings, self._observer, self._pace = settings, observer, CommitPace()

    def whole(self, assignment: Collection[TP]) -> dict[TaskName, Box]:
        """Return the tasks whose partitions are all here: sources and changelog."""
        given, whole = set(assignment), dict[TaskName, Box]()
        for box in self.boxes:
            topics = {*(self.names.topic(topic) for topic in box.sources), self.names.changelog(box.name)}
            here = {tp.partition for tp in given if tp.topic in topics}
            complete = [k for k in here if all(TP(topic, k) in given for topic in topics)]
            whole.update({(box.name, k): box for k in complete})
            if len(complete) < len(here):
                logger.error("partitions of one task are on several workers", extra={"box": box.name})
        return whole

    def make(self, logs: TaskLogs, box: Box, partition: int, warm: Warm | None) -> OwnedTask:
        """Make a task; `warm` is the state that this worker still has of it."""
        settings, store = self._settings, MemoryStore()
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
