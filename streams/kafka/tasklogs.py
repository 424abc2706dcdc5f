"""Makes the tasks' logs, and holds the connections that they share."""

from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack

from aiokafka import TopicPartition

from streams.core.fold import Box
from streams.kafka.changelog import ChangelogReaders
from streams.kafka.clients import make_producer, make_reader
from streams.kafka.cluster import Cluster
from streams.kafka.fetching import FetchThread
from streams.kafka.names import Names
from streams.kafka.place import Place
from streams.kafka.plainlog import PlainTaskLog
from streams.kafka.tasklog import KafkaTaskLog, Warm
from streams.kafka.together import Together
from streams.kafka.transactions import Transactions
from streams.settings import Settings


class TaskLogs:
    """One per worker.

    Args:
        settings: Which broker, and whether it has transactions.
        thread: Commits offsets as a member of the group where there are none.
    """

    def __init__(self, settings: Settings, thread: FetchThread) -> None:
        self._settings, self._thread, self._names = settings, thread, Names.of(settings)
        self._cluster = Cluster(settings.broker)
        self._readers = ChangelogReaders(lambda: make_reader(settings), is_gapless=not settings.transactions)
        self._offsets = Together(lambda places: self._cluster.committed(self._names.group, places))
        self._connections = AsyncExitStack()
        self._is_started = False

    @property
    def recovered(self) -> int:
        """How many changelog records were read since the worker began."""
        return self._readers.records

    async def start(self) -> None:
        """Connect, once.

        Raises:
            StartRefused: no broker answers.
        """
        if not self._is_started:
            await self._connections.enter_async_context(self._cluster)
            self._connections.push_async_callback(self._readers.close)
            self._connections.push_async_callback(self._offsets.close)
            self._is_started = True

    async def rest(self) -> None:
        """Let the changelog readers go until the next recovery."""
        await self._readers.rest()

    async def close(self) -> None:
        """Let go of the shared connections; the logs close their own."""
        await self._connections.aclose()

    def make(self, box: Box, partition: int, warm: Warm | None) -> KafkaTaskLog | PlainTaskLog:
        """Return the log of a task, not yet fenced."""
        place = Place(box.name, partition, box.sources, self._names)
        if self._settings.transactions:
            return KafkaTaskLog(
                place,
                lambda name: Transactions(make_producer(self._settings, name)),
                self._readers,
                self._committed,
                warm,
            )
        return PlainTaskLog(
            place,
            lambda: make_producer(self._settings, None),
            self._readers,
            self._committed,
            self._thread.commit_offsets,
        )

    async def _committed(self, partitions: Iterable[TopicPartition]) -> Mapping[TopicPartition, int | None]:
        return await self._offsets.take(list(partitions))
