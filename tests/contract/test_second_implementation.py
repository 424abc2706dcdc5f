"""avro-python3 shares no code with fastavro: where both agree, the contracts are Avro and not one library's habit."""

import io
import json
from typing import Any

import fastavro
import pytest
from avro import io as avro_io
from avro import schema as avro_schema
from avro import schemanormalization
from fastavro.schema import fingerprint, to_parsing_canonical_form
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import load, records, wire
from schemas.shapes import Record, named_types, parse_record
from streams.codec.decoder import compile_decoder
from tests.unit.codec.values import values

EVERY = load().writers.values()
WRITERS = [pytest.param(writer.schema, id=f"{writer.name}-{writer.version}") for writer in EVERY]


def second(schema: Any) -> avro_schema.Schema:
    return avro_schema.parse(json.dumps(wire.without_logical_types(schema)))


def first(schema: Any) -> Any:
    return fastavro.parse_schema(wire.without_logical_types(schema), named_schemas={})


@pytest.mark.parametrize("schema", WRITERS)
def test_both_see_the_same_canonical_form_and_fingerprints(schema: dict[str, Any]) -> None:
    ours = to_parsing_canonical_form(dict(schema))
    theirs = schemanormalization.ToParsingCanonicalForm(avro_schema.parse(json.dumps(schema)))

    assert theirs == ours
    for algorithm in ("CRC-64-AVRO", "md5", "sha256"):
        assert schemanormalization.Fingerprint(theirs, algorithm).hex() == fingerprint(ours, algorithm)


@pytest.mark.parametrize("schema", WRITERS)
@given(data=st.data())
@settings(max_examples=8, deadline=None)
def test_what_one_writes_the_other_reads(schema: dict[str, Any], data: st.DataObject) -> None:
    value = data.draw(values(parse_record(schema)))

    by_first = io.BytesIO()
    fastavro.schemaless_writer(by_first, first(schema), value)
    by_second = io.BytesIO()
    avro_io.DatumWriter(second(schema)).write(value, avro_io.BinaryEncoder(by_second))

    read = avro_io.DatumReader(second(schema)).read(avro_io.BinaryDecoder(io.BytesIO(by_first.getvalue())))
    assert read == value
    assert fastavro.schemaless_reader(io.BytesIO(by_second.getvalue()), first(schema)) == value


@pytest.mark.parametrize("schema_id", [pytest.param(each.id, id=f"{each.name}-{each.version}") for each in EVERY])
@given(data=st.data())
@settings(max_examples=5, deadline=None)
def test_the_generated_decoder_reads_what_the_second_writes(schema_id: int, data: st.DataObject) -> None:
    schema = load().writer(schema_id).schema
    shape = parse_record(schema)
    buffer = io.BytesIO()
    avro_io.DatumWriter(second(schema)).write(data.draw(values(shape)), avro_io.BinaryEncoder(buffer))
    types = {each.name: getattr(records, each.short_name) for each in named_types(shape) if isinstance(each, Record)}

    found = compile_decoder(shape, parse_record(load().record_types[shape.name].schema), types)(buffer.getvalue(), 0)

    assert found == wire.decode(b"\x00" + schema_id.to_bytes(4) + buffer.getvalue())
