"""Whether a schema may follow its predecessors: FULL_TRANSITIVE by Avro's own rules of resolution.

Every version must read every other's data, older and newer alike, so that any consumer survives any producer and the
whole log stays readable. The rules are those of "Schema Resolution" in the Avro 1.11 specification, one function each;
what resolves at run time (`schemas.resolution`) is also what passes here.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from schemas.resolution import branch_for, matches, target_of
from schemas.shapes import Array, Enum, Fixed, Map, Primitive, Record, Shape, Union, parse


@dataclass(frozen=True, slots=True)
class Incompatibility:
    """One place where a reader cannot take what a writer may write."""

    rule: str
    path: str
    message: str


Rule = Callable[[Shape, Shape, str], Iterator[Incompatibility]]


def full_transitive(schema: Mapping[str, Any], history: Mapping[int, Mapping[str, Any]]) -> list[Incompatibility]:
    """What keeps a schema from following all versions of its history, both ways; empty when it may."""
    new = parse(schema)
    found = []
    for version, earlier in history.items():
        old = parse(earlier)
        for reader, writer, way in ((new, old, f"reading version {version}"), (old, new, f"version {version} reading")):
            found += [
                Incompatibility(each.rule, each.path, f"{way}: {each.message}") for each in unreadable(reader, writer)
            ]
    return found


def unreadable(reader: Shape, writer: Shape, path: str = "") -> list[Incompatibility]:
    """What of the writer's data the reader cannot take."""
    return [each for rule in RULES for each in rule(reader, writer, path)]


def every_branch_written_is_read(reader: Shape, writer: Shape, path: str) -> Iterator[Incompatibility]:
    """A writer's union: each of its branches may be on the wire."""
    if isinstance(writer, Union):
        for branch in writer.branches:
            yield from unreadable(reader, branch, path)


def a_branch_takes_what_is_written(reader: Shape, writer: Shape, path: str) -> Iterator[Incompatibility]:
    """A reader's union: one of its branches must match."""
    if isinstance(reader, Union) and not isinstance(writer, Union):
        branch = branch_for(writer, reader)
        if branch is None:
            yield Incompatibility("union-branch", path, f"no branch takes {_kind(writer)}")
        else:
            yield from unreadable(branch, writer, path)


def types_match(reader: Shape, writer: Shape, path: str) -> Iterator[Incompatibility]:
    """The same kind of type, or one that the specification promotes (int to long, string to bytes, …)."""
    if isinstance(reader, Union) or isinstance(writer, Union):
        return
    is_plain = isinstance(reader, Primitive) or isinstance(writer, Primitive)
    if (is_plain or type(reader) is not type(writer)) and not matches(writer, reader):
        yield Incompatibility("type", path, f"{_kind(writer)} is not read as {_kind(reader)}")


def names_match(reader: Shape, writer: Shape, path: str) -> Iterator[Incompatibility]:
    """Records, enums and fixed types keep their name; the namespace does not count."""
    match reader, writer:
        case (Record(want), Record(have)) | (Enum(want), Enum(have)) | (Fixed(want), Fixed(have)):
            if want.rpartition(".")[2] != have.rpartition(".")[2]:
                yield Incompatibility("name", path, f"{have} is not {want}")


def sizes_match(reader: Shape, writer: Shape, path: str) -> Iterator[Incompatibility]:
    """A fixed type keeps its size."""
    if isinstance(reader, Fixed) and isinstance(writer, Fixed) and reader.size != writer.size:
        yield Incompatibility("fixed-size", path, f"{writer.size} bytes are not read as {reader.size}")


def symbols_are_known(reader: Shape, writer: Shape, path: str) -> Iterator[Incompatibility]:
    """A reader knows every symbol, or has a default for those that it does not."""
    if isinstance(reader, Enum) and isinstance(writer, Enum) and reader.default is None:
        for symbol in writer.symbols:
            if symbol not in reader.symbols:
                yield Incompatibility("enum-symbol", path, f"{symbol} is not known and there is no default")


def missing_fields_have_defaults(reader: Shape, writer: Shape, path: str) -> Iterator[Incompatibility]:
    """A field that the writer does not write has a default."""
    if isinstance(reader, Record) and isinstance(writer, Record):
        filled = {target.name for each in writer.fields if (target := target_of(each, reader))}
        for wanted in reader.fields:
            if wanted.name not in filled and not wanted.has_default:
                yield Incompatibility("field-default", f"{path}/{wanted.name}", "not written, and has no default")


def fields_are_readable(reader: Shape, writer: Shape, path: str) -> Iterator[Incompatibility]:
    """Whatever both sides have is readable in turn: fields, items, values."""
    match reader, writer:
        case Record(), Record(fields=written_fields):
            for written in written_fields:
                wanted = target_of(written, reader)
                if wanted is not None:
                    yield from unreadable(wanted.shape, written.shape, f"{path}/{wanted.name}")
        case Array(want), Array(have):
            yield from unreadable(want, have, f"{path}[]")
        case Map(want), Map(have):
            yield from unreadable(want, have, f"{path}{{}}")


RULES: Final[tuple[Rule, ...]] = (
    every_branch_written_is_read,
    a_branch_takes_what_is_written,
    types_match,
    names_match,
    sizes_match,
    symbols_are_known,
    missing_fields_have_defaults,
    fields_are_readable,
)


def _kind(shape: Shape) -> str:
    return shape.kind if isinstance(shape, Primitive) else type(shape).__name__.lower()
