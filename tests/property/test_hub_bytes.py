"""Laws of the whole hub about bytes: whatever stands on a topic, nothing raises, and every record ends exactly once."""

from collections import Counter
from contextlib import suppress
from functools import partial
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import wire
from schemas.records import Entry
from schemas.shapes import parse_record
from streams.core.records import Header
from streams.memory import MemoryRecord
from streams.topics import TIMELINE
from tests.builders.hub import CATALOGUE, CODEC, HubRun, N, Post, decoded, tick
from tests.builders.stories import HOUR, LAW, START
from tests.unit.codec.values import built, values

INPUTS = [topic.name for topic in CATALOGUE.inputs()]
CONFIGS = [topic.name for topic in CATALOGUE.control_topics()]
TIMES = st.integers(START - HOUR, START)
GOOD = st.sampled_from([b"customer:C0", b"customer:C1", b"msisdn:79160000001", b"msisdn:8 916 000-00-01", b"app:x"])
KEYS = st.one_of(
    GOOD,
    GOOD,
    st.sampled_from([None, b"", b"customer:", b"customer:null", b"\xff", b"msisdn:0", b"~abc", b"a/b", b"\x00meta"]),
    st.binary(max_size=12),
)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            ["ce_id", "ce_type", "ce_time", "ce_expirytime", "content-type", "hub_topic", "hub_offset", "x"]
        ),
        st.one_of(st.none(), st.binary(max_size=6), st.sampled_from([b"application/json", b"2025-06-15T12:00:00Z"])),
    ),
    max_size=2,
).map(tuple)


EVENTS = {
    topic.name: st.one_of([
        values(shape).map(partial(built, shape)) for shape in (parse_record(each.schema) for each in topic.records)
    ])
    for topic in (*CATALOGUE.inputs(), *CATALOGUE.control_topics())
}  # fmt: skip
USUAL = {"occurred_at": TIMES, "customer_id": st.sampled_from(["C0", "C1"]), "event_id": st.uuids().map(str)}


@st.composite
def events(draw: st.DrawFn, topic: str) -> Any:
    """Draw a record of the topic, nearly always of about now, and about one of a few customers."""
    record: Any = draw(EVENTS[topic])
    usual = {name: draw(each) for name, each in USUAL.items() if name in record.__struct_fields__}
    return msgspec.structs.replace(record, **usual) if draw(st.integers(0, 4)) else record


def damaged(value: bytes, place: int, byte: int) -> bytes:
    """Return the bytes with one of them another, cut off there, or with one more."""
    at = place % (len(value) + 1)
    return (value[:at] + bytes([byte]) + value[at + 1 :], value[:at], value + bytes([byte]))[place % 3]


@st.composite
def payloads(draw: st.DrawFn, topic: str) -> tuple[bytes | None, tuple[Header, ...]]:
    """Draw a value and headers: rubbish, an event framed or as JSON, or what is left of one."""
    how = draw(st.sampled_from(["rubbish", "framed", "framed", "framed", "json", "json", "cut", "cut json"]))
    if how == "rubbish":
        return draw(st.none() | st.binary(max_size=40) | st.binary(max_size=9).map(b"\0\0\0\0".__add__)), ()
    event = draw(events(topic))
    value, headers = CODEC.encode(event), tuple[Header, ...]()
    if "json" in how and hasattr(event, "occurred_at"):
        with suppress(OverflowError):  # a time that a header cannot say
            headers = tuple(wire.ce_headers(event, event.event_id, event.source, event.occurred_at))
            value = wire.to_json(event)
    return damaged(value, draw(st.integers(0, 999)), draw(st.integers(0, 255))) if "cut" in how else value, headers


@st.composite
def posts(draw: st.DrawFn) -> Post:
    """Draw a record on any public topic and any partition, mostly of the topic's own."""
    topics = st.sampled_from(INPUTS) | st.sampled_from(INPUTS) | st.sampled_from(CONFIGS)
    topic = draw(topics)
    value, headers = draw(payloads(topic if draw(st.integers(0, 9)) else draw(topics)))
    more = () if draw(st.integers(0, 3)) else draw(HEADERS)
    return Post(topic, draw(KEYS), value, START, (*headers, *more), draw(st.none() | st.integers(0, N - 1)))


def original(letter: MemoryRecord) -> tuple[Any, ...]:
    """Return where a dead letter came from, and its bytes."""
    said = {name: value or b"" for name, value in letter.headers[-7:]}
    place = said["hub_topic"].decode(), int(said["hub_partition"]), int(said["hub_offset"])
    assert letter.topic == f"{place[0]}.dlq"
    return (*place, letter.key, letter.value, tuple(letter.headers[:-7]))


def published_on(run: HubRun, topics: list[str]) -> "Counter[tuple[Any, ...]]":
    """Count what stands on these topics, by place and bytes."""
    records = [record for name in topics for record in run.broker.records(name)]
    return Counter((r.topic, r.partition, r.offset, r.key, r.value, tuple(r.headers)) for r in records)


@settings(LAW, max_examples=80)
@given(st.lists(posts(), min_size=1, max_size=6))
def test_every_record_ends_once_whatever_its_bytes(published: list[Post]) -> None:
    run = HubRun().play([published, *([tick(START + hours * HOUR)] for hours in (1, 2, 3))])
    sent = published_on(run, INPUTS)
    entries = [entry for entry in map(decoded, run.broker.records(TIMELINE)) if isinstance(entry, Entry)]
    arrived = Counter(
        (e.topic, e.partition, e.offset, e.key, e.value, tuple((h.name, h.value) for h in e.headers))
        for e in entries
        if not e.is_forwarded
    )
    dead = [letter for letter in run.dead_letters() if letter.topic.removesuffix(".dlq") in INPUTS]
    stages = {dict(letter.headers[-7:])["hub_stage"] for letter in run.dead_letters()}
    assert stages <= {b"resolve", b"customer", b"control"}
    resolved = Counter(original(each) for each in dead if dict(each.headers[-7:])["hub_stage"] == b"resolve")
    assert arrived + resolved == sent
    given_up = Counter(original(each) for each in dead if dict(each.headers[-7:])["hub_stage"] == b"customer")
    assert given_up <= arrived
    counted = sum(count.applied + count.duplicate for context in run.contexts().values() for count in context.counts)
    assert counted + len(run.letters()) + given_up.total() == arrived.total()
    assert Counter(map(original, run.dead_letters())) - given_up - resolved <= published_on(run, CONFIGS)
