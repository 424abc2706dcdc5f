"""Framed Avro in bulk, by fastavro, with the schemas looked up once per record type.

`schemas.wire` does the same for any record; here are two hundred thousand flat events to write, and the last context
of every customer to read.
"""

import io
from functools import cache
from typing import Any, Final, TypeVar, get_args, get_origin

import fastavro
import msgspec

from schemas import load, wire

_ID_BYTES: Final = 4

R = TypeVar("R", bound=msgspec.Struct)


@cache
def _writer(full_name: str) -> tuple[bytes, Any]:
    catalogue = load()
    schema_id = catalogue.schema_id(full_name)
    schema = wire.without_logical_types(catalogue.writer(schema_id).schema)
    return b"\x00" + schema_id.to_bytes(_ID_BYTES, "big"), fastavro.parse_schema(schema, named_schemas={})


def frame(record: msgspec.Struct) -> bytes:
    """Give a record, flat but for lists of flat records, as framed Avro in the latest version of its schema."""
    head, schema = _writer(wire.name_of(record))
    fields = msgspec.structs.asdict(record)
    for name in _lists(type(record)):
        listed = fields[name]
        if listed:  # as lists: fastavro takes a tuple in a union for one of its type names with a value
            is_nested = isinstance(listed[0], msgspec.Struct)
            fields[name] = [msgspec.structs.asdict(each) for each in listed] if is_nested else list(listed)
    buffer = io.BytesIO()
    buffer.write(head)
    fastavro.schemaless_writer(buffer, schema, fields)
    return buffer.getvalue()


@cache
def _lists(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    fields = msgspec.structs.fields(kind)
    return tuple(each.name for each in fields if _is_list(each.type) or any(map(_is_list, get_args(each.type))))


def _is_list(annotation: Any) -> bool:  # noqa: ANN401  # any annotation
    return get_origin(annotation) is tuple


def unframe(value: bytes, kind: type[R]) -> R:
    """Read a framed record of `kind`, written in the latest version of its schema or an older one.

    Raises:
        TypeError: it is a record of another kind.
    """
    name = str(getattr(kind, "NAME", ""))
    head, schema = _writer(name)
    if value[: len(head)] != head:
        record = wire.decode(value)
        if not isinstance(record, kind):
            raise TypeError(f"a record of {type(record).__name__} where {kind.__name__} should be")
        return record
    return msgspec.convert(fastavro.schemaless_reader(io.BytesIO(value[len(head) :]), schema, None), kind)
