import io
from typing import Any

import fastavro
import pytest

from schemas import Catalogue, RecordType, Topic, WriterSchema, load, records
from schemas.shapes import UnsupportedSchemaError, parse_record
from streams.codec import Codec, Undecodable
from tests.builders.compiled import decoder

TYPES = {"hub.t.Thing": lambda *values: values, "hub.t.Inner": lambda *values: ("inner", *values)}


def thing(*fields: dict[str, Any], name: str = "Thing") -> dict[str, Any]:
    return {"type": "record", "name": name, "namespace": "hub.t", "fields": list(fields)}


def field(name: str, kind: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **more}


def enum(*symbols: str, **more: Any) -> dict[str, Any]:
    return {"type": "enum", "name": "Colour", "symbols": list(symbols), **more}


def read(written: dict[str, Any], wanted: dict[str, Any], **value: Any) -> Any:
    """What the reader gets of a value written under another schema."""
    buffer = io.BytesIO()
    fastavro.schemaless_writer(buffer, fastavro.parse_schema(written, named_schemas={}), value)
    return decoder(parse_record(written), parse_record(wanted), TYPES)(buffer.getvalue(), 0)


@pytest.mark.parametrize(
    ("kind", "default", "expected"),
    [
        ("int", 7, 7),
        ("string", 'a "b"', 'a "b"'),
        ("bytes", "\u00ff\u0001", b"\xff\x01"),
        ("double", 1, 1.0),
        ("boolean", True, True),
        (["null", "string"], None, None),
        ({"type": "array", "items": "int"}, [1, 2], (1, 2)),
        ({"type": "map", "values": "int"}, {"a": 1}, {"a": 1}),
        (enum("red", "UNKNOWN", default="UNKNOWN"), "red", "red"),
        (thing(field("x", "int", default=3), field("y", "int"), name="Inner"), {"y": 4}, ("inner", 3, 4)),
    ],
)
def test_an_added_field_takes_its_default(kind: Any, default: Any, expected: Any) -> None:
    assert read(thing(field("a", "int")), thing(field("b", kind, default=default), field("a", "int")), a=1) == (
        expected,
        1,
    )


def test_a_mutable_default_is_a_new_one_each_time() -> None:
    wanted = thing(field("b", {"type": "map", "values": "int"}, default={}))
    decode = decoder(parse_record(thing()), parse_record(wanted), TYPES)

    assert decode(b"", 0)[0] is not decode(b"", 0)[0]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("int", -(2**31)),
        ("long", 2**40),
        ("string", "x" * 100),
        ("bytes", b"12"),
        ("boolean", True),
        ("float", 1.0),
        ("double", 1.0),
        ("null", None),
        (["null", "string"], "s"),
        (["null", "string"], None),
        ({"type": "array", "items": "string"}, ["a", "b"]),
        ({"type": "array", "items": "string"}, []),
        ({"type": "map", "values": "long"}, {"a": 300}),
        ({"type": "fixed", "name": "F", "size": 3}, b"abc"),
        (enum("red", "blue"), "blue"),
        (thing(field("x", "int"), field("y", "string"), name="Inner"), {"x": 1, "y": "z"}),
    ],
)
def test_a_removed_field_is_passed_over(kind: Any, value: Any) -> None:
    written = thing(field("old", kind), field("a", "int"))

    assert read(written, thing(field("a", "int")), old=value, a=5) == (5,)


@pytest.mark.parametrize(
    ("have", "want", "value", "expected"),
    [
        ("int", "long", -5, -5),
        ("int", "double", 3, 3.0),
        ("long", "float", 300, 300.0),
        ("float", "double", 0.5, 0.5),
        ("string", "bytes", "ж", "ж".encode()),
        ("bytes", "string", "ж".encode(), "ж"),
        ("int", ["null", "long"], 4, 4),
        (["null", "int"], ["long", "null"], 4, 4),
        ({"type": "array", "items": "int"}, {"type": "array", "items": ["null", "long"]}, [1], (1,)),
    ],
)
def test_a_promoted_type_is_read_as_the_readers(have: Any, want: Any, value: Any, expected: Any) -> None:
    (found,) = read(thing(field("a", have)), thing(field("a", want)), a=value)

    assert found == expected
    assert type(found) is type(expected)


def test_an_unknown_symbol_becomes_the_readers_default() -> None:
    written, wanted = enum("red", "green", "UNKNOWN"), enum("red", "UNKNOWN", default="UNKNOWN")

    assert read(thing(field("a", written)), thing(field("a", wanted)), a="green") == ("UNKNOWN",)
    assert read(thing(field("a", written)), thing(field("a", wanted)), a="red") == ("red",)


def test_an_unknown_symbol_without_a_default_is_undecodable() -> None:
    with pytest.raises(Undecodable, match="not known"):
        read(thing(field("a", enum("red", "green"))), thing(field("a", enum("red"))), a="green")


def test_a_renamed_field_is_found_by_its_alias() -> None:
    wanted = thing(field("new", "int", aliases=["old"]))

    assert read(thing(field("old", "int")), wanted, old=9) == (9,)


def test_a_branch_that_is_not_read_is_undecodable_only_when_it_comes() -> None:
    written, wanted = thing(field("a", ["null", "string"])), thing(field("a", "string"))

    assert read(written, wanted, a="x") == ("x",)
    with pytest.raises(Undecodable, match="not read here"):
        read(written, wanted, a=None)


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        (thing(), thing(field("a", "int"))),
        (thing(field("a", "long")), thing(field("a", "int"))),
        (thing(field("a", "string")), thing(field("a", ["null", "int"]))),
        (thing(field("a", {"type": "fixed", "name": "F", "size": 3})), thing(field("a", "bytes"))),
    ],
)
def test_what_can_never_be_read_is_refused_when_generating(written: dict[str, Any], wanted: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedSchemaError):
        decoder(parse_record(written), parse_record(wanted), TYPES)


def test_the_codec_reads_an_old_version_by_its_id_as_the_latest_record() -> None:
    name = "hub.usage.UsageRated"
    now = load().record_types[name]
    old = {
        **now.schema,
        "fields": [
            field("was_dropped", "string"),
            *(each for each in now.schema["fields"] if each["name"] != "currency"),
        ],
    }
    later = {
        **now.schema,
        "fields": [*now.schema["fields"][:-1], {**now.schema["fields"][-1], "default": "RUB"}],
    }
    record_type = RecordType(name, later, now.struct, None, None)
    topic: Topic = load().topics["usage.record.v1"]
    topic = type(topic)(**{each: getattr(topic, each) for each in topic.__slots__} | {"records": (record_type,)})
    catalogue = Catalogue({topic.name: topic}, {1: WriterSchema(1, name, 1, old), 2: WriterSchema(2, name, 2, later)})
    buffer = io.BytesIO(b"\x00\x00\x00\x00\x01")
    buffer.seek(5)
    value = {"was_dropped": "x", "event_id": "e", "source": "/s", "occurred_at": 1_767_603_600_000}
    value |= {"sequence": 1, "kind": "data", "units": 2, "cost_minor": 3}
    fastavro.schemaless_writer(
        buffer, fastavro.parse_schema({**old, "fields": _plain(old["fields"])}, named_schemas={}), value
    )

    found = Codec(catalogue).decode(buffer.getvalue(), (), topic)

    assert found == records.UsageRated("e", "/s", 1_767_603_600_000, 1, "data", 2, 3, "RUB")
    assert Codec(catalogue).encode(found)[:5] == b"\x00\x00\x00\x00\x02"


def _plain(fields: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**each, "type": "long"} if each["name"] == "occurred_at" else each for each in fields]
