from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from schemas import load
from schemas.cloudevents import ce_headers
from schemas.reasons import DeadLetterReason
from schemas.records import CustomerUpserted, Entry, Header, UsageRated
from streams.codec import Codec, Envelope, Undecodable, expires_at

NOON = 1_767_603_600_000
USAGE = load().topics["usage.record.v1"]
EVENT = UsageRated("e-1", "/mediation/1", NOON, 7, "voice", 60, 0, "RUB")
HEADERS = dict(ce_headers(EVENT.NAME, EVENT.event_id, EVENT.source, NOON))


@pytest.fixture(scope="module")
def codec() -> Codec:
    return Codec(load())


def carried(value: bytes | None, headers: Sequence[tuple[str, bytes]] = ()) -> Any:
    return SimpleNamespace(value=value, headers=headers)


def test_an_avro_event_says_who_what_and_when(codec: Codec) -> None:
    assert codec.envelope(carried(codec.encode(EVENT)), USAGE) == Envelope(
        "e-1", "/mediation/1", NOON, "hub.usage.UsageRated", None
    )


def test_a_timeline_entry_carries_the_same_envelope(codec: Codec) -> None:
    headers = tuple(Header(name, value) for name, value in HEADERS.items())
    entry = Entry("usage.record.v1", 0, 0, NOON, b"k", codec.encode(EVENT), headers)

    assert codec.envelope(entry, USAGE) == codec.envelope(carried(codec.encode(EVENT)), USAGE)


def test_only_headers_say_when_an_event_expires(codec: Codec) -> None:
    headers = (*HEADERS.items(), ("ce_expirytime", b"2026-01-05T12:00:00+03:00"))

    assert codec.envelope(carried(codec.encode(EVENT), headers), USAGE).expires_at == NOON


def test_the_expiry_is_read_alone_as_in_the_envelope(codec: Codec) -> None:
    headers = (*HEADERS.items(), ("ce_expirytime", b"2026-01-05T12:00:00+03:00"))

    assert expires_at(headers) == codec.envelope(carried(codec.encode(EVENT), headers), USAGE).expires_at
    assert expires_at(tuple(HEADERS.items())) is None
    for value in (b"soon", b"\xff"):
        with pytest.raises(Undecodable):
            expires_at((("ce_expirytime", value),))


def test_headers_of_others_do_not_matter(codec: Codec) -> None:
    assert codec.envelope(carried(codec.encode(EVENT), [("traceparent", b"\xff")]), USAGE).event_id == "e-1"


@pytest.mark.parametrize(
    "change",
    [
        {"ce_id": b"other"},
        {"ce_source": b"/other"},
        {"ce_type": b"hub.usage.Other"},
        {"ce_time": b"2026-01-05T09:00:00.001Z"},
        {"ce_time": b"2026-01-05T09:00:00"},
        {"ce_time": b"yesterday"},
        {"ce_expirytime": b"2026-13-05T09:00:00Z"},
        {"ce_expirytime": b"\xff"},
    ],
)
def test_a_header_that_contradicts_the_body_or_is_none_is_undecodable(codec: Codec, change: dict[str, bytes]) -> None:
    with pytest.raises(Undecodable) as verdict:
        codec.envelope(carried(codec.encode(EVENT), tuple((HEADERS | change).items())), USAGE)
    assert verdict.value.reason == DeadLetterReason.UNDECODABLE


def test_a_header_that_is_there_twice_is_undecodable(codec: Codec) -> None:
    with pytest.raises(Undecodable, match="twice"):
        codec.envelope(carried(codec.encode(EVENT), [("ce_id", b"e-1"), ("ce_id", b"e-1")]), USAGE)


def test_no_value_is_a_reason_of_its_own(codec: Codec) -> None:
    with pytest.raises(Undecodable) as verdict:
        codec.envelope(carried(None), USAGE)
    assert verdict.value.reason == DeadLetterReason.NO_VALUE


@pytest.mark.parametrize(
    "event",
    [UsageRated("e" * 257, "/s", 0, 1, "sms", 1, 0, "RUB"), UsageRated("e", "s" * 257, 0, 1, "sms", 1, 0, "RUB")],
)
def test_an_id_or_source_beyond_any_use_is_undecodable(codec: Codec, event: UsageRated) -> None:
    with pytest.raises(Undecodable, match="longer than 256"):
        codec.envelope(carried(codec.encode(event)), USAGE)


@pytest.mark.parametrize(
    "event", [UsageRated("", "/s", 0, 1, "sms", 1, 0, "RUB"), UsageRated("e", "", 0, 1, "sms", 1, 0, "RUB")]
)
def test_an_empty_id_or_source_is_undecodable(codec: Codec, event: UsageRated) -> None:
    with pytest.raises(Undecodable, match="empty"):
        codec.envelope(carried(codec.encode(event)), USAGE)


def test_a_type_of_another_topic_is_unknown_here(codec: Codec) -> None:
    other = codec.encode(CustomerUpserted("e", "/crm", NOON, "C-1"))
    assert codec.envelope(carried(other), load().topics["crm.customer.v1"]).type == "hub.crm.CustomerUpserted"

    with pytest.raises(Undecodable) as verdict:
        codec.envelope(carried(other), USAGE)
    assert verdict.value.reason == DeadLetterReason.UNKNOWN_TYPE


def test_what_follows_the_envelope_is_not_read(codec: Codec) -> None:
    cut = codec.encode(EVENT)[:-3]

    assert codec.envelope(carried(cut), USAGE).event_id == "e-1"
    with pytest.raises(Undecodable):
        codec.decode(cut, (), USAGE)


def test_an_envelope_cut_short_is_undecodable(codec: Codec) -> None:
    whole = codec.encode(EVENT)
    for end in range(len(b"\x00\x00\x00\x00\x00") + 1 + 3 + 1 + 12 + 6):
        with pytest.raises(Undecodable):
            codec.envelope(carried(whole[:end]), USAGE)


def test_a_verdict_says_nothing_of_the_payload(codec: Codec) -> None:
    for value in (b'{"event_id": 79000000001}', b"79000000001", codec.encode(EVENT)[:-2] + b"79000000001"):
        with pytest.raises(Undecodable) as verdict:
            codec.decode(value, tuple(ce_headers(EVENT.NAME, "79000000001", "/s", NOON, b"application/json")), USAGE)
        assert "7900" not in str(verdict.value)
        assert verdict.value.__cause__ is None
        assert verdict.value.__context__ is None or verdict.value.__suppress_context__
