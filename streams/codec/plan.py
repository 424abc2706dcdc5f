"""Schemas as plans that the compiled part walks: nested tuples, each an operation and what it needs.

A plan says the same as the source that `reading` and `encoder` generate, which is its oracle. To read:
`("string",)`, `("enum", symbols)`, `("fixed", size)`, `("array", item)`, `("map", value)`, `("union", branches)`, and
`("record", make, is_tuple, width, fields, defaults)`, where a field is (slot, plan), the slot of one to pass over
being -1, and a default (slot, function). To write: the same without `fixed`, with `("enum", numbers)`,
`("union", branches)` of (test, number, plan), and `("record", is_tuple, fields)` of (name or index, plan).
"""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from schemas.resolution import branch_for, matches, target_of
from schemas.shapes import Array, Enum, Field, Fixed, Map, Primitive, Record, Shape, Union, UnsupportedSchemaError
from streams.codec.defaults import Types, default_expression
from streams.codec.skipping import least_size
from streams.codec.source import Source

Plan: TypeAlias = tuple[Any, ...]

PASS: Final = -1
_MOST_BRANCHES: Final = 64  # an index of one byte
_FLOATS: Final = frozenset({"float", "double"})
_INTEGERS: Final = frozenset({"int", "long"})


def decode_plan(writer: Shape, reader: Shape, types: Types) -> Plan:
    """Return how a value that was written as `writer` is read as `reader`.

    Args:
        writer: The type written.
        reader: The type wanted.
        types: What builds each of the reader's records, by full name.

    Raises:
        UnsupportedSchemaError: the reader's type does not take it.
    """
    if isinstance(writer, Union):
        if len(writer.branches) > _MOST_BRANCHES:
            raise UnsupportedSchemaError("a union has too many branches")
        return "union", tuple(_branch(each, reader, types) for each in writer.branches)
    found = branch_for(writer, reader) if isinstance(reader, Union) else reader
    if found is None or not matches(writer, found):
        raise UnsupportedSchemaError("the reader's type does not take what the writer wrote")
    plan: Plan
    match writer, found:
        case Primitive(have), Primitive(want):
            plan = (f"{have}-as-double" if have in _INTEGERS and want in _FLOATS else _kept(have, want),)
        case Enum(), Enum():
            known = [symbol if symbol in found.symbols else found.default for symbol in writer.symbols]
            plan = "enum", tuple(known)
        case Array(items), Array(wanted):
            plan = "array", decode_plan(_sized(items), wanted, types)
        case Map(values), Map(wanted):
            plan = "map", decode_plan(values, wanted, types)
        case Record(), Record():
            plan = _record(writer, found, types)
        case Fixed(size=size), Fixed():
            plan = "fixed", size
    return plan


def _kept(have: str, want: str) -> str:
    """Bytes and text are read as what is wanted; everything else as it was written."""
    return want if have in {"string", "bytes"} else have


def _branch(branch: Shape, reader: Shape, types: Types) -> Plan | None:
    try:
        return decode_plan(branch, reader, types)
    except UnsupportedSchemaError:
        return None


def _record(writer: Record, reader: Record, types: Types) -> Plan:
    slots = {field.name: number for number, field in enumerate(reader.fields)}
    fields: list[tuple[int, Plan]] = []
    for written in writer.fields:
        wanted = target_of(written, reader)
        if wanted is None or wanted.name not in slots:
            fields.append((PASS, _skip_plan(written.shape)))
        else:
            fields.append((slots.pop(wanted.name), decode_plan(written.shape, wanted.shape, types)))
    missing = [field for field in reader.fields if field.name in slots]
    defaults = tuple((slots[field.name], _default(field, types)) for field in missing)
    return "record", types[reader.name], reader.is_tuple, len(reader.fields), tuple(fields), defaults


def _default(field: Field, types: Types) -> Callable[[], Any]:
    """Return what makes a missing field's default, anew each time: it may be one that can be changed."""
    source = Source()
    expression = default_expression(source, field, types)
    made: Callable[[], Any] = eval(f"lambda: {expression}", dict(source.constants))  # noqa: S307 - from committed schemas
    return made


def _skip_plan(shape: Shape) -> Plan:
    """Return how a value is passed over: the plan of its own type, whose records make nothing."""
    plan: Plan
    match shape:
        case Primitive(kind):
            plan = (kind,)
        case Enum():
            plan = "enum", ()
        case Fixed(size=size):
            plan = "fixed", size
        case Array(items):
            plan = "array", _skip_plan(_sized(items))
        case Map(values):
            plan = "map", _skip_plan(values)
        case Union(branches):
            plan = "union", tuple(_skip_plan(branch) for branch in branches)
        case Record(fields=fields):
            plan = "record", None, False, 0, tuple((PASS, _skip_plan(each.shape)) for each in fields), ()
    return plan


def _sized(items: Shape) -> Shape:
    if not least_size(items):
        raise UnsupportedSchemaError("items without bytes are not supported")
    return items


def encode_plan(shape: Shape) -> Plan:
    """Return how a value of the contracts is written.

    Raises:
        UnsupportedSchemaError: a type that no record of the contracts uses.
    """
    match shape:
        case Primitive(kind) if kind not in _FLOATS:
            return (kind,)
        case Enum(symbols=symbols):
            return "enum", {symbol: number for number, symbol in enumerate(symbols)}
        case Array(items):
            return "array", encode_plan(items)
        case Map(values):
            return "map", encode_plan(values)
        case Record(fields=fields):
            named = tuple(
                (n if shape.is_tuple else each.name, encode_plan(each.shape)) for n, each in enumerate(fields)
            )
            return "record", shape.is_tuple, named
        case Union(branches):
            numbered = sorted(enumerate(branches), key=lambda each: each[1] != Primitive("null"))
            return "union", tuple((_test(branch, branches), n, encode_plan(branch)) for n, branch in numbered)
    raise UnsupportedSchemaError("a type that is not encoded here")


def _test(branch: Shape, branches: tuple[Shape, ...]) -> str:
    """Return what tells that a value belongs to this branch."""
    is_optional = len(branches) == len(("null", "other")) and Primitive("null") in branches
    if isinstance(branch, Primitive) and (not is_optional or branch.kind in {"null", "boolean"}):
        return "int" if branch.kind == "long" else branch.kind
    if is_optional:
        return "any"
    raise UnsupportedSchemaError("a union of more than null and one type that is not primitive")
