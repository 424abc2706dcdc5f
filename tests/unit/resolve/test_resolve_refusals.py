"""Resolve: what it refuses, and that nothing else suffers."""

import msgspec
import pytest

from schemas.records import CustomerUpserted, IdentifierLinked
from streams.memory.log import MemoryRecord
from streams.tallies import Tally
from streams.topics import STRAY, TIMELINE
from tests.builders.resolver import (
    BILLING,
    CODEC,
    CRM,
    HOME,
    HOUR,
    NOW,
    NUMBER,
    Resolver,
    balance,
    customers,
    linked,
    reason,
)


@pytest.mark.parametrize(
    "event",
    [
        linked(value="null"),
        linked(value="12"),
        linked(customer="~0123456789abcdef01234567"),
        linked(customer="unknown"),
        IdentifierLinked("e", "/crm", NOW, "C1", "customer", "C2", 0),
        IdentifierLinked("e", "/crm", NOW, "C1", "passport", "4501", 0),
        CustomerUpserted("e", "/crm", NOW, "null"),
    ],
)
def test_link_of_what_is_no_identifier_is_refused_and_says_nothing(event: msgspec.Struct) -> None:
    assert reason(Resolver().put("customer:C1", event, CRM)) == "bad-identifier"


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        (None, balance(), "no-key"),
        (b"", balance(), "no-key"),
        (NUMBER, None, "no-value"),
        (NUMBER, b"x" * 4097, "too-large"),
        (b"app:" + b"x" * 5000, balance(), "too-large"),
        (b"\xff\xfe", balance(), "bad-identifier"),
        ("79161234567", balance(), "bad-identifier"),
        ("customer:null", balance(), "bad-identifier"),
        (NUMBER, b"", "undecodable"),
        (NUMBER, b"\x00", "undecodable"),
        (NUMBER, b"rubbish", "undecodable"),
        (NUMBER, CODEC.encode(balance())[:7], "undecodable"),
        (NUMBER, b"\x00\x7f\xff\xff\xff" + CODEC.encode(balance())[5:], "unknown-schema"),
        (NUMBER, linked(), "unknown-type"),
        (NUMBER, balance(4_070_908_800_000), "future"),
        (NUMBER, balance(NOW + 5 * 60_000 + 1), "future"),
        (NUMBER, balance(0), "late"),
        (NUMBER, balance(NOW - 72 * HOUR - 1), "late"),
    ],
)
def test_bad_record_is_a_dead_letter_of_its_topic_byte_for_byte(
    key: bytes | str | None, value: msgspec.Struct | bytes | None, expected: str
) -> None:
    task = Resolver()
    record = task.record(key, value, [("trace", b"\x00\xff"), ("trace", b"")], timestamp=NOW - 3)
    outputs = task.chunk(BILLING, record)
    assert reason(outputs) == expected
    (out,) = outputs
    assert (out.topic, out.partition, out.key, out.value) == (f"{BILLING}.dlq", HOME, record.key, record.value)
    assert tuple(out.headers[:2]) == tuple(record.headers)
    said = dict(out.headers[2:])
    assert (said["hub_stage"], said["hub_topic"]) == (b"resolve", BILLING.encode())
    assert (said["hub_partition"], said["hub_offset"]) == (b"%d" % HOME, b"%d" % record.offset)
    assert said["hub_timestamp"] == b"%d" % (NOW - 3)
    assert b"916" not in (said["hub_detail"] or b"")
    assert task.unit.dead_letters == 1
    assert task.unit.tallies == {(Tally.DEAD_LETTERS, (BILLING, expected)): 1}


def test_limits_are_inclusive() -> None:
    task = Resolver()
    for occurred_at in (NOW + 5 * 60_000, NOW - 72 * HOUR):
        assert customers(task.put("customer:C1", balance(occurred_at))) == ["C1"]


def test_headers_count_against_the_limit() -> None:
    task = Resolver()
    assert reason(task.chunk(BILLING, task.record(NUMBER, balance(), [("x", b"y" * 5000)]))) == "too-large"


def test_empty_headers_count_against_the_limit() -> None:
    task = Resolver()
    assert reason(task.chunk(BILLING, task.record(NUMBER, balance(), [("", None)] * 2000))) == "too-large"


def test_rest_of_the_chunk_goes_on() -> None:
    task = Resolver()
    good = [task.record("customer:C1", balance()) for _ in range(3)]
    outputs = task.chunk(BILLING, good[0], task.record(None, None), good[1], task.record(NUMBER, b"?"), good[2])
    assert [out.topic for out in outputs] == [TIMELINE, f"{BILLING}.dlq", TIMELINE, f"{BILLING}.dlq", TIMELINE]


def test_stray_dead_letter_names_the_public_topic() -> None:
    home = Resolver()
    added = (("hub_topic", CRM.encode()), ("hub_partition", b"3"), ("hub_offset", b"77"))
    value = CODEC.encode(linked(value="null"))
    (out,) = home.chunk(STRAY, MemoryRecord(STRAY, HOME, 5, NOW - 9, NUMBER.encode(), value, (("own", b"1"), *added)))
    assert (out.topic, out.partition) == (f"{CRM}.dlq", 3)
    said = list(out.headers)
    assert said[0] == ("own", b"1")
    assert [name for name, _ in said].count("hub_topic") == 1
    assert dict(said)["hub_offset"] == b"77"
