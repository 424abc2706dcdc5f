"""A field's default as an expression of generated source."""

from collections.abc import Callable, Mapping
from typing import Any

from schemas.shapes import Array, Enum, Field, Fixed, Map, Primitive, Record, Shape, Union, UnsupportedSchemaError
from streams.codec.source import Source

Types = Mapping[str, Callable[..., Any]]
"""What builds a record, by its full name, taking its fields in order."""


def default_expression(source: Source, field: Field, types: Types) -> str:
    """What a reader's field holds when the writer has none like it.

    Raises:
        UnsupportedSchemaError: the field has no default, so that the writer's data cannot be read.
    """
    if not field.has_default:
        raise UnsupportedSchemaError(f"{field.name} is missing and has no default")
    return _expression(source, field.shape, field.default, types)


def _expression(source: Source, shape: Shape, default: Any, types: Types) -> str:  # noqa: ANN401 - Avro's JSON
    match shape:
        case Union(branches):
            branch = Primitive("null") if default is None else branches[0]
            return _expression(source, branch, default, types)
        case Primitive() | Enum() | Fixed():
            return repr(_plain(shape, default))
        case Array(items):
            inner = "".join(f"{_expression(source, items, each, types)}, " for each in default)
            return f"({inner})"
        case Map(values):
            pairs = (f"{name!r}: {_expression(source, values, each, types)}" for name, each in default.items())
            return f"{{{', '.join(pairs)}}}"
        case Record(name, fields):
            filled = [
                _expression(source, each.shape, default[each.name], types)
                if each.name in default
                else default_expression(source, each, types)
                for each in fields
            ]
            return f"{source.constant(types[name])}({', '.join(filled)})"


def _plain(shape: Primitive | Enum | Fixed, default: Any) -> object:  # noqa: ANN401 - Avro's JSON
    match shape:
        case Primitive("bytes") | Fixed():
            return default.encode("latin-1")  # Avro writes default bytes as code points 0 to 255
        case Primitive("float" | "double"):
            return float(default)
        case _:
            return default
