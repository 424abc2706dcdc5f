"""Framed Avro for the day's own events, by fastavro, with the schemas looked up once per record type.

`schemas.wire` does the same for any record; upstream's are flat, and there are two hundred thousand of them.
"""

import io
from functools import cache
from typing import Any, Final

import fastavro
import msgspec

from schemas import load, wire

_ID_BYTES: Final = 4


@cache
def _writer(full_name: str) -> tuple[bytes, Any]:
    catalogue = load()
    schema_id = catalogue.schema_id(full_name)
    schema = wire.without_logical_types(catalogue.writer(schema_id).schema)
    return b"\x00" + schema_id.to_bytes(_ID_BYTES, "big"), fastavro.parse_schema(schema, named_schemas={})


def frame(record: msgspec.Struct) -> bytes:
    """Give a flat record (no records or arrays within) as framed Avro in the latest version of its schema."""
    head, schema = _writer(wire.name_of(record))
    buffer = io.BytesIO()
    buffer.write(head)
    fastavro.schemaless_writer(buffer, schema, msgspec.structs.asdict(record))
    return buffer.getvalue()
