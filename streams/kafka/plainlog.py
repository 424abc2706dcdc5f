"""A task's half of the log on a broker without transactions: at least once, in an order that a crash may cut."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from streams.core.errors import CommitFailed, RecoveryFailed
from streams.core.ports import Commit, Put
from streams.kafka.batches import produce, rows_of, whole_owners
from streams.kafka.changelog import ChangelogReaders
from streams.kafka.clients import stop_producer
from streams.kafka.place import Place
from streams.kafka.tasklog import Committed

CommitOffsets = Callable[[Mapping[TopicPartition, int]], Awaitable[None]]

_CHANGELOG_BATCH_BYTES: Final = 900_000


class PlainTaskLog:
    """Outputs, then changelog, then offsets, each acknowledged before the next.

    After a crash in between, events are folded again: outputs repeat with the same ids, and a customer whose
    sections were written already knows its events. There is no fence; a paused former owner may write stale state.

    Args:
        place: Where the task stands.
        make_producer: Makes an unstarted producer.
        readers: Who reads the changelog.
        committed: Reads the group's offsets.
        commit_offsets: Commits them as a member of the group.
    """

    is_transactional: Final = False

    def __init__(
        self,
        place: Place,
        make_producer: Callable[[], AIOKafkaProducer],
        readers: ChangelogReaders,
        committed: Committed,
        commit_offsets: CommitOffsets,
    ) -> None:
        self._place, self._make_producer, self._readers = place, make_producer, readers
        self._committed, self._commit_offsets = committed, commit_offsets
        self._producer: AIOKafkaProducer | None = None

    async def fence(self) -> None:
        """Start a producer; nothing is fenced."""
        self._producer = self._make_producer()
        try:
            await self._producer.start()
        except (KafkaError, OSError) as cause:
            raise RecoveryFailed(f"{self._place}: no producer: {cause!r}") from cause

    async def committed(self) -> Mapping[str, int | None]:
        """Return the committed offsets."""
        place = self._place
        found = await self._committed([place.source(topic) for topic in place.sources])
        return {topic: found[place.source(topic)] for topic in place.sources}

    async def earliest(self) -> Mapping[str, int]:
        """Return the first offset that is still there of each source."""
        return await self._readers.bounds.earliest(self._place)

    async def latest(self) -> Mapping[str, int]:
        """Return nothing: the embedded broker tells a wrong end after a batch of several records."""
        return {}

    async def read_changelog(self, put: Put) -> int:
        """Feed the changelog to `put`."""
        return await self._readers.read(self._place.changelog, put)

    async def commit(self, commit: Commit, meta: tuple[bytes, bytes]) -> None:
        """Write in the order that the class promises.

        Raises:
            CommitFailed: something was not acknowledged; what came before it stays written.
        """
        producer, place = self._producer, self._place
        if producer is None:
            raise CommitFailed(f"{place} is closed")
        changelog = place.changelog
        try:
            await produce(producer, rows_of(commit.outputs, place.names.prefix))
            for batch in whole_owners(commit.changes, meta, _CHANGELOG_BATCH_BYTES):
                await (await producer.send_batch(batch, changelog.topic, partition=changelog.partition))
            await self._commit_offsets({place.source(topic): offset for topic, offset in commit.offsets.items()})
        except (KafkaError, OSError) as cause:
            raise CommitFailed(f"{place}: {cause!r}") from cause

    async def close(self) -> None:
        """Stop the producer within a limit."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await stop_producer(producer)
