"""Encoders as generated source: one function per schema, from the Struct straight to framed bytes.

Each field becomes one or two pieces of a single join. Small numbers and lengths (0 to 8191) come from a table.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from schemas.shapes import Array, Enum, Map, Primitive, Record, Shape, Union, UnsupportedSchemaError
from streams.codec import varint
from streams.codec.source import Source

Encoder = Callable[[Any], bytes]

_TESTS: Final[Mapping[str, str]] = {
    "null": "{0} is None",
    "boolean": "{0} is True or {0} is False",
    "int": "isinstance({0}, int)",
    "long": "isinstance({0}, int)",
    "string": "isinstance({0}, str)",
    "bytes": "isinstance({0}, bytes)",
}


def compile_encoder(schema: Record, prefix: bytes) -> Encoder:
    """A function that writes one record: the prefix, then its fields.

    The function raises ValueError for a number beyond its width, KeyError for a symbol that is none, TypeError or
    AttributeError for a value of another type than the contract's: faults of the caller, none of the data's.

    Raises:
        UnsupportedSchemaError: a type that no record of the contracts uses (floating point, fixed, unions of records).
    """
    source = Source()
    with source.block("def encode(r):"):
        pieces = [source.constant(prefix), *_fields(source, schema, "r")]
        source.line(f"return join(({', '.join(pieces)},))")
    scope: dict[str, Any] = {
        "join": b"".join,
        "small": varint.write_tables().small,
        "write_long": varint.write_long,
        "write_int": varint.write_int,
        **source.constants,
    }
    exec(compile(source.text(), f"<encoder of {schema.name}>", "exec"), scope)  # noqa: S102 - from committed schemas
    encode: Encoder = scope["encode"]
    return encode


def _fields(source: Source, schema: Record, owner: str) -> list[str]:
    pieces: list[str] = []
    for number, each in enumerate(schema.fields):
        field = source.name()
        source.line(f"{field} = {owner}[{number}]" if schema.is_tuple else f"{field} = {owner}.{each.name}")
        pieces += _value(source, each.shape, field)
    return pieces


def _value(source: Source, shape: Shape, value: str) -> list[str]:
    """Writes the lines that encode a variable; returns the names of its pieces, in order."""
    match shape:
        case Primitive(kind):
            return _primitive(source, kind, value)
        case Enum(symbols=symbols):
            encoded = {symbol: varint.write_long(number) for number, symbol in enumerate(symbols)}
            piece = source.name()
            source.line(f"{piece} = {source.constant(encoded)}[{value}]")
            return [piece]
        case Record():
            return _fields(source, shape, value)
        case Union(branches):
            return _union(source, branches, value)
        case Array(items):
            return _items(source, value, lambda item: _value(source, items, item))
        case Map(values):
            return _items(
                source,
                f"{value}.items()",
                lambda item: _primitive(source, "string", f"{item}[0]") + _value(source, values, f"{item}[1]"),
            )
        case _:
            raise UnsupportedSchemaError("a type that is not encoded here")


def _primitive(source: Source, kind: str, value: str) -> list[str]:
    piece = source.name()
    match kind:
        case "null":
            return []
        case "boolean":
            source.line(f"{piece} = b'\\x01' if {value} else b'\\x00'")
        case "int" | "long":
            source.line(f"{piece} = small[{value}] if 0 <= {value} < 8192 else write_{kind}({value})")
        case "string" | "bytes":
            source.line(f"{piece} = {value}{'.encode()' if kind == 'string' else ''}")
            count = source.name("n")
            source.line(f"{count} = len({piece})")
            source.line(f"{count} = small[{count}] if {count} < 8192 else write_long({count})")
            return [count, piece]
        case _:
            raise UnsupportedSchemaError(f"{kind} is not encoded here")
    return [piece]


def _union(source: Source, branches: tuple[Shape, ...], value: str) -> list[str]:
    piece = source.name()
    word = "if"
    for number, branch in sorted(enumerate(branches), key=lambda each: each[1] != Primitive("null")):
        with source.block(f"{word} {_test(branch, len(branches)).format(value)}:"):
            inner = [repr(bytes((number * 2,))), *_value(source, branch, value)]
            source.line(f"{piece} = {' + '.join(inner)}")
        word = "elif"
    with source.block("else:"):
        source.line("raise TypeError('a value is of none of its types')")
    return [piece]


def _test(branch: Shape, count: int) -> str:
    """What tells that a value belongs to this branch; with null the other of two needs no more than not being None."""
    if isinstance(branch, Primitive):
        return _TESTS[branch.kind]
    if count == len(("null", "other")):
        return "{0} is not None"
    raise UnsupportedSchemaError("a union of more than null and one type that is not primitive")


def _items(source: Source, items: str, encode: Callable[[str], list[str]]) -> list[str]:
    """One block with everything in it, which every reader of Avro takes."""
    piece, found, item = source.name(), source.name("a"), source.name()
    counted = items.removesuffix(".items()")
    with source.block(f"if not {counted}:"):
        source.line(f"{piece} = b'\\x00'")
    with source.block("else:"):
        source.line(f"{found} = [write_long(len({counted}))]")
        with source.block(f"for {item} in {items}:"):
            source.line(f"{found} += ({', '.join(encode(item))},)")
        source.line(f"{found}.append(b'\\x00')")
        source.line(f"{piece} = join({found})")
    return [piece]
