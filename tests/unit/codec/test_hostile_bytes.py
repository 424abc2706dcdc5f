from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

import streams.codec.codec
from schemas import Topic, load
from schemas.cloudevents import ce_headers
from schemas.reasons import DeadLetterReason
from schemas.shapes import UnsupportedSchemaError, parse_record
from streams.codec import Codec, Undecodable
from tests.builders.compiled import decoder
from tests.unit.codec.values import any_record

IN_TIME = timedelta(seconds=10)  # a decoder that loops is a failure, not a slow test
TOPICS = load().topics
INPUTS = [(topic, each.name) for topic in load().inputs() for each in topic.records]
IDS = sorted(load().writers)


class Both(Codec):
    """A codec whose decoders are the generated and the compiled one at once."""

    def decoder(self, schema_id: int) -> Callable[[bytes, int], Any]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(streams.codec.codec, "make_decoder", decoder)
            return super().decoder(schema_id)


@pytest.fixture(scope="module")
def codec() -> Codec:
    return Both(load())


def long(number: int) -> bytes:
    """The reference way to write a long."""
    rest, found = (number << 1) ^ (number >> 63), bytearray()
    while rest > 127:
        found.append(rest & 127 | 128)
        rest >>= 7
    return bytes([*found, rest])


@given(schema_id=st.sampled_from(IDS), body=st.binary(max_size=200))
@settings(max_examples=200, deadline=IN_TIME)
def test_random_bytes_are_undecodable_or_a_record(codec: Codec, schema_id: int, body: bytes) -> None:
    with suppress(Undecodable):
        assert isinstance(codec.decoder(schema_id)(body, 0), Struct)


@given(record=any_record(), data=st.data())
@settings(max_examples=200, deadline=IN_TIME)
def test_a_record_cut_short_is_undecodable(codec: Codec, record: Struct, data: st.DataObject) -> None:
    framed = codec.encode(record)
    if len(framed) > 5:
        cut = framed[: data.draw(st.integers(5, len(framed) - 1))]
        with pytest.raises(Undecodable):
            codec.decoder(int.from_bytes(framed[1:5]))(cut, 5)


@given(record=any_record(), more=st.binary(min_size=1, max_size=9))
@settings(max_examples=200, deadline=IN_TIME)
def test_bytes_behind_the_last_field_are_undecodable(codec: Codec, record: Struct, more: bytes) -> None:
    framed = codec.encode(record)
    with pytest.raises(Undecodable, match="bytes follow"):
        codec.decoder(int.from_bytes(framed[1:5]))(framed + more, 5)


@given(record=any_record(), data=st.data())
@settings(max_examples=250, deadline=IN_TIME)
def test_a_changed_byte_is_undecodable_or_another_record(codec: Codec, record: Struct, data: st.DataObject) -> None:
    framed = bytearray(codec.encode(record))
    if len(framed) > 5:
        framed[data.draw(st.integers(5, len(framed) - 1))] = data.draw(st.integers(0, 255))
        with suppress(Undecodable):
            assert isinstance(codec.decoder(int.from_bytes(framed[1:5]))(bytes(framed), 5), Struct)


HUGE = [2**20, 2**31, 2**40, 2**62, 2**63 - 1, -1, -64, -65, -(2**31), -(2**63)]
ARRAY = {"type": "record", "name": "R", "fields": [{"name": "a", "type": {"type": "array", "items": "int"}}]}
MAP = {"type": "record", "name": "R", "fields": [{"name": "a", "type": {"type": "map", "values": "int"}}]}
STRING = {"type": "record", "name": "R", "fields": [{"name": "a", "type": "string"}]}
BYTES = {"type": "record", "name": "R", "fields": [{"name": "a", "type": "bytes"}]}
INT = {"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]}
LONG = {"type": "record", "name": "R", "fields": [{"name": "a", "type": "long"}]}
ENUM = {
    "type": "record",
    "name": "R",
    "fields": [{"name": "a", "type": {"type": "enum", "name": "E", "symbols": ["x"]}}],
}
EMPTY = {"type": "record", "name": "R", "fields": []}


def reader(schema: Mapping[str, object], wanted: Mapping[str, object] | None = None) -> Callable[[bytes, int], object]:
    return decoder(parse_record(schema), parse_record(wanted or schema), {"R": lambda *values: values})


@pytest.mark.parametrize("schema", [ARRAY, MAP, STRING, BYTES, ENUM], ids=["array", "map", "string", "bytes", "enum"])
@pytest.mark.parametrize("size", HUGE)
def test_a_size_that_cannot_be_is_undecodable_read_or_skipped(schema: Mapping[str, object], size: int) -> None:
    for read in (reader(schema), reader(schema, EMPTY)):
        with pytest.raises(Undecodable):
            read(long(size) + b"\x02\x02\x02", 0)


def test_a_negative_count_is_a_block_that_says_its_size() -> None:
    body = long(-2) + long(2) + long(5) + long(6) + long(1) + long(7) + long(0)

    assert reader(ARRAY)(body, 0) == ((5, 6, 7),)
    assert reader(ARRAY, EMPTY)(body, 0) == ()


def test_blocks_without_end_are_undecodable() -> None:
    for read in (reader(ARRAY), reader(ARRAY, EMPTY)):
        with pytest.raises(Undecodable):
            read((long(1) + long(5)) * 50_000, 0)
        with pytest.raises(Undecodable):
            read((long(-1) + long(0)) * 50_000, 0)


@pytest.mark.parametrize(
    ("schema", "number"),
    [(INT, 2**31), (INT, -(2**31) - 1)],
)
def test_a_number_beyond_its_width_is_undecodable(schema: Mapping[str, object], number: int) -> None:
    with pytest.raises(Undecodable, match="32 bits"):
        reader(schema)(long(number), 0)


@pytest.mark.parametrize("body", [b"\xff" * 9 + b"\x02", b"\xff" * 10 + b"\x01", b"\x80" * 50_000, b"\xff" * 3])
def test_an_integer_too_long_is_undecodable(body: bytes) -> None:
    with pytest.raises(Undecodable):
        reader(LONG)(body, 0)


def test_the_widest_longs_are_read() -> None:
    for number in (2**63 - 1, -(2**63)):
        assert reader(LONG)(long(number), 0) == (number,)


def test_a_string_that_is_not_utf8_is_undecodable() -> None:
    with pytest.raises(Undecodable, match="UTF-8"):
        reader(STRING)(b"\x04\xc3\x28", 0)


def test_items_without_bytes_are_refused_when_generating() -> None:
    for items in ("null", {"type": "record", "name": "Nothing", "fields": []}):
        schema = {"type": "record", "name": "R", "fields": [{"name": "a", "type": {"type": "array", "items": items}}]}
        with pytest.raises(UnsupportedSchemaError):
            reader(schema)


@given(where=st.sampled_from(INPUTS), value=st.binary(max_size=60), is_json=st.booleans())
@settings(max_examples=250, deadline=IN_TIME)
def test_any_value_has_a_verdict(codec: Codec, where: tuple[Topic, str], value: bytes, is_json: bool) -> None:  # noqa: FBT001
    topic, name = where
    headers = ce_headers(name, "e", "/s", 0, b"application/json")
    framed = value if is_json else b"\x00" + load().schema_id(name).to_bytes(4) + value
    for read in (
        lambda: codec.decode(framed, headers, topic),
        lambda: codec.envelope(SimpleNamespace(value=framed, headers=headers), topic),
    ):
        with suppress(Undecodable):
            assert read() is not None


@given(name=st.text(max_size=20), value=st.one_of(st.none(), st.binary(max_size=30)))
@settings(max_examples=200, deadline=IN_TIME)
def test_any_header_has_a_verdict(codec: Codec, name: str, value: bytes | None) -> None:
    for header in (name, f"ce_{name}", "ce_time", "ce_expirytime", "ce_type", "content-type"):
        record = SimpleNamespace(value=b"{}", headers=((header, value), ("ce_specversion", b"1.0")))
        with pytest.raises(Undecodable):
            codec.envelope(record, TOPICS["usage.record.v1"])


def test_an_unknown_schema_and_a_foreign_type_have_their_own_reasons(codec: Codec) -> None:
    usage = load().schema_id("hub.usage.UsageRated").to_bytes(4)
    for body, reason in (
        (b"\x00\xff\xff\xff\xff\x00", DeadLetterReason.UNKNOWN_SCHEMA),
        (b"\x00" + usage + b"\x00", DeadLetterReason.UNKNOWN_TYPE),
        (b"\x00\x00", DeadLetterReason.UNDECODABLE),
        (b"", DeadLetterReason.UNDECODABLE),
    ):
        for read in (
            lambda body=body: codec.decode(body, (), TOPICS["billing.account.v1"]),
            lambda body=body: codec.envelope(SimpleNamespace(value=body, headers=()), TOPICS["billing.account.v1"]),
        ):
            with pytest.raises(Undecodable) as verdict:
                read()
            assert verdict.value.reason == reason
