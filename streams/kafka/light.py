"""Records as the folds read them, in place of aiokafka's, a batch at a time; by the compiled part where it was built.

Its `ConsumerRecord` is a dataclass with a dictionary of eleven entries, two objects that the collector tracks; this one
holds the seven that anybody reads, and the collector does not know it. And aiokafka hands each record on by itself,
which costs half as much again; see docs/adr/0015-records-by-the-batch.md. What it knows of batches is left to it:
checksums, aborted transactions, markers, positions.
"""
# ruff: noqa: SLF001 - there is no other way in; see `fetching`

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from aiokafka.consumer import fetcher

from streams.compiled import Compiled, compiled


class FetchedRecord(msgspec.Struct, frozen=True, gc=False):
    """One record of a source partition; see `streams.core.records.Record`."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]

    def __repr__(self) -> str:
        return f"FetchedRecord({self.topic}-{self.partition} at {self.offset})"


_getall: Final = fetcher.FetchResult.getall


class _WholeBatch:
    """A batch whose iteration is one item, itself, with all of its records; the rest is as aiokafka has it."""

    def __init__(self, batch: Any, tp: Any, part: Compiled | None) -> None:  # noqa: ANN401 - aiokafka's
        self._batch, self._tp, self._part = batch, tp, part
        self.records: list[FetchedRecord] = []

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the batch says of itself
        return getattr(self._batch, name)

    def __next__(self) -> Any:  # noqa: ANN401 - a record
        return next(self._batch)

    def __iter__(self) -> Iterator["_WholeBatch"]:
        self.records = self._read()
        if self.records:
            yield self

    def _read(self) -> list[FetchedRecord]:
        topic, partition = self._tp.topic, self._tp.partition
        data = getattr(self._batch, "data", None)
        if self._part is not None and data is not None:
            try:
                return self._part.records.read(data, FetchedRecord, topic, partition)  # type: ignore[no-any-return]  # of those
            except ValueError:  # compressed, or for aiokafka to judge
                pass
        return [
            FetchedRecord(topic, partition, r.offset, r.timestamp, r.key, r.value, tuple(r.headers))
            for r in self._batch
        ]

    @property
    def offset(self) -> int:
        """The last record's: aiokafka passes over items before the position that it fetched for."""
        last: int = self.records[-1].offset
        return last


class _WholeBatches:
    """What a fetch brought of one partition, each batch as one item."""

    def __init__(self, records: Any, tp: Any) -> None:  # noqa: ANN401 - aiokafka's
        self._records, self._tp, self._part = records, tp, compiled()
        self.has_next = records.has_next

    def next_batch(self) -> _WholeBatch:
        return _WholeBatch(self._records.next_batch(), self._tp, self._part)


class LightPartitionRecords(fetcher.PartitionRecords):  # type: ignore[misc]  # aiokafka has no types
    """aiokafka's reader of fetched batches, which hands records on in lists."""

    def __init__(self, tp: Any, records: Any, *others: Any, **named: Any) -> None:  # noqa: ANN401 - aiokafka's signature
        super().__init__(tp, _WholeBatches(records, tp), *others, **named)
        self._left: list[FetchedRecord] = []

    def __next__(self) -> FetchedRecord:
        """Return one record, for whoever takes them one by one."""
        taken, _ = self.take(1)
        if not taken:
            raise StopIteration
        return taken[0]

    def _consumer_record(self, tp: Any, record: _WholeBatch) -> list[FetchedRecord]:  # noqa: ANN401 - aiokafka's signature
        del tp  # the records have it
        found, start = record.records, self.next_fetch_offset
        return found if found[0].offset >= start else [r for r in found if r.offset >= start]

    def take(self, most: int | None) -> tuple[list[FetchedRecord], bool]:
        """Return the next records, at most so many, and whether there may be more.

        `next_fetch_offset` is then behind the last of them.
        """
        taken, self._left = self._left, []
        is_more = most is not None and len(taken) >= most
        while not is_more and (found := next(self._records_iterator, None)) is not None:
            taken += found  # in place: a fetch of a changelog holds a batch per commit
            is_more = most is not None and len(taken) >= most
        if is_more:
            taken, self._left = taken[:most], taken[most:]
            self.next_fetch_offset = taken[-1].offset + 1
        return taken, is_more


def _take_all(result: Any, max_records: int | None = None) -> Any:  # noqa: ANN401 - a fetcher.FetchResult
    """Do what `getall` does, whose loop is per record."""
    records = result._partition_records
    if not isinstance(records, LightPartitionRecords):
        return _getall(result, max_records)
    if not result.check_assignment(result._topic_partition):
        return []
    taken, is_more = records.take(max_records)
    result._update_position()
    if not is_more:
        result._partition_records = None
    return taken


def lighten() -> None:
    """Let every consumer of this process return light records; deserializers are not supported then."""
    fetcher.PartitionRecords = LightPartitionRecords
    fetcher.FetchResult.getall = _take_all
