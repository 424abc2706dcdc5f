"""What shares some of its fields is written in two steps, to the same bytes."""

from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given

from schemas import load
from schemas.records import Entry
from schemas.shapes import parse_record
from streams.codec import Codec
from streams.codec.encoder import compile_writer
from streams.codec.making import make_writer
from tests.unit.codec.values import built, values

CODEC = Codec(load())
SHAPE = parse_record(load().record_types[Entry.NAME].schema)
PREFIX = CODEC.encode(Entry("t", 0, 0, 0, None, None, ()))[:5]
ENTRIES = values(SHAPE).map(partial(built, SHAPE))


Make = Callable[..., Callable[..., Callable[..., bytes]]]
both = pytest.mark.parametrize("make", [compile_writer, make_writer], ids=["generated", "compiled"])


@both
@given(ENTRIES)
def test_two_steps_write_the_same_as_one(make: Make, entry: Entry) -> None:
    bind = make(SHAPE, PREFIX, ("topic", "partition", "headers", "is_forwarded"))
    encode = bind(entry.topic, entry.partition, entry.headers, entry.is_forwarded)
    assert encode(entry.offset, entry.timestamp, entry.key, entry.value) == CODEC.encode(entry)


@both
@given(ENTRIES)
def test_any_of_the_fields_may_be_the_known_ones(make: Make, entry: Entry) -> None:
    encode = make(SHAPE, PREFIX, ("timestamp", "key"))(entry.timestamp, entry.key)
    others = entry.topic, entry.partition, entry.offset, entry.value, entry.headers, entry.is_forwarded
    assert encode(*others) == CODEC.encode(entry)


@both
def test_a_field_that_is_none_is_refused(make: Make) -> None:
    with pytest.raises(KeyError):
        make(SHAPE, PREFIX, ("colour",))
