from binascii import unhexlify
from typing import Any, cast
from unittest.mock import Mock

import pytest
from aiokafka import TopicPartition
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.default_records import DefaultRecordBatch
from hypothesis import given
from hypothesis import strategies as st

from streams.core.keys import owner_of
from streams.core.meta import META_KEY
from streams.core.records import Output
from streams.kafka.batches import Row, Sender, pack, rows_of, seal, whole_owners
from tests.builders.compiled import the_compiled_part


def keys_in(batch: BatchBuilder) -> list[bytes]:
    return [record.key for record in DefaultRecordBatch(bytes(batch._build()))]  # noqa: SLF001 - its only way out


def test_outputs_are_grouped_by_partition_and_keep_their_order() -> None:
    outputs = [
        Output("a", 0, b"1", b"x"),
        Output("b", 0, b"2", b"y", [("h", b"v")], 7),
        Output("a", 1, b"3", None),
        Output("a", 0, b"4", b"z"),
    ]
    assert rows_of(outputs, "demo.") == {
        TopicPartition("demo.a", 0): [outputs[0], outputs[3]],
        TopicPartition("demo.b", 0): [outputs[1]],
        TopicPartition("demo.a", 1): [outputs[2]],
    }


def test_meta_alone_is_a_commit_too() -> None:
    (batch,) = whole_owners({}, (META_KEY, b"m"), 1000)
    assert keys_in(batch) == [META_KEY]


def test_an_owner_above_the_limit_still_makes_one_batch() -> None:
    changes: dict[bytes, bytes | None] = {b"big/%d" % i: b"x" * 400 for i in range(10)}
    batches = list(whole_owners({b"a/x": b"1"} | changes | {b"z/x": None}, (META_KEY, b"m"), 1000))
    assert [keys_in(batch) for batch in batches] == [[b"a/x"], [*changes], [b"z/x", META_KEY]]


def test_a_record_beyond_every_topic_s_limit_goes_compressed_and_alone() -> None:
    producer = Mock(create_batch=lambda: BatchBuilder(900_000, 0, is_transactional=True))
    values = [b"a", bytes(5_000_000), b"b", bytes(1_500_000), b"c"]
    batches = [batch._build() for batch in pack(producer, [Row(b"k", value) for value in values])]  # noqa: SLF001
    read = [DefaultRecordBatch(bytes(batch)) for batch in batches]
    assert [(batch.compression_type, batch.is_transactional) for batch in read] == [
        (0, True), (DefaultRecordBatch.CODEC_ZSTD, True), (0, True), (0, True), (0, True)
    ]  # fmt: skip
    assert len(batches[1]) < 2 << 20
    assert [record.value for batch in read for record in batch] == values


rows = st.lists(
    st.builds(
        Row,
        st.one_of(st.none(), st.binary(max_size=20)),
        st.one_of(st.none(), st.binary(max_size=300)),
        st.lists(st.tuples(st.text(max_size=5), st.one_of(st.none(), st.binary(max_size=9))), max_size=2),
        st.integers(0, 2**41),
    ),
    min_size=1,
    max_size=30,
)


@given(rows)
def test_batches_are_what_appending_record_by_record_makes(rows: list[Row]) -> None:
    def create() -> BatchBuilder:
        return BatchBuilder(900, 0, is_transactional=True)

    expected = [create()]
    for row in rows:
        content = {"key": row.key, "value": row.value, "headers": list(row.headers), "timestamp": row.timestamp}
        if expected[-1].append(**content) is None:
            expected.append(create())
            expected[-1].append(**content)
    found = pack(Mock(create_batch=create), rows)
    assert [batch.record_count() for batch in found] == [batch.record_count() for batch in expected]
    assert all(batch.closed() for batch in found)
    assert [batch._build() for batch in found] == [batch._build() for batch in expected]  # noqa: SLF001


@given(rows, st.integers(0, 2**31 - 1))
def test_sealed_batches_are_the_same_compiled_and_not(rows: list[Row], first: int) -> None:
    the_compiled_part()

    def sealed(choice: str) -> list[tuple[bytes, Sender]]:
        producer = Mock(create_batch=lambda: BatchBuilder(900, 0, is_transactional=True))
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("HUB_COMPILED", choice)
            return [(bytes(data), sender) for data, sender in seal(producer, rows, Sender(7, 3, first), 900)]

    found = sealed("auto")
    assert found == sealed("off")
    assert all(DefaultRecordBatch(data).validate_crc() for data, _ in found)
    assert found[-1][1].first == (first + len(rows)) % 2**31


@pytest.mark.parametrize("choice", ["auto", "off"])
def test_of_sealed_batches_a_record_beyond_every_topic_s_limit_is_compressed(
    choice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_COMPILED", choice)
    producer = Mock(create_batch=lambda: BatchBuilder(900_000, 0, is_transactional=True))
    values = [b"a", bytes(5_000_000), b"b"]
    found = list(seal(producer, [Row(b"k", value, (), 1) for value in values], Sender(1, 0, 0)))
    read = [DefaultRecordBatch(bytes(data)) for data, _ in found]
    assert [batch.compression_type for batch in read] == [0, DefaultRecordBatch.CODEC_ZSTD, 0]
    assert [batch.base_sequence for batch in read] == [0, 1, 2]
    assert [record.value for batch in read for record in batch] == values


SOMETHING_ELSE: list[Any] = [
    Row(cast("Any", bytearray(b"k")), b"v"),
    Row(b"k", cast("Any", "v")),
    Row(b"k", b"v", [("h", cast("Any", "v"))]),
]


@pytest.mark.parametrize("row", SOMETHING_ELSE, ids=["key", "value", "header"])
def test_a_row_of_something_else_is_refused(row: Row) -> None:
    part = the_compiled_part()
    with pytest.raises(TypeError):
        part.records.build([row], 0, 900, 0, is_transactional=True, producer_id=1, producer_epoch=0, sequence=0)


@given(st.binary(max_size=100))
def test_both_ways_to_a_checksum_are_one(data: bytes) -> None:
    by_instruction, by_tables = the_compiled_part().records.checksums(data)
    assert by_instruction == by_tables


def test_the_checksum_is_castagnoli_s() -> None:
    # RFC 3720, appendix B.4: 32 bytes of zeros, of ones, and rising.
    known = {bytes(32): "8a9136aa", b"\xff" * 32: "62a8ab43", bytes(range(32)): "46dd794e"}
    for data, checksum in known.items():
        assert the_compiled_part().records.checksums(data)[1].to_bytes(4, "big") == unhexlify(checksum)


sections = st.dictionaries(
    st.tuples(st.integers(0, 9), st.integers(0, 5)), st.one_of(st.none(), st.binary(max_size=300)), max_size=40
)


@given(sections, st.integers(50, 2000))
def test_no_owner_is_split_nothing_is_lost_and_meta_comes_last(
    sections: dict[tuple[int, int], bytes | None], limit: int
) -> None:
    changes = {b"owner-%d/part-%d" % name: value for name, value in sorted(sections.items())}
    batches = [keys_in(batch) for batch in whole_owners(changes, (META_KEY, b"m"), limit)]
    assert [key for batch in batches for key in batch] == [*changes, META_KEY]
    owners = [{owner_of(key) for key in batch} for batch in batches]
    assert sum(len(each) for each in owners) == len(set().union(*owners))
