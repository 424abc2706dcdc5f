"""What shares some of its fields is written in two steps, to the same bytes."""

from functools import partial

import pytest
from hypothesis import given

from schemas import load
from schemas.records import Entry
from schemas.shapes import parse_record
from streams.codec import Codec
from tests.unit.codec.values import built, values

CODEC = Codec(load())
SHAPE = parse_record(load().record_types[Entry.NAME].schema)
ENTRIES = values(SHAPE).map(partial(built, SHAPE))


@given(ENTRIES)
def test_two_steps_write_the_same_as_one(entry: Entry) -> None:
    bind = CODEC.writer(Entry, ("topic", "partition", "headers", "is_forwarded"))
    encode = bind(entry.topic, entry.partition, entry.headers, entry.is_forwarded)
    assert encode(entry.offset, entry.timestamp, entry.key, entry.value) == CODEC.encode(entry)


@given(ENTRIES)
def test_any_of_the_fields_may_be_the_known_ones(entry: Entry) -> None:
    encode = CODEC.writer(Entry, ("timestamp", "key"))(entry.timestamp, entry.key)
    others = entry.topic, entry.partition, entry.offset, entry.value, entry.headers, entry.is_forwarded
    assert encode(*others) == CODEC.encode(entry)


def test_a_field_that_is_none_is_refused() -> None:
    with pytest.raises(KeyError):
        CODEC.writer(Entry, ("colour",))
