"""Avro schemas as typed values: names resolved, every type its own class.

Everything derived from a schema (records.py, the codec, the compatibility check, the pages) walks these instead of
Avro's JSON. Follows "Schema Declaration" of the Avro 1.11 specification; recursive types are refused, since nothing
here needs them and a record that cannot nest for ever cannot exhaust a reader's stack.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

PRIMITIVES: Final = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})


class UnsupportedSchemaError(ValueError):
    """A schema that is not Avro, or uses what this project does not (recursion, unknown names)."""


@dataclass(frozen=True, slots=True)
class Primitive:
    """One of Avro's primitive types; `logical` is its logical type's name, which changes nothing on the wire."""

    kind: str
    logical: str | None = None


@dataclass(frozen=True, slots=True)
class Enum:
    """A closed list of symbols; a reader takes `default` for a symbol that it does not know."""

    name: str
    symbols: tuple[str, ...]
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Fixed:
    """Exactly `size` bytes."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Array:
    """Items of one type, in order."""

    items: "Shape"


@dataclass(frozen=True, slots=True)
class Map:
    """Values of one type by string."""

    values: "Shape"


@dataclass(frozen=True, slots=True)
class Union:
    """One of several types."""

    branches: tuple["Shape", ...]

    @property
    def is_nullable(self) -> bool:
        """Whether null is one of the branches."""
        return Primitive("null") in self.branches


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a record; `default` counts only when `has_default`."""

    name: str
    shape: "Shape"
    doc: str = ""
    has_default: bool = False
    default: Any = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """A record; `is_tuple` (the schema's attribute `shape: tuple`) makes it a named tuple in Python."""

    name: str
    fields: tuple[Field, ...]
    doc: str = field(default="", compare=False)
    is_tuple: bool = field(default=False, compare=False)

    @property
    def short_name(self) -> str:
        """The name without its namespace."""
        return self.name.rpartition(".")[2]


Shape = Primitive | Enum | Fixed | Array | Map | Union | Record


def parse(schema: object) -> Shape:
    """Avro's JSON as a shape.

    Raises:
        UnsupportedSchemaError: not a schema, an unknown name, or a type that contains itself.
    """
    return _Parser().shape(schema, namespace="")


def parse_record(schema: object) -> Record:
    """As `parse`, for a schema that must be a record."""
    shape = parse(schema)
    if not isinstance(shape, Record):
        raise UnsupportedSchemaError("the schema of a topic's record must be a record")
    return shape


class _Parser:
    """Carries the named types met so far, since a later use may be by name alone."""

    def __init__(self) -> None:
        self._named: dict[str, Shape | None] = {}

    def shape(self, schema: object, namespace: str) -> Shape:
        if isinstance(schema, str):
            return self._by_name(schema, namespace)
        if isinstance(schema, list):
            return Union(tuple(self.shape(branch, namespace) for branch in schema))
        if not isinstance(schema, Mapping) or "type" not in schema:
            raise UnsupportedSchemaError("a schema is a name, a list or an object with a type")
        return self._declared(schema, namespace)

    def _by_name(self, name: str, namespace: str) -> Shape:
        if name in PRIMITIVES:
            return Primitive(name)
        full = name if "." in name or not namespace else f"{namespace}.{name}"
        found = self._named.get(full)
        if found is None:
            reason = "contains itself" if full in self._named else "is not declared"
            raise UnsupportedSchemaError(f"{full} {reason}")
        return found

    def _declared(self, schema: Mapping[str, Any], namespace: str) -> Shape:
        kind = schema["type"]
        match kind:
            case "array":
                return Array(self.shape(schema["items"], namespace))
            case "map":
                return Map(self.shape(schema["values"], namespace))
            case "record" | "enum" | "fixed":
                return self._named_type(schema, namespace)
            case str() if kind in PRIMITIVES:
                return Primitive(kind, schema.get("logicalType"))
            case _:
                return self.shape(kind, namespace)

    def _named_type(self, schema: Mapping[str, Any], namespace: str) -> Shape:
        name = str(schema["name"])
        if "." in name:
            namespace, _, name = name.rpartition(".")
        namespace = schema.get("namespace", namespace)
        full = f"{namespace}.{name}" if namespace else name
        if full in self._named:
            raise UnsupportedSchemaError(f"{full} is declared twice")
        self._named[full] = None
        shape: Shape
        if schema["type"] == "enum":
            shape = Enum(full, tuple(schema["symbols"]), schema.get("default"))
        elif schema["type"] == "fixed":
            shape = Fixed(full, int(schema["size"]))
        else:
            fields = tuple(self._field(each, namespace) for each in _fields(schema))
            shape = Record(full, fields, schema.get("doc", ""), schema.get("shape") == "tuple")
        self._named[full] = shape
        return shape

    def _field(self, declared: Mapping[str, Any], namespace: str) -> Field:
        return Field(
            name=declared["name"],
            shape=self.shape(declared["type"], namespace),
            doc=declared.get("doc", ""),
            has_default="default" in declared,
            default=declared.get("default"),
            aliases=tuple(declared.get("aliases", ())),
        )


def _fields(schema: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    fields = schema["fields"]
    if not isinstance(fields, list):
        raise UnsupportedSchemaError("a record's fields are a list")
    return fields


def named_types(shape: Shape) -> list[Record | Enum | Fixed]:
    """Every named type inside, those that others need first, each once."""
    found: dict[str, Record | Enum | Fixed] = {}

    def visit(inner: Shape) -> None:
        match inner:
            case Array(items):
                visit(items)
            case Map(values):
                visit(values)
            case Union(branches):
                for branch in branches:
                    visit(branch)
            case Record(fields=fields):
                for each in fields:
                    visit(each.shape)
        if isinstance(inner, Record | Enum | Fixed):
            found.setdefault(inner.name, inner)

    visit(shape)
    return list(found.values())
