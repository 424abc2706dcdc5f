"""Values that a schema allows, made up by hypothesis."""

from functools import partial
from typing import Any

from hypothesis import strategies as st
from msgspec import Struct

from schemas import load, records
from schemas.shapes import Array, Enum, Fixed, Map, Primitive, Record, Shape, Union, parse_record

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_PRIMITIVES: dict[str, st.SearchStrategy[Any]] = {
    "null": st.none(),
    "boolean": st.booleans(),
    "int": st.integers(-(2**31), 2**31 - 1),
    "long": st.one_of(
        st.integers(-(2**63), 2**63 - 1),
        st.integers(-200, 20_000),
        st.integers(2**40, 2**42),
        st.sampled_from([8191, 8192, 2**27 - 1, 2**27, 2**41 - 1, 2**41]),  # where the encoder's ways meet
    ),
    "float": st.floats(width=32, allow_nan=False),
    "double": st.floats(allow_nan=False),
    "bytes": st.one_of(st.binary(max_size=40), st.binary(min_size=60, max_size=70)),
    "string": st.one_of(_TEXT, st.sampled_from(["x" * 63, "y" * 64, "ж" * 5000])),
}


def values(shape: Shape) -> st.SearchStrategy[Any]:  # noqa: PLR0911 - one per kind
    """Plain values: dictionaries for records, lists for arrays."""
    match shape:
        case Primitive(kind):
            return _PRIMITIVES[kind]
        case Enum(symbols=symbols):
            return st.sampled_from(symbols)
        case Fixed(size=size):
            return st.binary(min_size=size, max_size=size)
        case Array(items):
            return st.lists(values(items), max_size=3)
        case Map(inner):
            return st.dictionaries(_TEXT, values(inner), max_size=3)
        case Union(branches):
            return st.one_of([values(branch) for branch in branches])
        case Record(fields=fields):
            return st.fixed_dictionaries({field.name: values(field.shape) for field in fields})


def any_record() -> st.SearchStrategy[Struct]:
    """A record of any type of the contracts."""
    shapes = [parse_record(each.schema) for each in load().record_types.values()]
    return st.one_of([values(shape).map(partial(built, shape)) for shape in shapes])


def built(shape: Shape, plain: Any) -> Any:
    """The contracts' types from plain values."""
    match shape:
        case Record(fields=fields):
            return getattr(records, shape.short_name)(*(built(field.shape, plain[field.name]) for field in fields))
        case Array(items):
            return tuple(built(items, each) for each in plain)
        case Union(branches) if plain is not None:
            return built(next(each for each in branches if each != Primitive("null")), plain)
        case _:
            return plain
