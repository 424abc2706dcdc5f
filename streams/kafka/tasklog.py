"""A task's half of the log on Apache Kafka: one transaction per commit, one transactional id per task."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final, NamedTuple

from aiokafka import TopicPartition
from aiokafka.errors import InvalidProducerEpoch, KafkaError, ProducerFenced

from streams.core.errors import CommitFailed, Fenced, RecoveryFailed
from streams.core.meta import META_KEY
from streams.core.ports import Commit, Put, Store
from streams.kafka.batches import Row, rows_of
from streams.kafka.changelog import ChangelogReaders
from streams.kafka.clients import stop_producer
from streams.kafka.place import Place
from streams.kafka.transactions import Transactions

Committed = Callable[[Iterable[TopicPartition]], Awaitable[Mapping[TopicPartition, int | None]]]

_FENCE_SECONDS: Final = 30.0
"""Longer than a killed owner's transaction lives, which must be ended first."""


class Tip(NamedTuple):
    """What was committed last.

    Attributes:
        meta: The META record.
        offsets: The source offsets committed with it, by logical topic.
    """

    meta: tuple[bytes, bytes]
    offsets: Mapping[str, int]


class Warm(NamedTuple):
    """The state that a task was closed with on this worker.

    Attributes:
        store: Its state, all of it committed.
        tip: The commit it ends at.
    """

    store: Store
    tip: Tip


class KafkaTaskLog:
    """Transactions: changelog, outputs and source offsets of a commit become visible together, or never.

    Opened on another worker, its fence makes every later commit of this one fail.

    Args:
        place: Where the task stands.
        make_transactions: Makes the unstarted transactions of an id.
        readers: Who reads the changelog.
        committed: Reads the group's offsets.
        warm: What an earlier owner on this worker left; used again only if nobody committed since.
    """

    is_transactional: Final = True

    def __init__(
        self,
        place: Place,
        make_transactions: Callable[[str], Transactions],
        readers: ChangelogReaders,
        committed: Committed,
        warm: Warm | None = None,
    ) -> None:
        self._place, self._make, self._readers = place, make_transactions, readers
        self._committed, self._warm = committed, warm
        self._offsets: Mapping[str, int | None] = {}
        self._transactions: Transactions | None = None
        self._lock = asyncio.Lock()
        self._is_closed = False
        self.tip: Tip | None = None

    async def fence(self) -> None:
        """Start a producer with the task's id: whoever had it before is fenced, its transaction ended.

        aiokafka cannot initialise a producer twice, so each owner gets a new one.
        """
        place = self._place
        if self._is_closed:  # revoked before it began: a fence now would throw out the rightful owner
            raise RecoveryFailed(f"{place} is closed")
        transactions = self._transactions = self._make(place.names.transactional_id(place.box, place.partition))
        try:
            async with asyncio.timeout(_FENCE_SECONDS):
                await transactions.start()
        except (KafkaError, OSError, TimeoutError) as cause:
            raise RecoveryFailed(f"{place}: no transactional producer: {cause!r}") from cause
        finally:
            if self._transactions is not transactions:  # closed meanwhile, when it could not yet be stopped whole
                await stop_producer(transactions)

    async def committed(self) -> Mapping[str, int | None]:
        """Return the committed offsets; the broker answers after the fence, so no former owner can change them."""
        place = self._place
        found = await self._committed([place.source(topic) for topic in place.sources])
        self._offsets = {topic: found[place.source(topic)] for topic in place.sources}
        return self._offsets

    async def earliest(self) -> Mapping[str, int]:
        """Return the first offset that is still there of each source."""
        return await self._readers.bounds.earliest(self._place)

    async def latest(self) -> Mapping[str, int]:
        """Return the end of each source."""
        return await self._readers.bounds.latest(self._place)

    async def read_changelog(self, put: Put) -> int:
        """Feed the changelog to `put`, or what this worker still has of it, if the offsets say nobody moved on.

        Every commit moves an offset, and in one transaction with the changelog: equal offsets, equal state.
        """
        known = {topic: offset for topic, offset in self._offsets.items() if offset is not None}
        warm, self._warm = self._warm, None
        if warm and dict(warm.tip.offsets) == known:
            for key, value in warm.store.items():
                put(key, value)
            put(*warm.tip.meta)
            self.tip = warm.tip
            return 0
        meta: list[bytes] = []

        def put_and_watch(key: bytes, value: bytes | None) -> None:
            if key == META_KEY and value is not None:
                meta[:] = [value]
            put(key, value)

        count = await self._readers.read(self._place.changelog, put_and_watch)
        self.tip = Tip((META_KEY, meta[0]), known) if meta else None
        return count

    async def commit(self, commit: Commit, meta: tuple[bytes, bytes]) -> None:
        """Commit in one transaction.

        Begin, with all partitions and the offsets; changelog with META last, outputs and offsets, and await every
        acknowledgement; commit.

        Raises:
            Fenced: another worker has the task, or the transaction took longer than the broker allows.
            CommitFailed: anything else; the outcome may be unknown, so the producer is not used again.
        """
        async with self._lock:
            await self._transact(commit, meta)

    async def renew(self) -> None:
        """Commit the last META again: a broker forgets a transactional id that was idle for a week, for good."""
        async with self._lock:
            if self.tip is not None:
                await self._transact(Commit({}, (), self.tip.offsets), self.tip.meta)

    async def _transact(self, commit: Commit, meta: tuple[bytes, bytes]) -> None:
        transactions, place = self._transactions, self._place
        if transactions is None:
            raise CommitFailed(f"{place} is closed")
        changelog = [Row(key, value) for key, value in commit.changes.items()]
        written = {place.changelog: [*changelog, Row(*meta)], **rows_of(commit.outputs, place.names.prefix)}
        known = {} if self.tip is None else self.tip.offsets
        moved = {topic: at for topic, at in commit.offsets.items() if known.get(topic) != at}
        offsets = {place.source(topic): at for topic, at in moved.items()}
        try:
            await transactions.join(written.keys(), place.names.group)
            await transactions.write(written, offsets)
            await transactions.end()
        except (ProducerFenced, InvalidProducerEpoch) as cause:
            raise Fenced(f"{place} belongs to another worker, or its transaction timed out") from cause
        except (KafkaError, OSError) as cause:
            raise CommitFailed(f"{place}: {cause!r}") from cause
        self.tip = Tip(meta, commit.offsets)

    async def close(self) -> None:
        """Disconnect within a limit. An open transaction stays open until the next fence ends it."""
        self._is_closed = True
        transactions, self._transactions = self._transactions, None
        if transactions is not None:
            await stop_producer(transactions)
