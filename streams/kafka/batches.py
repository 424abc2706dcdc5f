"""Records into record batches, and batches to the broker: every acknowledgement is awaited."""

import asyncio
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from typing import Final, NamedTuple

import msgspec
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.default_records import DefaultRecordBatch

from streams.compiled import compiled
from streams.core.keys import owner_of
from streams.core.records import Header, Millis, Output

BATCH_BYTES: Final = 900_000
"""Below the 1,048,588 bytes that a topic accepts by default."""
_SEQUENCES: Final = 2**31
_OVERHEAD_BYTES: Final = 24
"""Most that a record without headers adds to its key and value (varints of lengths, deltas, attributes)."""
_UNLIMITED_BYTES: Final = 1 << 30
_HEADER_BYTES: Final = 61
"""What a batch has before its records."""
_PLAIN_BYTES: Final = (2 << 20) - 1024
"""What dead-letter topics take, the largest of all that a record may come to as a producer sent it, and its frame."""


class Row(msgspec.Struct, frozen=True, gc=False):
    """One record to produce; its partition is said elsewhere."""

    key: bytes | None
    value: bytes | None
    headers: Sequence[Header] = ()
    timestamp: Millis | None = None


Rows = Mapping[TopicPartition, Sequence[Row | Output]]


def rows_of(outputs: Iterable[Output], prefix: str) -> dict[TopicPartition, Sequence[Row | Output]]:
    """Group outputs by their partition on the cluster, their order within it kept."""
    grouped: dict[tuple[str, int], list[Output]] = {}
    for output in outputs:
        place = output.topic, output.partition
        found = grouped.get(place)
        if found is None:
            grouped[place] = [output]
        else:
            found.append(output)
    return {TopicPartition(prefix + topic, partition): rows for (topic, partition), rows in grouped.items()}


async def produce(producer: AIOKafkaProducer, rows: Rows) -> None:
    """Send everything and return when every batch is acknowledged.

    aiokafka's `flush` and `commit_transaction` overlook failed batches; only a batch's own future tells.

    Raises:
        KafkaError: of the first batch that failed.
    """
    sends = [_send(producer, tp, pack(producer, records)) for tp, records in rows.items()]
    for outcome in await asyncio.gather(*sends, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome


def pack(producer: AIOKafkaProducer, rows: Sequence[Row | Output]) -> list[BatchBuilder]:
    """Fill batches of the producer's size, in order; a record larger than that gets a batch of its own.

    One above what any topic takes goes compressed, as it came: a topic limits what a batch has on the wire, so behind
    a megabyte of a producer's there may be many, and the dead letter must carry them.
    """
    batches: list[BatchBuilder] = []
    start = 0
    while start < len(rows):
        batch = producer.create_batch()
        count = _fill(batch, rows, start)
        if count == 1 and batch.size() - _HEADER_BYTES > _PLAIN_BYTES:
            batch = _compressed_batch(producer)
            _fill(batch, rows, start)
        batches.append(batch)
        start += count
    return batches


class Sender(NamedTuple):
    """What the broker knows a transactional producer's batch by, and a repetition of it.

    Attributes:
        pid: The producer's id.
        epoch: Its epoch.
        first: Sequence number of the first row.
    """

    pid: int
    epoch: int
    first: int

    def behind(self, rows: int) -> "Sender":
        """Return the same behind so many rows. After the last number comes 0; aiokafka goes on with a negative one."""
        return self._replace(first=(self.first + rows) % _SEQUENCES)


def seal(
    producer: AIOKafkaProducer, rows: Sequence[Row | Output], sender: Sender, most_bytes: int = BATCH_BYTES
) -> Iterator[tuple[bytes, Sender]]:
    """Write the batches of a partition of a transaction, in order.

    Args:
        producer: Makes the batches where the compiled part does not.
        rows: What they hold.
        sender: Of the first batch.
        most_bytes: Of a batch; a larger record gets one of its own.

    Yields:
        The bytes of a batch, and the sender of the next.
    """
    part = compiled()
    if part is None:
        yield from _sealed(producer, rows, sender)
        return
    start, now = 0, int(time.time() * 1000)
    while start < len(rows):
        pid, epoch, first = sender
        data, count = part.records.build(
            rows, start, most_bytes, now, is_transactional=True, producer_id=pid, producer_epoch=epoch, sequence=first
        )
        if count == 1 and len(data) - _HEADER_BYTES > _PLAIN_BYTES:
            yield from _sealed(producer, rows[start : start + 1], sender)
            sender = sender.behind(1)
        else:
            sender = sender.behind(count)
            yield data, sender
        start += count


def _sealed(producer: AIOKafkaProducer, rows: Sequence[Row | Output], sender: Sender) -> Iterator[tuple[bytes, Sender]]:
    for batch in pack(producer, rows):
        batch._set_producer_state(*sender)  # noqa: SLF001 - it has no public name
        sender = sender.behind(batch.record_count())
        yield batch._build(), sender  # noqa: SLF001 - the same


def _fill(batch: BatchBuilder, rows: Sequence[Row | Output], start: int = 0) -> int:
    """Put rows into an empty batch, from `start` on, until it is full; the first is always taken. Return how many.

    It does what `batch.append` does for each, without its three calls; see docs/adr/0015-records-by-the-batch.md.
    """
    append, count = batch._builder.append, 0  # noqa: SLF001
    for row in islice(rows, start, None):
        if append(count, row.timestamp, row.key, row.value, list(row.headers)) is None:
            break
        count += 1
    batch._relative_offset = count  # noqa: SLF001
    batch.close()
    return count


def _compressed_batch(producer: AIOKafkaProducer) -> BatchBuilder:
    """Return an empty batch that holds one record. aiokafka knows one compression per producer, and ours has none."""
    is_transactional = producer._txn_manager is not None and producer._txn_manager.transactional_id is not None  # noqa: SLF001
    return BatchBuilder(1, DefaultRecordBatch.CODEC_ZSTD, is_transactional=is_transactional)


async def _send(producer: AIOKafkaProducer, tp: TopicPartition, batches: Sequence[BatchBuilder]) -> None:
    for batch in batches:
        # aiokafka takes the next batch of a partition only when the one before is on its way.
        await (await producer.send_batch(batch, tp.topic, partition=tp.partition))


def whole_owners(
    changes: Mapping[bytes, bytes | None], meta: tuple[bytes, bytes], limit_bytes: int
) -> Iterator[BatchBuilder]:
    """Fill batches for a log without transactions: no owner's keys are split over two, META is in the last.

    A batch is written whole or not at all, so a crash between two leaves every owner's sections of one commit
    together. One owner's changes above the limit still make one batch.
    """
    rows: list[Row] = []
    size = 0
    for _, group in groupby(changes.items(), key=lambda item: owner_of(item[0])):
        owned = [Row(key, value) for key, value in group]
        owned_bytes = sum(_OVERHEAD_BYTES + len(row.key or b"") + len(row.value or b"") for row in owned)
        if rows and size + owned_bytes > limit_bytes:
            yield _plain_batch(rows)
            rows, size = [], 0
        rows += owned
        size += owned_bytes
    yield _plain_batch([*rows, Row(*meta)])


def _plain_batch(rows: Sequence[Row]) -> BatchBuilder:
    batch = BatchBuilder(_UNLIMITED_BYTES, 0)
    _fill(batch, rows)
    return batch
