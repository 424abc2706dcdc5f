"""A dead letter is read as the hub wrote it, and its original comes out as it went in."""

import json

import pytest

from hub.dlq.choice import Choice, iso, moment, place
from hub.dlq.letter import FOREIGN, Letter, letter_of, owned_topic, owned_topics
from hub.dlq.listing import Counter, table
from hub.dlq.plan import record_to_replay
from hub.dlq.showing import shown
from hub.refusal import CommandRefused
from schemas import load, wire
from schemas.reasons import DeadLetterReason
from schemas.records import IdentifierLinked, SearchPerformed
from streams.codec import Codec
from streams.core.records import Header
from streams.guard import Origin, dead_letter
from streams.memory import MemoryRecord

TOPIC = "billing.account.v1"
NOW = 1_772_000_000_000
CODEC = Codec(load())


def letter(
    key: bytes | None = b"msisdn:79161234567",
    value: bytes | None = b"rubbish",
    headers: tuple[Header, ...] = (),
    reason: DeadLetterReason = DeadLetterReason.UNCLAIMED,
    topic: str = TOPIC,
) -> Letter:
    """Put a record aside as the hub does, and read what is there."""
    written = dead_letter(Origin(topic, 3, 17, NOW, key, value, headers), reason, "customer", "a clause", 1)
    record = MemoryRecord(written.topic, 1, 5, NOW + 9, written.key, written.value, tuple(written.headers))
    return letter_of(topic, record)


def test_letter_says_why_it_is_here_and_where_its_original_was() -> None:
    found = letter()
    assert (found.at, found.put_aside_at, found.reason, found.stage) == ("1:5", NOW + 9, "unclaimed", "customer")
    assert (found.origin.partition, found.origin.offset, found.origin.timestamp) == (3, 17, NOW)


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (("ce_id", b"1"), ("ce_id", None), ("x", b"\xff\x00")),
        (("hub_reason", b"late"), ("hub_topic", b"elsewhere")),  # put back by hand once, with the hub's headers
    ],
)
def test_original_goes_back_byte_for_byte_and_says_which_letter_it_was(headers: tuple[Header, ...]) -> None:
    back = record_to_replay(letter(headers=headers), is_log_clock=False)
    assert (back.topic, back.partition, back.key, back.value) == (TOPIC, 3, b"msisdn:79161234567", b"rubbish")
    assert tuple(back.headers) == (*headers, ("hub_replayed_from", b"1:5"))
    assert back.timestamp is None


def test_second_replay_names_the_second_letter_alone() -> None:
    found = letter(headers=(("a", b"1"), ("hub_replayed_from", b"0:2")))
    assert found.replayed_from == "0:2"
    assert record_to_replay(found, is_log_clock=False).headers == (("a", b"1"), ("hub_replayed_from", b"1:5"))


def test_original_keeps_its_time_on_the_logs_clock() -> None:
    assert record_to_replay(letter(), is_log_clock=True).timestamp == NOW


@pytest.mark.parametrize("headers", [(), (("hub_reason", b"late"),), (("a", b"1"),) * 9])
def test_record_that_the_hub_did_not_write_is_foreign(headers: tuple[Header, ...]) -> None:
    record = MemoryRecord(f"{TOPIC}.dlq", 1, 5, NOW, b"k", b"v", headers)
    assert letter_of(TOPIC, record).reason == FOREIGN


def test_letter_of_another_topic_is_foreign() -> None:
    written = dead_letter(Origin(TOPIC, 3, 17, NOW, b"k", b"v", ()), DeadLetterReason.LATE, "resolve", "", 1)
    record = MemoryRecord("x", 1, 5, NOW, written.key, written.value, tuple(written.headers))
    assert letter_of("usage.record.v1", record).reason == FOREIGN


def test_topic_is_named_itself_or_by_its_dead_letters() -> None:
    assert owned_topic(TOPIC) == owned_topic(f"{TOPIC}.dlq") == TOPIC
    assert TOPIC in owned_topics()
    assert "hub.timeline.v1" not in owned_topics()
    with pytest.raises(CommandRefused, match="only the hub writes"):
        owned_topic("customer.context.v1")
    with pytest.raises(CommandRefused, match=r"those with dead letters are billing\.account\.v1"):
        owned_topic("billing")


def test_letters_are_counted_by_topic_and_reason() -> None:
    counter = Counter()
    for reason in (DeadLetterReason.LATE, DeadLetterReason.LATE, DeadLetterReason.FUTURE):
        counter.add(letter(reason=reason))
    assert [(row.topic, row.reason, row.letters) for row in counter.rows()] == [
        (TOPIC, "future", 1),
        (TOPIC, "late", 2),
    ]
    assert table(counter.rows()).row_count == 2


def test_masked_letter_shows_what_names_nobody() -> None:
    search = wire.encode(SearchPerformed("e-1", "/app", NOW, "s-77", "app", "how does Ivan pay"))
    found = letter(
        value=search, headers=(("ce_type", b"hub.digital.SearchPerformed"), ("x", b"Ivan")), topic="digital.activity.v1"
    )
    said = shown(found, CODEC, is_masked=True)
    assert said["type"] == "hub.digital.SearchPerformed"
    assert said["record"] == {
        "event_id": "e-1", "source": "/app", "occurred_at": NOW, "session_id": "***", "surface": "app", "query": "***",
    }  # fmt: skip
    assert said["headers"] == {"ce_type": "hub.digital.SearchPerformed", "x": "***"}
    assert (said["key"], said["detail"], said["offset"]) == ("***", "a clause", 17)


def test_unmasked_letter_shows_all() -> None:
    link = IdentifierLinked("e-1", "/crm", NOW, "C-1", "msisdn", "79161234567", NOW)
    said = shown(letter(value=wire.encode(link), topic="crm.customer.v1"), CODEC, is_masked=False)
    assert said["key"] == "msisdn:79161234567"
    assert said["record"]["value"] == "79161234567"


@pytest.mark.parametrize(
    ("value", "name", "content"),
    [
        (b"\xff\x00", "hex", "ff00"),
        (b"\x00\x00", "hex", "0000"),
        (b"Ivan", "text", "Ivan"),
        (b'{"a":1}', "json", {"a": 1}),
    ],
)
def test_value_that_is_no_record_is_shown_as_what_it_is_and_masked_as_its_size(
    value: bytes, name: str, content: object
) -> None:
    assert shown(letter(value=value), CODEC, is_masked=False)[name] == content
    masked = shown(letter(value=value), CODEC, is_masked=True)
    assert masked["bytes"] == len(value)
    assert name not in masked
    assert "Ivan" not in json.dumps(masked)


def test_letter_without_key_and_value_is_shown() -> None:
    said = shown(letter(key=None, value=None), CODEC, is_masked=True)
    assert (said["key"], said["record"]) == (None, None)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2h", NOW - 7_200_000),
        ("90s", NOW - 90_000),
        ("1970-01-02", 86_400_000),
        ("1970-01-01T03:00+03:00", 0),
        ("1970-01-01T00:00:01.5Z", 1500),
    ],
)
def test_time_is_so_long_ago_or_iso_in_utc(text: str, at: int) -> None:
    assert moment(text, NOW) == at


@pytest.mark.parametrize("text", ["yesterday", "2 h", "", "-2h"])
def test_no_time_is_refused(text: str) -> None:
    with pytest.raises(CommandRefused, match="is no time"):
        moment(text, NOW)


def test_time_that_is_shown_reads_the_same() -> None:
    assert moment(iso(NOW + 1), 0) == NOW + 1


def test_place_is_partition_and_offset() -> None:
    assert place("3:17") == (3, 17)
    with pytest.raises(CommandRefused, match="PARTITION:OFFSET"):
        place("17")


def test_choice_is_by_reason_time_and_topic() -> None:
    found = letter()
    assert Choice.of(["late", "unclaimed"], "1d", None, TOPIC, NOW).takes(found)
    assert not Choice.of(["late"], None, None, None, NOW).takes(found)
    assert not Choice(since=found.put_aside_at + 1).takes(found)
    assert Choice(since=found.put_aside_at).takes(found)
    assert not Choice(until=found.put_aside_at).takes(found)
    assert not Choice(source_topic="usage.record.v1").takes(found)


def test_reason_that_is_none_is_refused_naming_the_closed_list() -> None:
    with pytest.raises(CommandRefused, match=r"undecodable, .*unknown-config"):
        Choice.of(["lost"], None, None, None, NOW)
