"""The short way to an event's time and type says nothing that the envelope would not."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import load
from schemas.cloudevents import ce_headers
from schemas.records import UsageRated
from schemas.shapes import parse_record
from streams.codec import Codec, Undecodable
from streams.codec.occurrence import starts_with_envelope

USAGE = load().topics["usage.record.v1"]
CODEC = Codec(load())
NAMES = st.one_of(st.text(max_size=70), st.sampled_from(["", "e-1", "x" * 63, "x" * 64, "x" * 300, "ж" * 32]))
INSTANTS = st.one_of(
    st.integers(2**34, 2**40),
    st.integers(-(2**42), 2**42),
    st.sampled_from([-1, 0, 2**34 - 1, 2**34, 2**41, 2**63 - 1]),
)


def verdict(read: Callable[[Any], object], value: bytes, headers: object = ()) -> object:
    try:
        return read(SimpleNamespace(value=value, headers=headers))
    except Undecodable as refusal:
        return refusal.reason, refusal.detail


def by_envelope(record: Any) -> tuple[int, str]:
    envelope = CODEC.envelope(record, USAGE)
    return envelope.occurred_at, envelope.type


@given(NAMES, NAMES, INSTANTS, st.data())
@settings(max_examples=400)
def test_occurrence_is_the_envelope_s(event_id: str, source: str, at: int, data: st.DataObject) -> None:
    value = CODEC.encode(UsageRated(event_id, source, at, 7, "voice", 60, 0, "RUB"))
    read = CODEC.occurrence(USAGE)
    assert verdict(read, value) == verdict(by_envelope, value)
    cut = value[: data.draw(st.integers(0, len(value)))]
    assert verdict(read, cut) == verdict(by_envelope, cut)
    place, byte = data.draw(st.integers(5, len(value) - 1)), data.draw(st.integers(0, 255))
    broken = value[:place] + bytes((byte,)) + value[place + 1 :]
    assert verdict(read, broken) == verdict(by_envelope, broken)


def test_headers_and_json_are_read_as_ever() -> None:
    event = UsageRated("e-1", "/mediation/1", 1_767_603_600_000, 7, "voice", 60, 0, "RUB")
    value, read = CODEC.encode(event), CODEC.occurrence(USAGE)
    read(SimpleNamespace(value=value, headers=()))
    for headers in (
        ce_headers(event.NAME, "e-1", event.source, event.occurred_at),
        ce_headers(event.NAME, "another", event.source, event.occurred_at),
    ):
        for body in (value, b"{}"):
            assert verdict(read, body, headers) == verdict(by_envelope, body, headers)


@pytest.mark.parametrize(
    ("first", "is_short"),
    [
        (["event_id", "source", "occurred_at"], True),
        (["source", "event_id", "occurred_at"], False),
        (["event_id", "source"], False),
    ],
)
def test_only_an_envelope_at_the_beginning_is_read_the_short_way(first: list[str], *, is_short: bool) -> None:
    fields = [
        {
            "name": name,
            "type": {"type": "long", "logicalType": "timestamp-millis"} if name == "occurred_at" else "string",
        }
        for name in first
    ]
    assert starts_with_envelope(parse_record({"type": "record", "name": "R", "fields": fields})) is is_short
