"""JSON becomes records, records become JSON, and what is neither is refused with a sentence."""

import json

import pytest

from hub.refusal import CommandRefused
from hub.rendering import objects_in, record_of, rendered
from schemas import load, wire
from schemas.records import BalanceLevels, IdentifierLinked, UsageRated

TOPICS = load().topics
USAGE = TOPICS["usage.record.v1"]
CRM = TOPICS["crm.customer.v1"]
CALL = {"sequence": 1, "kind": "voice", "units": 60, "cost_minor": 0, "currency": "RUB"}


def test_event_gets_id_source_and_time_where_they_are_missing() -> None:
    record = record_of(USAGE, None, CALL)
    assert isinstance(record, UsageRated)
    assert record.event_id
    assert record.source == "/hub/publish"
    assert record.occurred_at > 1_600_000_000_000


def test_what_is_given_is_kept() -> None:
    record = record_of(USAGE, "UsageRated", {**CALL, "event_id": "e-1", "source": "/m", "occurred_at": 5})
    assert isinstance(record, UsageRated)
    assert (record.event_id, record.source, record.occurred_at) == ("e-1", "/m", 5)


@pytest.mark.parametrize("name", ["IdentifierLinked", "hub.crm.IdentifierLinked"])
def test_record_is_named_short_or_in_full(name: str) -> None:
    fields = {"customer_id": "C-1", "scheme": "msisdn", "value": "79161234567", "valid_from": 1}
    assert isinstance(record_of(CRM, name, fields), IdentifierLinked)


@pytest.mark.parametrize("name", [None, "Nothing", "hub.usage.UsageRated"])
def test_record_that_the_topic_has_not_is_refused_naming_those_it_has(name: str | None) -> None:
    with pytest.raises(CommandRefused, match=r"hub\.crm\.CustomerUpserted"):
        record_of(CRM, name, {})


@pytest.mark.parametrize(
    "fields", [{**CALL, "units": "many"}, {**CALL, "colour": 1}, {"sequence": 1}, {**CALL, "kind": "telepathy"}]
)
def test_fields_that_are_not_the_records_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(CommandRefused, match="UsageRated"):
        record_of(USAGE, None, fields)


def test_configuration_gets_no_event_fields() -> None:
    example = {"config_id": "a", "version": 1, "levels": [], "rearm_topup_minor": 1, "min_gap_seconds": 1}
    record = record_of(TOPICS["config.levels.v1"], None, {**example, "useful_for_seconds": 1})
    assert isinstance(record, BalanceLevels)


@pytest.mark.parametrize("text", ['{"a": 1}\n{"a": 2}', '[{"a": 1}, {"a": 2}]', ' {"a":1}{"a":2} '])
def test_objects_come_in_lines_lists_and_rows(text: str) -> None:
    assert list(objects_in(text)) == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize("text", ["{", "1", '["a"]', "{'a': 1}"])
def test_other_input_is_refused(text: str) -> None:
    with pytest.raises(CommandRefused):
        list(objects_in(text))


def test_framed_record_is_rendered_by_name() -> None:
    record = record_of(USAGE, None, {**CALL, "event_id": "e-1", "source": "/m", "occurred_at": 5})
    shown = rendered(wire.encode(record))
    assert shown["type"] == "hub.usage.UsageRated"
    assert json.loads(json.dumps(shown))["record"]["event_id"] == "e-1"


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (b"\x00\x00\x00\x00\x01", "base64"),
        (b"\x00\xff\xff\xff\xff", "base64"),
        (b"\x00", "base64"),
        (b"\xff\xfe", "base64"),
        (b"words", "text"),
        (b'{"a": 1}', "json"),
        (None, "record"),
    ],
)
def test_anything_else_is_rendered_as_what_it_is(value: bytes | None, key: str) -> None:
    assert list(rendered(value)) == [key]
