"""Standard serializers find the committed schemas, and cannot add any."""

import json
from typing import Any

import pytest

from schemas import WriterSchema
from streams.registry import (
    READ_ONLY,
    SCHEMA_INVALID,
    SCHEMA_UNKNOWN,
    SUBJECT_UNKNOWN,
    VERSION_INVALID,
    VERSION_UNKNOWN,
    Registry,
    RegistryRefused,
)


def _schema(*fields: str) -> dict[str, Any]:
    return {
        "type": "record",
        "namespace": "hub.test",
        "name": "Happened",
        "doc": "words",
        "fields": [{"name": field, "type": "string", "default": ""} for field in fields],
    }


SUBJECT = "test.thing.v1-hub.test.Happened"


@pytest.fixture
def registry() -> Registry:
    first = WriterSchema(7, "hub.test.Happened", 1, _schema("a"))
    second = WriterSchema(9, "hub.test.Happened", 2, _schema("a", "b"))
    return Registry({"test.thing.v1": ["hub.test.Happened"], "test.thing.v1.dlq": []}, [second, first])


def _body(schema: object) -> dict[str, object]:
    return {"schema": json.dumps(schema)}


def test_subjects_and_versions_are_listed(registry: Registry) -> None:
    assert registry.subjects() == [SUBJECT]
    assert registry.versions(SUBJECT) == [1, 2]


@pytest.mark.parametrize(("version", "schema_id"), [("1", 7), ("2", 9), ("latest", 9)])
def test_version_is_described(registry: Registry, version: str, schema_id: int) -> None:
    answer = registry.version(SUBJECT, version)
    assert (answer["id"], answer["subject"]) == (schema_id, SUBJECT)
    assert json.loads(answer["schema"])["name"] == "Happened"


def test_prefix_of_the_topic_is_tolerated_and_echoed(registry: Registry) -> None:
    assert registry.version("demo-1." + SUBJECT, "latest")["subject"] == "demo-1." + SUBJECT


def test_schema_is_found_by_id_and_by_its_canonical_form(registry: Registry) -> None:
    assert json.loads(registry.by_id(7)["schema"]) == _schema("a")
    undocumented = {key: value for key, value in _schema("a").items() if key != "doc"}
    assert registry.look_up(SUBJECT, _body(undocumented))["version"] == 1


def test_registering_what_is_known_gives_its_id(registry: Registry) -> None:
    assert registry.register(SUBJECT, _body(_schema("a", "b"))) == {"id": 9}


@pytest.mark.parametrize("subject", [SUBJECT, "new.topic.v1-hub.test.Happened"])
def test_registering_what_is_unknown_is_refused(registry: Registry, subject: str) -> None:
    with pytest.raises(RegistryRefused) as refused:
        registry.register(subject, _body(_schema("c")))
    assert refused.value.code == READ_ONLY


@pytest.mark.parametrize(
    ("subject", "version", "code"),
    [
        ("other-hub.test.Happened", "1", SUBJECT_UNKNOWN),
        (SUBJECT, "3", VERSION_UNKNOWN),
        (SUBJECT, "x", VERSION_INVALID),
    ],
)
def test_unknown_is_answered_with_confluents_code(registry: Registry, subject: str, version: str, code: int) -> None:
    with pytest.raises(RegistryRefused) as refused:
        registry.version(subject, version)
    assert refused.value.code == code


def test_unknown_id_is_answered_with_confluents_code(registry: Registry) -> None:
    with pytest.raises(RegistryRefused) as refused:
        registry.by_id(8)
    assert refused.value.code == SCHEMA_UNKNOWN


@pytest.mark.parametrize(
    "body",
    [None, [], {}, {"schema": 1}, {"schema": "{"}, _body({"type": "nonsense"}), _body({"type": "record"})],
)
def test_hostile_body_is_an_invalid_schema(registry: Registry, body: object) -> None:
    with pytest.raises(RegistryRefused) as refused:
        registry.look_up(SUBJECT, body)
    assert refused.value.code == SCHEMA_INVALID
