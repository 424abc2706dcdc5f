import json
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import load, source, wire
from schemas.cloudevents import ce_headers
from schemas.reasons import DeadLetterReason
from schemas.records import BalanceLevels, ConsentGranted, Level, PreferenceSet, UsageRated
from streams.codec import Codec, Undecodable

NOON = 1_767_603_600_000
USAGE = load().topics["usage.record.v1"]
CONSENT = load().topics["consent.preference.v1"]
HEADERS = dict(ce_headers("hub.usage.UsageRated", "e-1", "/mediation/1", NOON, b"application/json"))
BODY = {"sequence": 7, "kind": "voice", "units": 60, "cost_minor": 0, "currency": "RUB"}
EVENT = UsageRated("e-1", "/mediation/1", NOON, 7, "voice", 60, 0, "RUB")


@pytest.fixture(scope="module")
def codec() -> Codec:
    return Codec(load())


def both(codec: Codec, body: Any, headers: dict[str, bytes], topic: Any = USAGE) -> Any:
    """Envelope and record of one JSON event; Undecodable if either is."""
    value = body if isinstance(body, bytes) else json.dumps(body).encode()
    found = codec.decode(value, tuple(headers.items()), topic)
    return codec.envelope(SimpleNamespace(value=value, headers=tuple(headers.items())), topic), found


def test_the_envelope_may_be_left_to_the_headers(codec: Codec) -> None:
    envelope, event = both(codec, BODY, HEADERS)

    assert event == EVENT
    assert envelope == ("e-1", "/mediation/1", NOON, "hub.usage.UsageRated", None)


def test_the_envelope_may_be_in_the_body_too_or_alone(codec: Codec) -> None:
    body = BODY | {"event_id": "e-1", "source": "/mediation/1", "occurred_at": NOON}

    assert both(codec, body, HEADERS)[1] == EVENT
    alone = {name: HEADERS[name] for name in ("ce_specversion", "ce_type")}
    envelope, event = both(codec, body, alone)
    assert event == EVENT
    assert envelope.occurred_at == NOON


def test_json_and_avro_are_the_same_event(codec: Codec) -> None:
    for topic in load().inputs():
        for record_type in topic.records:
            for body in _examples(record_type.name):
                event: Any = wire.from_json(record_type.name, body)
                headers = dict(wire.ce_headers(event, event.event_id, event.source, event.occurred_at))
                envelope, found = both(codec, wire.to_json(event), headers, topic)
                framed = SimpleNamespace(value=codec.encode(event), headers=())
                assert found == codec.decode(framed.value, (), topic) == event
                assert envelope == codec.envelope(framed, topic)


def _examples(name: str) -> list[bytes]:
    return [json.dumps(each).encode() for each in source.examples(name).values()]


def test_unknown_fields_are_dropped_and_unknown_symbols_become_the_default(codec: Codec) -> None:
    assert both(codec, BODY | {"kind": "telepathy", "colour": "red"}, HEADERS)[1].kind == "UNKNOWN"
    headers = HEADERS | {"ce_type": b"hub.consent.PreferenceSet"}
    assert both(codec, {"preferred_channel": "pigeon"}, headers, CONSENT)[1] == PreferenceSet(
        "e-1", "/mediation/1", NOON, None, None, "UNKNOWN"
    )


def test_absent_nullable_fields_are_null(codec: Codec) -> None:
    headers = HEADERS | {"ce_type": b"hub.consent.ConsentGranted"}

    found = both(codec, {"message_class": "survey", "channel": "sms"}, headers, CONSENT)[1]

    assert found == ConsentGranted("e-1", "/mediation/1", NOON, "survey", "sms", None, None)


def test_configuration_needs_no_envelope(codec: Codec) -> None:
    body = {
        "config_id": "default",
        "version": 1,
        "levels": [{"level_id": "low", "amount_minor": 5, "currency": "RUB"}],
        "rearm_topup_minor": 1,
        "min_gap_seconds": 2,
        "useful_for_seconds": 3,
    }
    headers = (("ce_specversion", b"1.0"), ("ce_type", b"hub.config.BalanceLevels"))

    found = codec.decode(json.dumps(body).encode(), headers, load().topics["config.levels.v1"])

    assert found == BalanceLevels("default", 1, (Level("low", 5, "RUB"),), 1, 2, 3, 120)


@pytest.mark.parametrize(
    "change",
    [
        {"units": "60"},
        {"units": 60.5},
        {"units": None},
        {"units": 2**63},
        {"units": -(2**63) - 1},
        {"units": True},
        {"currency": 5},
        {"currency": None},
        {"kind": 3},
        {"kind": ["voice"]},
        {"event_id": 5},
        {"event_id": None},
        {"event_id": ""},
        {"event_id": "other"},
        {"source": "/other"},
        {"occurred_at": NOON + 1},
        {"occurred_at": "2026-01-05T09:00:00Z"},
        {"occurred_at": 2**70},
    ],
)
def test_a_field_of_a_wrong_type_or_another_envelope_is_undecodable(codec: Codec, change: dict[str, Any]) -> None:
    with pytest.raises(Undecodable) as verdict:
        both(codec, BODY | change, HEADERS)
    assert verdict.value.reason == DeadLetterReason.UNDECODABLE


@pytest.mark.parametrize("name", list(BODY))
def test_a_missing_field_is_undecodable(codec: Codec, name: str) -> None:
    with pytest.raises(Undecodable):
        both(codec, {key: value for key, value in BODY.items() if key != name}, HEADERS)


@pytest.mark.parametrize("name", ["ce_id", "ce_source", "ce_time", "ce_type", "ce_specversion"])
def test_a_missing_attribute_is_undecodable(codec: Codec, name: str) -> None:
    headers = {key: value for key, value in HEADERS.items() if key != name}
    for read in (
        lambda: codec.decode(json.dumps(BODY).encode(), tuple(headers.items()), USAGE),
        lambda: codec.envelope(SimpleNamespace(value=json.dumps(BODY).encode(), headers=tuple(headers.items())), USAGE),
    ):
        with pytest.raises(Undecodable) as verdict:
            read()
        assert verdict.value.reason == DeadLetterReason.UNDECODABLE


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"ce_type": b"hub.usage.Nothing"}, DeadLetterReason.UNKNOWN_TYPE),
        ({"ce_type": b"hub.billing.BalanceChanged"}, DeadLetterReason.UNKNOWN_TYPE),
        ({"ce_specversion": b"0.3"}, DeadLetterReason.UNDECODABLE),
        ({"content-type": b"application/cloudevents+json"}, DeadLetterReason.UNDECODABLE),
        ({"ce_time": b"2026-01-05"}, DeadLetterReason.UNDECODABLE),
        ({"ce_id": b"\xff"}, DeadLetterReason.UNDECODABLE),
    ],
)
def test_wrong_attributes_have_their_reason(codec: Codec, change: dict[str, bytes], reason: DeadLetterReason) -> None:
    with pytest.raises(Undecodable) as verdict:
        both(codec, BODY, HEADERS | change)
    assert verdict.value.reason == reason


def test_a_content_type_may_have_parameters_or_be_missing(codec: Codec) -> None:
    assert both(codec, BODY, HEADERS | {"content-type": b"application/json; charset=utf-8"})[1] == EVENT
    assert both(codec, BODY, {key: value for key, value in HEADERS.items() if key != "content-type"})[1] == EVENT


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"5",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"units": ' + b"9" * 50_000 + b"}",
        b"\xef\xbb\xbf{}",
    ],
    ids=["empty", "open", "list", "null", "number", "deep-list", "deep-object", "long-number", "mark"],
)
def test_what_is_no_json_object_is_undecodable(codec: Codec, body: bytes) -> None:
    with pytest.raises(Undecodable):
        both(codec, body, HEADERS)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(changes=st.dictionaries(st.sampled_from([*BODY, "event_id", "source", "occurred_at"]), JSON, max_size=3))
def test_any_json_is_undecodable_or_a_record_that_can_be_written(codec: Codec, changes: dict[str, Any]) -> None:
    try:
        _, found = both(codec, BODY | changes, HEADERS)
    except Undecodable:
        return
    assert codec.decode(codec.encode(found), (), USAGE) == found
