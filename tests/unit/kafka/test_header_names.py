"""Header names that are not UTF-8 cost nothing but their spelling."""

from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from streams.kafka import header_names

UNCOMPRESSED, ZSTD = 0, 4


class Raw(str):
    """A header name that is written with the bytes that it was made of."""

    __slots__ = ()

    def encode(self, encoding: str = "utf-8", errors: str = "surrogateescape") -> bytes:
        return super().encode(encoding, errors)


def batch(base_offset: int, names: list[bytes], compression: int) -> bytes:
    builder = _DefaultRecordBatchBuilderPy(2, compression, 0, -1, -1, 0, 1 << 20)
    for number, name in enumerate(names):
        header = (Raw(name.decode("utf-8", "surrogateescape")), b"\xff")
        builder.append(number, 1000, b"key", b"value", [("plain", None), header])
    return base_offset.to_bytes(8, "big") + bytes(builder.build())[8:]


def read(data: bytes, monkeypatch: pytest.MonkeyPatch, *, start: int = 0) -> list[Any]:
    monkeypatch.setattr(fetcher, "MemoryRecords", fetcher.MemoryRecords)  # put back what `tolerate` changes
    header_names.tolerate()
    records = fetcher.PartitionRecords(
        TopicPartition("t", 0), fetcher.MemoryRecords(data), [], start, None, None, check_crcs=True, isolation_level=1
    )
    return list(records)


@pytest.mark.parametrize("compression", [UNCOMPRESSED, ZSTD])
def test_a_name_that_is_not_utf8_is_spelt_out_and_the_rest_is_read(
    compression: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = batch(0, [b"a", b"b\xff\xfec", "é".encode()], compression) + batch(3, [b"\xff"], compression)
    found = read(data, monkeypatch)
    assert [record.offset for record in found] == [0, 1, 2, 3]
    assert [record.headers[1] for record in found] == [
        ("a", b"\xff"), ("b\\xff\\xfec", b"\xff"), ("é", b"\xff"), ("\\xff", b"\xff"),
    ]  # fmt: skip
    assert {(record.key, record.value, record.headers[0]) for record in found} == {(b"key", b"value", ("plain", None))}


def test_reading_may_begin_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    data = batch(0, [b"\xff", b"b", b"\xfe"], UNCOMPRESSED) + batch(3, [b"d"], UNCOMPRESSED)[:-1]
    assert [record.offset for record in read(data, monkeypatch, start=1)] == [1, 2]
