"""Which of a reader's types a writer's type resolves to ("Schema Resolution", Avro 1.11 specification)."""

from collections.abc import Mapping
from typing import Final

from schemas.shapes import Array, Enum, Field, Fixed, Map, Primitive, Record, Shape, Union

# A writer's primitive and what else a reader may take it as.
PROMOTIONS: Final[Mapping[str, frozenset[str]]] = {
    "int": frozenset({"long", "float", "double"}),
    "long": frozenset({"float", "double"}),
    "float": frozenset({"double"}),
    "string": frozenset({"bytes"}),
    "bytes": frozenset({"string"}),
}


def matches(writer: Shape, reader: Shape, *, is_exact: bool = False) -> bool:
    """Whether the two match at their outermost level; `is_exact` leaves promotions out."""
    match writer, reader:
        case Primitive(have), Primitive(want):
            return have == want or (not is_exact and want in PROMOTIONS.get(have, ()))
        case (Array(), Array()) | (Map(), Map()):
            return True
        case (Record(have), Record(want)) | (Enum(have), Enum(want)):
            return have.rpartition(".")[2] == want.rpartition(".")[2]
        case Fixed(have, size), Fixed(want, wanted_size):
            return size == wanted_size and have.rpartition(".")[2] == want.rpartition(".")[2]
        case _:
            return False


def branch_for(writer: Shape, reader: Union) -> Shape | None:
    """The reader's branch that takes what the writer wrote: the same type if there is one, else the first match."""
    for is_exact in (True, False):
        for branch in reader.branches:
            if matches(writer, branch, is_exact=is_exact):
                return branch
    return None


def target_of(written: Field, reader: Record) -> Field | None:
    """The reader's field that a writer's field fills, by name or by the reader's alias; None when it is dropped."""
    for wanted in reader.fields:
        if wanted.name == written.name:
            return wanted
    for wanted in reader.fields:
        if written.name in wanted.aliases:
            return wanted
    return None
