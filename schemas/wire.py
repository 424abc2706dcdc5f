"""Records to and from the wire by fastavro: for all but the hub's hot path, and the oracle of that.

Upstream stand-ins, the command line and tests use it; it is two to three times slower than the generated codec.
"""

import io
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import fastavro
import msgspec
from msgspec import Struct

from schemas import cloudevents, records
from schemas.loader import load
from schemas.shapes import Array, Map, Primitive, Record, Shape, Union, parse_record

_FRAME: Final = 5


def encode(record: Struct) -> bytes:
    """The record as framed Avro in the latest version of its schema; ValueError for a value that does not fit."""
    catalogue = load()
    schema_id = catalogue.schema_id(name_of(record))
    buffer = io.BytesIO()
    buffer.write(b"\x00" + schema_id.to_bytes(_FRAME - 1))
    fastavro.schemaless_writer(buffer, _parsed(schema_id), _plain(_written_shape(schema_id), record), strict=True)
    return buffer.getvalue()


def decode(value: bytes) -> Struct:
    """A framed record, whatever version it was written in, as the latest.

    Raises:
        ValueError: not framed, an unknown schema id, or bytes behind the last field. Other errors of fastavro on
            bytes that no writer wrote: this is for data one trusts.
    """
    catalogue = load()
    if len(value) < _FRAME or value[0]:
        raise ValueError("not framed Avro")
    writer_id = int.from_bytes(value[1:_FRAME])
    if writer_id not in catalogue.writers:
        raise ValueError("the schema id is not in the registry")
    name = catalogue.writer(writer_id).name
    body = io.BytesIO(value[_FRAME:])
    found = fastavro.schemaless_reader(body, _parsed(writer_id), _parsed(catalogue.schema_id(name)))
    if body.read(1):
        raise ValueError("bytes follow the last field")
    record: Struct = _built(_shape(name), found)
    return record


def to_json(record: Struct) -> bytes:
    """The record as JSON, bytes as base64."""
    return msgspec.json.encode(_plain(_shape(name_of(record)), record))


def from_json(full_name: str, body: bytes) -> Struct:
    """A record from what `to_json` gives; absent fields take their defaults.

    Raises:
        ValueError: not JSON, or not this record (msgspec's errors, which are ValueErrors).
        KeyError: no such record.
    """
    shape, record_type = _shape(full_name), load().record_types[full_name]
    return msgspec.convert(_listed(shape, msgspec.json.decode(body)), record_type.struct)


def ce_headers(record: Struct, id: str, source: str, time: int) -> list[tuple[str, bytes]]:  # noqa: A002 - CloudEvents'
    """The headers of a JSON event in binary mode; `time` in UTC milliseconds."""
    return list(cloudevents.ce_headers(name_of(record), id, source, time, cloudevents.JSON))


def name_of(record: Struct) -> str:
    """A record's full name; KeyError for what is no record of the contracts."""
    name = getattr(record, "NAME", None)
    if not isinstance(name, str):
        raise KeyError("not a record of the contracts")
    return name


@cache
def _parsed(schema_id: int) -> Any:  # noqa: ANN401 - fastavro's own form
    return fastavro.parse_schema(without_logical_types(load().writer(schema_id).schema), named_schemas={})


@cache
def _written_shape(schema_id: int) -> Record:
    return parse_record(load().writer(schema_id).schema)


@cache
def _shape(full_name: str) -> Record:
    return parse_record(load().record_types[full_name].schema)


def without_logical_types(schema: Any) -> Any:  # noqa: ANN401 - Avro's JSON
    """The same schema, its times plain numbers: the contracts' types are milliseconds, not datetimes."""
    if isinstance(schema, Mapping):
        return {key: without_logical_types(value) for key, value in schema.items() if key != "logicalType"}
    if isinstance(schema, list):
        return [without_logical_types(each) for each in schema]
    return schema


def _plain(shape: Shape, value: Any) -> Any:  # noqa: ANN401 - any value of a record
    """A record as dictionaries and lists."""
    match shape:
        case Record(fields=fields, is_tuple=True):
            return {field.name: _plain(field.shape, each) for field, each in zip(fields, value, strict=True)}
        case Record(fields=fields):
            return {field.name: _plain(field.shape, getattr(value, field.name)) for field in fields}
        case Array(items):
            return [_plain(items, each) for each in value]
        case Union() if value is not None:
            return _plain(_other(shape), value)
        case _:
            return value


def _built(shape: Shape, value: Any) -> Any:  # noqa: ANN401 - any value of a record
    """The reverse of `_plain`."""
    match shape:
        case Record(fields=fields):
            made = getattr(records, shape.short_name)
            return made(*(_built(field.shape, value[field.name]) for field in fields))
        case Array(items):
            return tuple(_built(items, each) for each in value)
        case Union() if value is not None:
            return _built(_other(shape), value)
        case _:
            return value


def _listed(shape: Shape, value: Any) -> Any:  # noqa: ANN401 - JSON
    """The same JSON with named tuples as lists, which is how msgspec takes them."""
    match shape, value:
        case Record(fields=fields, is_tuple=True), dict():
            return [_listed(field.shape, value.get(field.name)) for field in fields]
        case Record(fields=fields), dict():
            shapes = {field.name: field.shape for field in fields}
            return {name: _listed(shapes[name], each) if name in shapes else each for name, each in value.items()}
        case Array(items), list():
            return [_listed(items, each) for each in value]
        case Map(values), dict():
            return {name: _listed(values, each) for name, each in value.items()}
        case Union(), _ if value is not None:
            return _listed(_other(shape), value)
        case _:
            return value


def _other(shape: Union) -> Shape:
    """What a nullable holds; of several primitives any one does, as they all stay as they are."""
    return next(branch for branch in shape.branches if branch != Primitive("null"))
