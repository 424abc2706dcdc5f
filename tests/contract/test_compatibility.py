from typing import Any

import pytest

from schemas import check, load, source
from schemas.compatibility import RULES, full_transitive, unreadable
from schemas.shapes import parse


def thing(*fields: dict[str, Any], name: str = "Thing") -> dict[str, Any]:
    return {"type": "record", "name": name, "namespace": "hub.t", "fields": list(fields)}


def field(kind: Any, name: str = "a", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **more}


def enum(*symbols: str, **more: Any) -> dict[str, Any]:
    return {"type": "enum", "name": "Colour", "symbols": list(symbols), **more}


def fixed(size: int, name: str = "F") -> dict[str, Any]:
    return {"type": "fixed", "name": name, "size": size}


def array(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


PLANTED = {
    "a field is added without a default": ("field-default", thing(), thing(field("int"))),
    "a field without a default is removed": ("field-default", thing(field("int")), thing()),
    "a field is renamed": ("field-default", thing(field("int")), thing(field("int", "b"))),
    "a record is renamed": ("name", thing(), thing(name="Other")),
    "an enum is renamed": ("name", thing(field(enum("x"))), thing(field(enum("x") | {"name": "Other"}))),
    "a fixed type is renamed": ("name", thing(field(fixed(3))), thing(field(fixed(3, "G")))),
    "a fixed type changes its size": ("fixed-size", thing(field(fixed(3))), thing(field(fixed(4)))),
    "an int becomes a long, which old readers do not take": ("type", thing(field("int")), thing(field("long"))),
    "a long becomes a string": ("type", thing(field("long")), thing(field("string"))),
    "a string becomes an enum": ("type", thing(field("string")), thing(field(enum("x")))),
    "an array becomes a map": ("type", thing(field(array("int"))), thing(field({"type": "map", "values": "int"}))),
    "a record becomes a string": ("type", thing(field(thing(name="In"))), thing(field("string"))),
    "the items of an array change": ("type", thing(field(array("int"))), thing(field(array("string")))),
    "a symbol is added to an enum without a default": (
        "enum-symbol",
        thing(field(enum("x"))),
        thing(field(enum("x", "y"))),
    ),
    "a symbol is removed from an enum without a default": (
        "enum-symbol",
        thing(field(enum("x", "y"))),
        thing(field(enum("x"))),
    ),
    "a branch is added to a union": (
        "union-branch",
        thing(field(["null", "int"])),
        thing(field(["null", "int", "string"])),
    ),
    "a branch is removed from a union": (
        "union-branch",
        thing(field(["null", "int", "string"])),
        thing(field(["null", "int"])),
    ),
    "a field becomes nullable, which old readers do not take": (
        "type",
        thing(field("int")),
        thing(field(["null", "int"])),
    ),
    "a nullable field becomes required": ("type", thing(field(["null", "int"])), thing(field("int"))),
    "deep inside, a field is added without a default": (
        "field-default",
        thing(field(["null", array(thing(name="In"))])),
        thing(field(["null", array(thing(field("int"), name="In"))])),
    ),
}
ALLOWED = {
    "nothing changes": (thing(field("int")), thing(field("int"))),
    "a field with a default is added": (thing(), thing(field("int", default=0))),
    "a field with a default is removed": (thing(field("int", default=0)), thing()),
    "fields change places": (thing(field("int"), field("int", "b")), thing(field("int", "b"), field("int"))),
    "a symbol is added to an enum with a default": (
        thing(field(enum("x", default="x"))),
        thing(field(enum("x", "y", default="x"))),
    ),
    "a string becomes bytes, which both ways promote": (thing(field("string")), thing(field("bytes"))),
    "a field is renamed with aliases on both sides": (
        thing(field("int", aliases=["b"])),
        thing(field("int", "b", aliases=["a"])),
    ),
    "the namespace changes": (thing(), thing() | {"namespace": "hub.u"}),
    "words of documentation change": (thing(field("int", doc="x")), thing(field("int", doc="y"))),
}


@pytest.mark.parametrize(("rule", "old", "new"), PLANTED.values(), ids=PLANTED)
def test_an_incompatible_change_is_refused_by_its_rule(rule: str, old: dict[str, Any], new: dict[str, Any]) -> None:
    found = full_transitive(new, {1: old})

    assert rule in {each.rule for each in found}
    assert all(each.message for each in found)


@pytest.mark.parametrize(("old", "new"), ALLOWED.values(), ids=ALLOWED)
def test_a_compatible_change_passes(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert full_transitive(new, {1: old}) == []


def test_every_rule_of_avro_has_its_planted_change() -> None:
    assert {rule for rule, _, _ in PLANTED.values()} == {
        "field-default",
        "name",
        "fixed-size",
        "type",
        "enum-symbol",
        "union-branch",
    }


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_without_any_one_rule_a_planted_change_would_pass(rule: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schemas.compatibility.RULES", tuple(each for each in RULES if each is not rule))

    missed = [title for title, (_, old, new) in PLANTED.items() if not full_transitive(new, {1: old})]

    assert missed


def test_every_version_counts_and_not_just_the_last() -> None:
    first, second = thing(field("int")), thing(field("int", default=0))

    assert full_transitive(thing(), {2: second}) == []
    assert {each.rule for each in full_transitive(thing(), {1: first, 2: second})} == {"field-default"}


def test_the_place_is_named() -> None:
    (found,) = unreadable(
        parse(thing(field(array(thing(field("int", "x"), name="In")), "list"))),
        parse(thing(field(array(thing(name="In")), "list"))),
    )

    assert (found.rule, found.path) == ("field-default", "/list[]/x")


def test_a_change_to_a_stable_topics_record_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "hub.usage.UsageRated"
    history = source.history(name)
    older = history[1] | {"fields": [*history[1]["fields"], field("int", "gone")]}
    monkeypatch.setattr(source, "history", lambda asked: {1: older} if asked == name else {})

    (refused,) = check.incompatible()

    assert refused.startswith(f"{name}/gone: version 1 reading: ")
    assert load().topics["usage.record.v1"].status == "stable"
