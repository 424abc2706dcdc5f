"""Encoders as generated source: one function per schema, from the Struct straight to framed bytes.

Each field becomes a few pieces of a single join. Numbers of up to four bytes, lengths and instants come from tables.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby, zip_longest
from typing import Any, Final

from schemas.shapes import Array, Enum, Field, Map, Primitive, Record, Shape, Union, UnsupportedSchemaError
from streams.codec import varint
from streams.codec.source import Source

Encoder = Callable[[Any], bytes]

_FOUR_GROUPS: Final = 1 << 27
_SIX_GROUPS: Final = 1 << 41
"""Numbers from here on take more groups of seven bits, the sign being one of them."""
_LOW_BITS: Final = 13
"""What the first two groups hold beside the sign. What an instant has above them fits into one digit of Python's
numbers, whose arithmetic is short."""

_TESTS: Final[Mapping[str, str]] = {
    "null": "{0} is None",
    "boolean": "{0} is True or {0} is False",
    "int": "isinstance({0}, int)",
    "long": "isinstance({0}, int)",
    "string": "isinstance({0}, str)",
    "bytes": "isinstance({0}, bytes)",
}


_FEW_PIECES: Final = 2
"""More of them in a branch of a union, and filling them with nothing costs more than joining those that are there."""


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
    encode: Encoder = _compiled(source, "encode", schema)
    return encode


def compile_writer(schema: Record, prefix: bytes, known: tuple[str, ...]) -> Callable[..., Callable[..., bytes]]:
    """What `compile_encoder` writes in two steps: a function of the known fields returns one of the others.

    Fields that a run of records shares are so encoded once for all. The known ones are taken in the order given, the
    others in the schema's.

    Raises:
        KeyError: the schema has no such field.
        UnsupportedSchemaError: as `compile_encoder`.
    """
    source = Source()
    names = {each.name: source.name() for each in schema.fields}
    free = [name for field, name in names.items() if field not in known]
    runs = [(is_known, [*run]) for is_known, run in groupby(schema.fields, lambda each: each.name in known)]
    shared = [source.name() for _ in runs]
    pieces = [source.constant(prefix)]
    with source.block(f"def bind({', '.join(names[each] for each in known)}):"):
        for piece, (is_known, run) in zip(shared, runs, strict=True):
            if is_known:
                source.line(f"{piece} = join(({', '.join(_encoded(source, run, names))},))")
        with source.block(f"def encode({', '.join(free)}):"):
            for piece, (is_known, run) in zip(shared, runs, strict=True):
                pieces += [piece] if is_known else _encoded(source, run, names)
            source.line(f"return join(({', '.join(pieces)},))")
        source.line("return encode")
    bind: Callable[..., Callable[..., bytes]] = _compiled(source, "bind", schema)
    return bind


def _encoded(source: Source, fields: Sequence[Field], names: Mapping[str, str]) -> list[str]:
    return [piece for each in fields for piece in _value(source, each.shape, names[each.name])]


def _compiled(source: Source, name: str, schema: Record) -> Any:  # noqa: ANN401 - whatever the source defines
    tables = varint.write_tables()
    scope: dict[str, Any] = {
        "join": b"".join,
        **tables._asdict(),
        "write_long": varint.write_long,
        "write_int": varint.write_int,
        **source.constants,
    }
    exec(compile(source.text(), f"<encoder of {schema.name}>", "exec"), scope)  # noqa: S102 - from committed schemas
    return scope[name]


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
        case Primitive():
            return _primitive(source, shape, value)
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
                lambda item: [
                    *_primitive(source, Primitive("string"), f"{item}[0]"),
                    *_value(source, values, f"{item}[1]"),
                ],
            )
        case _:
            raise UnsupportedSchemaError("a type that is not encoded here")


def _primitive(source: Source, shape: Primitive, value: str) -> list[str]:
    piece = source.name()
    match kind := shape.kind:
        case "null":
            return []
        case "boolean":
            source.line(f"{piece} = b'\\x01' if {value} else b'\\x00'")
        case "int":
            source.line(f"{piece} = small[{value}] if 0 <= {value} < 8192 else write_int({value})")
        case "long":
            return _instant(source, value) if shape.logical == "timestamp-millis" else _long(source, value)
        case "string" | "bytes":
            count = source.name("n")
            if kind == "string":
                source.line(f"{piece} = {value}.encode()")
            else:
                piece = value
            source.line(f"{count} = len({piece})")
            source.line(f"{count} = small[{count}] if {count} < 8192 else write_long({count})")
            return [count, piece]
        case _:
            raise UnsupportedSchemaError(f"{kind} is not encoded here")
    return [piece]


def _long(source: Source, value: str) -> list[str]:
    piece = source.name()
    source.line(f"if 0 <= {value} < 8192: {piece} = small[{value}]")
    source.line(f"elif 0 <= {value} < {_FOUR_GROUPS}: {piece} = first[{value} & 8191] + ends[{value} >> 13]")
    with source.block(f"elif 0 <= {value} < {_SIX_GROUPS}:"):
        source.line(f"h = {value} >> 13; {piece} = first[{value} & 8191] + goes_on[h & 16383] + ends[h >> 14]")
    source.line(f"else: {piece} = write_long({value})")
    return [piece]


def _instant(source: Source, value: str) -> list[str]:
    pieces = [source.name() for _ in range(3)]
    a, b, c = pieces
    source.line(f"h = {value} >> {_LOW_BITS}")
    with source.block(f"if {_FOUR_GROUPS >> _LOW_BITS} <= h < {_SIX_GROUPS >> _LOW_BITS}:"):
        source.line(f"{a} = first[{value} & 8191]; {b} = goes_on[h & 16383]; {c} = ends[h >> 14]")
    with source.block("else:"):
        source.line(f"{a} = write_long({value}); {b} = {c} = b''")
    return pieces


def _union(source: Source, branches: tuple[Shape, ...], value: str) -> list[str]:
    """Every branch fills the same pieces, with nothing where it needs fewer; one of many pieces is joined at once."""
    mark = source.mark()
    most = max(len(_branch(source, number, branch, value)) for number, branch in enumerate(branches))
    source.rewind(mark)
    pieces = [source.name() for _ in range(most)]
    word = "if"
    for number, branch in sorted(enumerate(branches), key=lambda each: each[1] != Primitive("null")):
        with source.block(f"{word} {_test(branch, branches).format(value)}:"):
            for piece, filled in zip_longest(pieces, _branch(source, number, branch, value), fillvalue="b''"):
                source.line(f"{piece} = {filled}")
        word = "elif"
    with source.block("else:"):
        source.line("raise TypeError('a value is of none of its types')")
    return pieces


def _branch(source: Source, number: int, branch: Shape, value: str) -> list[str]:
    """Writes the lines of one branch of a union; returns its pieces, of which the first says which it is."""
    index = repr(bytes((number * 2,)))
    if isinstance(branch, Primitive) and branch.kind in {"string", "bytes"} and number == 1:
        text, count = source.name(), source.name("n")
        source.line(f"{text} = {value}{'.encode()' if branch.kind == 'string' else ''}; {count} = len({text})")
        source.line(f"{count} = second_of[{count}] if {count} < 8192 else {index} + write_long({count})")
        return [count, text]
    inner = [index, *_value(source, branch, value)]
    return inner if len(inner) <= _FEW_PIECES else [f"join(({', '.join(inner)}))"]


def _test(branch: Shape, branches: tuple[Shape, ...]) -> str:
    """What tells that a value belongs to this branch; beside null alone, what encodes it tells a wrong one."""
    is_optional = len(branches) == len(("null", "other")) and Primitive("null") in branches
    if isinstance(branch, Primitive) and (not is_optional or branch.kind in {"null", "boolean"}):
        return _TESTS[branch.kind]
    if is_optional:
        return "{0} is not None"
    raise UnsupportedSchemaError("a union of more than null and one type that is not primitive")


def _items(source: Source, items: str, encode: Callable[[str], list[str]]) -> list[str]:
    """One block with everything in it, which every reader of Avro takes."""
    piece, found, item = source.name(), source.name("a"), source.name()
    counted = items.removesuffix(".items()")
    with source.block(f"if not {counted}:"):
        source.line(f"{piece} = b'\\x00'")
    with source.block("else:"):
        source.line(f"{found} = [small[len({counted})] if len({counted}) < 8192 else write_long(len({counted}))]")
        with source.block(f"for {item} in {items}:"):
            source.line(f"{found} += ({', '.join(encode(item))},)")
        source.line(f"{found}.append(b'\\x00')")
        source.line(f"{piece} = join({found})")
    return [piece]
