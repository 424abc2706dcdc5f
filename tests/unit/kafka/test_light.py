"""Light records are aiokafka's, and leave its positions where it would."""

import random
from collections.abc import Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from hypothesis import given
from hypothesis import strategies as st

from streams.kafka.header_names import Batches
from streams.kafka.light import FetchedRecord, LightPartitionRecords, lighten
from tests.builders.compiled import the_compiled_part

TP = TopicPartition("t", 3)
ABORT = b"\x00\x00\x00\x00"
PLAIN_RESULT, PLAIN_RECORDS = fetcher.FetchResult.getall, fetcher.PartitionRecords

Batch = tuple[int, str, list[int]]
"""Offsets that a compaction took before it, what it is, and how many its records take each."""

batches = st.lists(
    st.tuples(
        st.integers(0, 2), st.sampled_from(["plain", "aborted", "marker"]), st.lists(st.integers(1, 2), min_size=1)
    ),
    max_size=5,
)


def encoded(batches: list[Batch]) -> bytes:
    """Return the batches as a fetch brings them; every record has its offset for a value."""
    data, base = b"", 0
    for gap, kind, steps in batches:
        base += gap
        builder = DefaultRecordBatchBuilder(2, 0, kind != "plain", 5 if kind != "plain" else -1, 0, 0, 1 << 20)
        offset = 0
        for step in [1] if kind == "marker" else steps:
            key = ABORT if kind == "marker" else b"key"
            headers = [("h", b"1")] if offset % 2 else []
            builder.append(offset, 1000 + offset, key, b"%d" % (base + offset), headers)
            offset += step
        built = bytearray(builder.build())
        built[:8] = base.to_bytes(8, "big")
        if kind == "marker":
            built[22] |= 0x20  # attributes: a control batch; the checksum is not looked at
        data += bytes(built)
        base += offset
    return data


class Reading:
    """One partition's fetch result and the position that it moves."""

    def __init__(
        self, kind: Any, data: bytes, start: int, *, check_crcs: bool = False, read: Any = MemoryRecords
    ) -> None:
        self.state = SimpleNamespace(paused=False, position=start)
        self.state.consumed_to = lambda offset: setattr(self.state, "position", offset)
        assignment = SimpleNamespace(active=True, state_value=lambda _: self.state)
        records = kind(TP, read(data), [(5, 0)], start, None, None, check_crcs, fetcher.READ_COMMITTED)
        self.result = fetcher.FetchResult(TP, assignment=assignment, partition_records=records, backoff=0)

    def all(self, limits: Iterator[int | None]) -> list[tuple[list[tuple[Any, ...]], int]]:
        """Take everything, so many at a time; return what came and the position after it."""
        found = []
        while self.result.has_more():
            taken = self.result.getall(next(limits))
            found.append(([_plain(each) for each in taken], self.state.position))
        return found


def _plain(r: Any) -> tuple[Any, ...]:
    return r.topic, r.partition, r.offset, r.timestamp, r.key, r.value, r.headers


def repeated(limits: list[int | None]) -> Iterator[int | None]:
    while True:
        yield from limits


@pytest.fixture
def _light() -> Iterator[None]:
    kept = fetcher.PartitionRecords, fetcher.FetchResult.getall
    lighten()
    yield
    fetcher.PartitionRecords, fetcher.FetchResult.getall = kept


@given(batches, st.integers(0, 12), st.lists(st.one_of(st.none(), st.integers(1, 5)), min_size=1, max_size=4))
def test_records_and_positions_are_aiokafka_s(batches: list[Batch], start: int, limits: list[int | None]) -> None:
    data = encoded(batches)
    with pytest.MonkeyPatch.context() as patch:
        expected = Reading(PLAIN_RECORDS, data, start).all(repeated(limits))
        patch.setattr(fetcher, "PartitionRecords", fetcher.PartitionRecords)
        patch.setattr(fetcher.FetchResult, "getall", fetcher.FetchResult.getall)
        lighten()
        assert Reading(LightPartitionRecords, data, start).all(repeated(limits)) == expected
        the_compiled_part()
        patch.delenv("HUB_COMPILED", raising=False)
        assert Reading(LightPartitionRecords, data, start, read=Batches).all(repeated(limits)) == expected


@pytest.mark.usefixtures("_light")
def test_records_one_by_one_are_the_same() -> None:
    reading = Reading(LightPartitionRecords, encoded([(0, "plain", [1, 1, 2]), (1, "plain", [1])]), 1)
    found = [reading.result.getone() for _ in range(4)]
    assert [None if each is None else each.offset for each in found] == [1, 2, 5, None]
    assert isinstance(found[0], FetchedRecord)
    assert reading.state.position == 6


@pytest.mark.usefixtures("_light")
def test_a_broken_batch_loses_nothing_of_those_before_it() -> None:
    data = bytearray(encoded([(0, "plain", [1, 1]), (0, "plain", [1, 1])]))
    data[-1] ^= 1
    reading = Reading(LightPartitionRecords, bytes(data), 0, check_crcs=True)
    with pytest.raises(CorruptRecordException):
        reading.result.getall(10)
    assert reading.result.getall(10) == []  # fetched anew from where the position is
    assert not reading.result.has_more()
    assert reading.state.position == 0


@given(batches, st.randoms(use_true_random=False), st.integers(1, 4))
def test_a_changed_byte_is_read_by_the_compiled_part_as_by_aiokafka(
    batches: list[Batch], rng: random.Random, changes: int
) -> None:
    part = the_compiled_part()
    data = bytearray(encoded([(0, "plain", steps) for _, _, steps in batches[:1]]))
    for _ in range(changes if data else 0):
        data[rng.randrange(len(data))] = rng.randrange(256)
    with suppress(ValueError):
        found = part.records.read(bytes(data), FetchedRecord, TP.topic, TP.partition)
        (batch,) = _each(bytes(data))
        expected = [(r.offset, r.timestamp, r.key, r.value, tuple(r.headers)) for r in batch]
        assert [_plain(each)[2:] for each in found] == expected


def _each(data: bytes) -> list[Any]:
    records, found = MemoryRecords(data), []
    while records.has_next():
        found.append(records.next_batch())
    return found


@given(st.binary(max_size=200))
def test_any_bytes_are_records_or_refused(data: bytes) -> None:
    part = the_compiled_part()
    with suppress(ValueError):
        assert isinstance(part.records.read(data, FetchedRecord, "t", 0), list)
