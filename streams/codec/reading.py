"""Writes the lines that read a value: the heart of the generated decoders.

The lines leave the value in a variable and `p` behind its bytes. `n`, `q` and `d` to `h` are scratch.
"""

from typing import Final

from schemas.resolution import branch_for, matches, target_of
from schemas.shapes import Array, Enum, Fixed, Map, Primitive, Record, Shape, Union, UnsupportedSchemaError
from streams.codec.defaults import Types, default_expression
from streams.codec.skipping import blocks, least_size, size, skip
from streams.codec.source import Source

_MOST_BRANCHES: Final = 64  # an index of one byte
_INSTANT: Final = "timestamp-millis"


def record(source: Source, writer: Record, reader: Record, types: Types, target: str) -> None:
    """Reads a record into the variable `target`."""
    names: dict[str, str] = {}
    passed: list[Shape] = []
    for written in writer.fields:
        wanted = target_of(written, reader)
        if wanted is None or wanted.name in names:
            passed.append(written.shape)
            continue
        skip(source, *passed)
        passed.clear()
        names[wanted.name] = source.name()
        value(source, written.shape, wanted.shape, types, names[wanted.name])
    skip(source, *passed)
    arguments = [
        names[each.name] if each.name in names else default_expression(source, each, types) for each in reader.fields
    ]
    made = source.constant(types[reader.name])
    inner = ", ".join(arguments)
    if reader.is_tuple:
        source.line(f"{target} = new_tuple({made}, ({inner}{',' if arguments else ''}))")
    else:
        source.line(f"{target} = {made}({inner})")


def value(source: Source, writer: Shape, reader: Shape, types: Types, target: str) -> None:
    """Reads whatever the writer wrote into the variable `target`, as the reader's type.

    Raises:
        UnsupportedSchemaError: the reader's type does not take it.
    """
    if isinstance(writer, Union):
        _written_union(source, writer, reader, types, target)
        return
    reader = _chosen(writer, reader)
    match writer, reader:
        case Primitive(), Primitive():
            _primitive(source, writer, reader, target)
        case Enum(), Enum():
            _enum(source, writer, reader, target)
        case Fixed(size=count), Fixed():
            source.line(f"q = p + {count}; {target} = b[p:q]; p = q")
        case Array(items), Array(wanted):
            _array(source, items, wanted, types, target)
        case Map(values), Map(wanted):
            _map(source, values, wanted, types, target)
        case Record(), Record():
            record(source, writer, reader, types, target)


def _chosen(writer: Shape, reader: Shape) -> Shape:
    """The reader's type itself, or the branch of its union that takes the value."""
    found = branch_for(writer, reader) if isinstance(reader, Union) else reader
    if found is None or not matches(writer, found):
        raise UnsupportedSchemaError("the reader's type does not take what the writer wrote")
    return found


def _written_union(source: Source, writer: Union, reader: Shape, types: Types, target: str) -> None:
    if len(writer.branches) > _MOST_BRANCHES:
        raise UnsupportedSchemaError("a union has too many branches")
    index = source.name("i")
    source.line(f"{index} = b[p]; p += 1")
    word = "if"
    for number, branch in sorted(enumerate(writer.branches), key=lambda each: each[1] == Primitive("null")):
        with source.block(f"{word} {index} == {number * 2}:"):
            mark = source.mark()
            try:
                value(source, branch, reader, types, target)
            except UnsupportedSchemaError:
                source.rewind(mark)
                source.line("raise Malformed('a value is of a type that is not read here')")
        word = "elif"
    source.line("else:")
    source.line("    raise Malformed('a union has no such branch')")


def _primitive(source: Source, writer: Primitive, reader: Primitive, target: str) -> None:
    match writer.kind:
        case "null":
            source.line(f"{target} = None")
        case "boolean":
            source.line(f"{target} = b[p]; p += 1")
            source.line(f"if {target} > 1: raise Malformed('a boolean is neither true nor false')")
            source.line(f"{target} = {target} == 1")
        case "int" | "long":
            _integer(source, writer, target)
            if reader.kind in {"float", "double"}:
                source.line(f"{target} = float({target})")
        case "float" | "double":
            source.line(f"({target},) = {writer.kind}_at(b, p); p += {least_size(writer)}")
        case _:
            size(source)
            convert = ".decode()" if reader.kind == "string" else ""
            source.line(f"q = p + n; {target} = b[p:q]{convert}; p = q")


def _integer(source: Source, writer: Primitive, target: str) -> None:
    if writer.logical == _INSTANT:
        with source.block("try:"):
            source.line("n, d, e = three_pairs(b, p)")
            source.line(f"{target} = instant0[n] + instant1[d] + instant2[e]; p += 6")
        with source.block("except (TypeError, struct_error):  # an instant of other than six groups"):
            _long(source, writer, target)
    else:
        _long(source, writer, target)


def _long(source: Source, writer: Primitive, target: str) -> None:
    source.line("n = b[p]")
    with source.block("if n < 128:"):
        source.line(f"{target} = signed[n]; p += 1")
    with source.block("else:"):
        source.line("d = b[p + 1]")
        source.line(f"if d < 128: {target} = signed[n + (d << 7) - 128]; p += 2")
        source.line(f"else: {target}, p = {'int_tail' if writer.kind == 'int' else 'tail'}(b, p + 1, n)")


def _enum(source: Source, writer: Enum, reader: Enum, target: str) -> None:
    known = tuple(symbol if symbol in reader.symbols else reader.default for symbol in writer.symbols)
    size(source)
    source.line(f"{target} = {source.constant(known)}[n]")
    if None in known:
        source.line(f"if {target} is None: raise Malformed('an enum has a symbol that is not known')")


def _array(source: Source, items: Shape, wanted: Shape, types: Types, target: str) -> None:
    found, item = source.name("a"), source.name()
    with source.block("if not b[p]:"):
        source.line(f"{target} = (); p += 1")
    with source.block("else:"):
        source.line(f"{found} = []")
        with blocks(source, items):
            value(source, items, wanted, types, item)
            source.line(f"{found}.append({item})")
        source.line(f"{target} = tuple({found})")


def _map(source: Source, values: Shape, wanted: Shape, types: Types, target: str) -> None:
    name, item = source.name(), source.name()
    source.line(f"{target} = {{}}")
    with blocks(source, Primitive("string")):
        _primitive(source, Primitive("string"), Primitive("string"), name)
        value(source, values, wanted, types, item)
        source.line(f"{target}[{name}] = {item}")
