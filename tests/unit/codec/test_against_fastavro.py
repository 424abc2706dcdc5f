import io
from datetime import timedelta
from typing import Any

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from schemas import load, wire
from schemas.shapes import Record, named_types, parse_record
from streams.codec import Codec
from tests.builders.compiled import decoder, encoder
from tests.unit.codec.arbitrary import schemas
from tests.unit.codec.values import any_record, values


@pytest.fixture(scope="module")
def codec() -> Codec:
    return Codec(load())


@given(record=any_record())
@settings(max_examples=250, deadline=timedelta(seconds=10))
def test_every_record_is_written_and_read_as_by_fastavro(codec: Codec, record: Struct) -> None:
    framed = codec.encode(record)

    assert framed == wire.encode(record)
    shape = parse_record(load().record_types[record.NAME].schema)  # type: ignore[attr-defined]  # of the contracts
    assert encoder(shape, framed[:5])(record) == framed
    assert wire.decode(framed) == record
    assert codec.decoder(int.from_bytes(framed[1:5]))(framed, 5) == record


def _plain(value: Any) -> Any:
    """Tuples as lists, so that both readers' values compare."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


@given(data=st.data(), schema=schemas())
@settings(max_examples=200, deadline=timedelta(seconds=10))
def test_any_schema_is_read_as_by_fastavro(data: st.DataObject, schema: dict[str, Any]) -> None:
    shape = parse_record(schema)
    parsed = fastavro.parse_schema(wire.without_logical_types(schema), named_schemas={})
    buffer = io.BytesIO()
    fastavro.schemaless_writer(buffer, parsed, data.draw(values(shape)))
    types = {
        each.name: lambda *found, names=tuple(field.name for field in each.fields): dict(zip(names, found, strict=True))
        for each in named_types(shape)
        if isinstance(each, Record)
    }

    found = decoder(shape, shape, types)(buffer.getvalue(), 0)

    assert _plain(found) == _plain(fastavro.schemaless_reader(io.BytesIO(buffer.getvalue()), parsed))
