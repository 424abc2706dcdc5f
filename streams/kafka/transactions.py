"""The transactions of one transactional id, over aiokafka's connections: two round trips a commit.

aiokafka's own producer takes six, one after the other, each through a task and several turns of the loop. Why this
is ours is in docs/adr/0016-three-round-trips.md. Where the cluster has only the first version of transactions it is
three: partitions and group join before anything is written.
"""
# ruff: noqa: SLF001 - aiokafka's connections and the producer's id and epoch have no public names

import asyncio
from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final, Literal

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka import errors as kafka
from aiokafka.client import ConnectionGroup, CoordinationType
from aiokafka.conn import CloseReason
from aiokafka.protocol.transaction import (
    AddOffsetsToTxnRequest,
    AddPartitionsToTxnRequest,
    EndTxnRequest,
    TxnOffsetCommitRequest,
)

from streams.kafka import second
from streams.kafka.asks import (
    Ask,
    Batches,
    Ended,
    Features,
    OfPartitions,
    OfTransaction,
    Partitions,
    Place,
    by_topic,
    produce_in_first,
    produce_in_second,
)
from streams.kafka.batches import BATCH_BYTES, Rows, Sender, seal
from streams.kafka.clients import know_topics

_BUSY_SECONDS: Final = 0.002
"""The commit before has ended, its markers are being written."""
_BACKOFF_SECONDS: Final = 0.02


class Transactions:
    """Commits of one transactional id: `join`, `write`, `end`, in this order, and again.

    What passes by itself, such as a leader or a coordinator that moves, is tried again until the caller's patience
    ends. After any error nothing is known of the transaction, and the object is of no more use.

    Args:
        producer: Unstarted, with a transactional id; its start fences whoever had the id. Nothing is sent by it.
        batch_bytes: Of a batch at most, as the producer makes them.
    """

    def __init__(self, producer: AIOKafkaProducer, batch_bytes: int = BATCH_BYTES) -> None:
        self._producer, self._client, self._batch_bytes = producer, producer.client, batch_bytes
        self._sequences = Counter[TopicPartition]()
        self._coordinators: dict[str, int] = {}
        self._group = ""
        self._identity = "", -1, -1
        self._is_second = False

    async def start(self) -> None:
        """Connect, and take over the id: another's open transaction is ended.

        Raises:
            KafkaError: the broker refuses or cannot be reached.
        """
        await self._producer.start()
        manager = self._producer._txn_manager
        self._identity = manager.transactional_id, manager.producer_id, manager.producer_epoch
        self._is_second = await self._has_second()

    async def stop(self) -> None:
        """Disconnect. An open transaction stays open until the id is taken over, or its time is up."""
        await self._producer.stop()

    async def join(self, partitions: Collection[TopicPartition], group: str) -> None:
        """Begin a transaction over `partitions` and the offsets of `group`.

        In the second version nothing is asked: what is written joins.

        Raises:
            KafkaError: the id is somebody else's by now, or something is not allowed.
        """
        self._group = group
        if self._is_second:
            return
        topics = [(topic, [k for k, _ in pairs]) for topic, pairs in by_topic((tp, None) for tp in partitions)]
        # Both on one connection: the broker answers the first before it reads the second.
        await self._done(
            OfPartitions("transaction", AddPartitionsToTxnRequest(*self._identity, topics)),
            OfTransaction(AddOffsetsToTxnRequest(*self._identity, group)),
        )

    async def write(self, rows: Rows, offsets: Mapping[TopicPartition, int]) -> None:
        """Write records and offsets, and return when all of it is acknowledged.

        Raises:
            KafkaError: the first that does not pass.
        """
        waiting = {tp: deque(self._sealed(tp, records)) for tp, records in rows.items()}
        committing = OfPartitions("group", self._offsets_request(by_topic(offsets.items())))
        committing.is_done = not offsets
        produce = partial(produce_in_second if self._is_second else produce_in_first, self._identity[0])
        while waiting or not committing.is_done:
            try:
                await know_topics(self._client, {tp.topic for tp in waiting})
                leaders = self._by_leader(waiting)
            except kafka.KafkaError as cause:
                await self._recover([cause])
                continue
            asks: list[Ask] = [Batches(leader, produce, waiting, own) for leader, own in leaders.items()]
            # Behind the batches, on the same connection: a broker that verifies a partition of a transaction refuses
            # to verify another of the same transaction meanwhile, but reads the next request only after its answer.
            await self._recover(await self._round(asks if committing.is_done else [*asks, committing]))

    async def end(self) -> None:
        """Commit: what was written becomes visible at once.

        Raises:
            KafkaError: the outcome is unknown.
        """
        if not self._is_second:
            await self._done(OfTransaction(EndTxnRequest(*self._identity, True)))  # noqa: FBT003 - Kafka's name for commit
            return
        asked = Ended(second.end(self._identity))
        await self._done(asked)
        self._identity = self._identity[0], *asked.numbers
        self._sequences.clear()

    async def _has_second(self) -> bool:
        asked = Features(second.features())
        try:
            await self._done(asked)
        except kafka.IncompatibleBrokerVersion:
            return False
        return asked.is_second

    def _offsets_request(self, topics: Partitions) -> Any:  # noqa: ANN401 - aiokafka's
        if self._is_second:
            return second.commit_offsets(self._identity, self._group, topics)
        name, pid, epoch = self._identity
        placed = [(topic, [(k, at, "") for k, at in pairs]) for topic, pairs in topics]
        return TxnOffsetCommitRequest(name, self._group, pid, epoch, placed)

    def _sealed(self, tp: TopicPartition, rows: Sequence[Any]) -> Iterator[bytes]:
        """Yield the batches of a partition with the numbers by which the broker knows a repetition."""
        _, pid, epoch = self._identity
        for data, following in seal(self._producer, rows, Sender(pid, epoch, self._sequences[tp]), self._batch_bytes):
            self._sequences[tp] = following.first
            yield data

    def _by_leader(self, partitions: Iterable[TopicPartition]) -> dict[int, list[TopicPartition]]:
        found: dict[int, list[TopicPartition]] = {}
        for tp in partitions:
            leader = self._client.cluster.leader_for_partition(tp)
            if leader is None or leader == -1:
                raise kafka.LeaderNotAvailableError(tp)
            found.setdefault(leader, []).append(tp)
        return found

    async def _done(self, *asks: Ask) -> None:
        """Ask until everything went well."""
        while left := [ask for ask in asks if not ask.is_done]:
            await self._recover(await self._round(left))

    async def _round(self, asks: Sequence[Ask]) -> list[kafka.KafkaError]:
        """Send everything at once and take every answer; return the errors, of which none may be lasting."""
        errors: list[kafka.KafkaError] = []
        posted: list[tuple[Ask, Any, Any]] = []
        try:
            for ask in asks:
                try:
                    connection = await self._connection(ask.place)
                    posted.append((ask, connection, connection.send(ask.request())))
                except (kafka.KafkaError, AssertionError) as cause:
                    errors.append(_as_kafka(cause))
            while posted:
                ask, connection, answer = posted.pop(0)
                try:
                    errors += ask.take(await answer)
                except TimeoutError:
                    connection.close(reason=CloseReason.CONNECTION_TIMEOUT)
                    errors.append(kafka.RequestTimedOutError())
                except kafka.KafkaError as cause:
                    errors.append(cause)
        finally:
            for _, _, answer in posted:
                answer.close()  # nobody waits for it any more
        return errors

    async def _connection(self, place: Place) -> Any:  # noqa: ANN401 - aiokafka's
        node = place if isinstance(place, int) else await self._coordinator(place)
        group = ConnectionGroup.COORDINATION if place == "transaction" else ConnectionGroup.DEFAULT
        connection = await self._client._get_conn(node, group=group)
        if connection is None:
            raise kafka.NodeNotReadyError(node)
        return connection

    async def _coordinator(self, kind: Literal["transaction", "group"]) -> int:
        node = self._coordinators.get(kind)
        if node is None:
            key = self._identity[0] if kind == "transaction" else self._group
            type_ = CoordinationType.TRANSACTION if kind == "transaction" else CoordinationType.GROUP
            node = self._coordinators[kind] = await self._client.coordinator_lookup(type_, key)
        return node

    async def _recover(self, errors: Sequence[kafka.KafkaError]) -> None:
        """Wait before the next try, and ask anew who leads.

        Raises:
            KafkaError: the first that will not pass.
        """
        if not errors:
            return
        lasting = [error for error in errors if not (error.retriable or isinstance(error, _PASSING))]
        # A refused partition makes the broker leave the others of its request alone.
        for error in sorted(lasting, key=lambda error: isinstance(error, kafka.OperationNotAttempted)):
            raise error
        if all(isinstance(error, kafka.ConcurrentTransactions) for error in errors):
            await asyncio.sleep(_BUSY_SECONDS)
            return
        self._coordinators.clear()
        await asyncio.sleep(_BACKOFF_SECONDS)
        with suppress(kafka.KafkaError):
            await self._client.force_metadata_update()


_PASSING: Final = (kafka.ConcurrentTransactions,)


def _as_kafka(cause: Exception) -> kafka.KafkaError:
    """Name what aiokafka only asserts: that there is a broker left."""
    return cause if isinstance(cause, kafka.KafkaError) else kafka.NoBrokersAvailable(cause)
