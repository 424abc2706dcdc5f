from pathlib import Path

import pytest

from schemas import check, load, records, registry, source
from schemas.generate.files import derived

PROJECT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", ["schemas/records.py", "schemas/reasons.py", "docs/topics.md"])
def test_a_derived_file_is_what_the_contracts_say(name: str) -> None:
    assert (PROJECT / name).read_text() == derived(PROJECT)[PROJECT / name]


def test_nothing_is_wrong_with_the_contracts() -> None:
    assert check.problems(PROJECT) == []


def test_every_current_schema_has_its_id_and_it_is_the_latest() -> None:
    catalogue = load()
    for name, record_type in catalogue.record_types.items():
        latest = catalogue.writer(catalogue.schema_id(name))
        assert latest.name == name
        assert registry.fingerprint(latest.schema) == registry.fingerprint(record_type.schema)
        assert latest.version == max(source.history(name))


def test_ids_are_given_once_and_in_order() -> None:
    entries = source.lock()

    assert [entry["id"] for entry in entries] == list(range(1, len(entries) + 1))
    assert len({(entry["name"], entry["version"]) for entry in entries}) == len(entries)
    assert {(entry["name"], entry["version"]) for entry in entries} == {
        (name, version) for name in source.registered_names() for version in source.history(name)
    }


def test_a_change_of_documentation_is_no_new_version_and_a_default_is() -> None:
    schema = source.records()["hub.config.BalanceLevels"]
    said = schema | {"doc": "Other words."}
    fields = [each | {"default": 130} if each["name"] == "rearm_percent" else each for each in schema["fields"]]

    assert registry.fingerprint(said) == registry.fingerprint(schema)
    assert registry.fingerprint(schema | {"fields": fields}) != registry.fingerprint(schema)


def test_a_new_version_gets_the_next_id_and_leaves_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [entry for entry in source.lock() if entry["name"] != "hub.crm.CustomerUpserted"]
    (tmp_path / "records").mkdir()
    text = (PROJECT / "schemas" / "records" / "hub.crm.CustomerUpserted.avsc").read_text()
    (tmp_path / "records" / "hub.crm.CustomerUpserted.avsc").write_text(text)
    monkeypatch.setattr(source, "lock", lambda: list(entries))

    assert registry.register(tmp_path) == ["hub.crm.CustomerUpserted"]

    assert (tmp_path / "history" / "hub.crm.CustomerUpserted" / "1.avsc").read_text() == text
    written = (tmp_path / source.LOCK).read_text()
    assert f'"id": {max(entry["id"] for entry in entries) + 1}, "name": "hub.crm.CustomerUpserted"' in written


def test_a_records_representation_shows_no_value() -> None:
    linked = records.IdentifierLinked("e", "/crm", 0, "C-1", "msisdn", "79161234567", 0)
    assert repr(linked) == "IdentifierLinked(...)"
    assert "7916" not in f"{[linked]}"
