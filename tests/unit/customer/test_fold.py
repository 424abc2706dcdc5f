"""The customer box: what one chunk does to records, and what it takes back."""

from collections import Counter
from itertools import pairwise

import msgspec
import pytest

from agents.customer.decide import context_due
from agents.customer.model import LONGEST_ID
from agents.customer.progress import MAX_STREAMS
from schemas.records import ChargePosted, Entry, Ticked, TopicCount, UsageRated
from streams.memory import MemoryRecord
from tests.unit.customer.stage import BILLING, CODEC, NOON, Stage


@pytest.fixture
def stage() -> Stage:
    return Stage()


def total(stage: Stage, customer: str = "C1") -> int:
    raw = stage.store.get(f"{customer}/sum".encode())
    return 0 if raw is None else raw[1] if len(raw) == 2 else int.from_bytes(raw[2:])


def test_events_of_a_chunk_are_one_change_of_the_section(stage: Stage) -> None:
    unit = stage.given(stage.topup(1), stage.topup(2), stage.topup(3))
    assert total(stage) == 6
    assert [key for key in unit.changes if key.endswith(b"/sum")] == [b"C1/sum"]


def test_a_rule_that_raises_costs_its_event_alone(stage: Stage) -> None:
    unit = stage.given(stage.topup(1), stage.topup(666), stage.topup(2), stage.topup(4, customer="C2"))
    assert (total(stage), total(stage, "C2")) == (3, 4)
    assert [reason for reason, _ in stage.dead(unit)] == ["rule-failed"]
    assert unit.dead_letters == 1


def test_a_full_guard_says_so(stage: Stage) -> None:
    assert [reason for reason, _ in stage.dead(stage.given(stage.topup(555), stage.topup(1)))] == ["guard-full"]
    assert total(stage) == 1


def test_what_a_raising_rule_changed_is_rolled_back_together_with_its_timer(stage: Stage) -> None:
    stage.given(stage.topup(666), stage.topup(1))
    stage.given(stage.topup(1, at=NOON + 120_000))
    assert total(stage) == 2


def test_a_dead_letter_keeps_the_bytes_and_the_coordinates_of_its_public_topic(stage: Stage) -> None:
    unit = stage.given(stage.entry(b"\x00rubbish"))
    (out,) = [o for o in unit.outputs if o.topic == f"{BILLING}.dlq"]
    headers = dict(out.headers)
    assert (out.key, out.value) == (b"customer:C1", b"\x00rubbish")
    assert (headers["hub_reason"], headers["hub_topic"], headers["hub_offset"]) == (
        b"unknown-schema",
        BILLING.encode(),
        b"0",
    )
    assert not unit.changes


def test_a_record_type_of_another_topic_is_refused(stage: Stage) -> None:
    usage = CODEC.encode(UsageRated("u", "test", NOON, 1, "voice", 1, 1, "RUB"))
    assert [reason for reason, _ in stage.dead(stage.given(stage.entry(usage)))] == ["unknown-type"]


def test_a_duplicate_is_counted_and_changes_nothing(stage: Stage) -> None:
    stage.given(stage.topup(5, name="once"), stage.topup(5, name="once"))
    stage.given(stage.topup(5, name="once"))
    unit = stage.given(stage.topup(1000))
    (context,) = stage.contexts(unit)
    assert total(stage) == 1005
    assert context.counts == (TopicCount(BILLING, 2, 2),)


def test_a_duplicate_is_known_over_many_blocks_and_a_crash(stage: Stage) -> None:
    stage.given(*(stage.topup(1, name=f"n{i}") for i in range(50)))
    stage.crash()
    stage.given(*(stage.topup(1, name=f"n{i}") for i in range(50)))
    assert total(stage) == 50


def test_an_event_id_is_forgotten_after_the_window_only(stage: Stage) -> None:
    day = 24 * 3600 * 1000
    stage.given(*(stage.topup(1, name=f"n{i}") for i in range(17)))
    stage.given(stage.topup(1, name="n0", at=NOON + 2 * day))
    assert total(stage) == 17
    stage.given(*(stage.topup(0, name=f"x{i}", at=NOON + 4 * day) for i in range(17)))
    stage.given(stage.topup(1, name="n0", at=NOON + 4 * day))
    assert total(stage) == 18


def test_a_redelivered_record_is_no_duplicate(stage: Stage) -> None:
    chunk = [stage.topup(1), stage.topup(2)]
    stage.given(*chunk)
    stage.crash()
    assert not stage.given(*chunk).changes
    (context,) = stage.contexts(stage.given(stage.topup(1000)))
    assert context.counts == (TopicCount(BILLING, 3, 0),)


def test_timers_fire_before_the_record_that_brings_their_time(stage: Stage) -> None:
    stage.given(stage.topup(7))
    stage.given(stage.topup(1, at=NOON + 59_999))
    assert total(stage) == 8
    stage.given(stage.topup(1, at=NOON + 60_000))
    assert total(stage) == 1_000_009


def test_timers_survive_a_crash_and_fire_once_by_a_tick(stage: Stage) -> None:
    stage.given(stage.topup(7))
    stage.crash()
    assert stage.fold.next_due() == context_due(b"C1/", NOON)
    tick = stage.record(None, CODEC.encode(Ticked()), NOON + 60_000)
    stage.given(tick, stage.record(None, CODEC.encode(Ticked()), NOON + 60_001))
    assert total(stage) == 1_000_007


def test_time_does_not_go_back(stage: Stage) -> None:
    stage.given(stage.topup(7, at=NOON))
    stage.given(stage.record(None, CODEC.encode(Ticked()), NOON - 1))
    assert stage.fold.now == NOON


def test_a_material_change_goes_out_with_its_chunk_and_any_other_within_a_minute(stage: Stage) -> None:
    assert stage.contexts(stage.given(stage.topup(1))) == []
    assert stage.contexts(stage.given(stage.topup(1, at=NOON + 29_000))) == []
    (context,) = stage.contexts(stage.given(stage.record(None, CODEC.encode(Ticked()), NOON + 60_000)))
    assert (context.version, context.first_name, context.changed_sections) == (1, "2", ("sum",))
    (context,) = stage.contexts(stage.given(stage.topup(1000, at=NOON + 61_000), stage.topup(1, at=NOON + 61_000)))
    assert (context.version, context.first_name) == (2, "1003")
    assert stage.contexts(stage.given(stage.record(None, CODEC.encode(Ticked()), NOON + 200_000))) == []


def test_contexts_of_those_who_came_in_together_do_not_go_out_together() -> None:
    due = [context_due(b"C%d/" % number, NOON) for number in range(10_000)]
    assert min(due) >= NOON + 30_000
    assert max(due) < NOON + 60_000
    in_a_second = Counter(at // 1000 for at in due)
    assert max(in_a_second.values()) < 450  # of 10,000 over 30 s


@pytest.mark.parametrize("customer", [b"C1/", b"C2/", b"C3/"])
def test_of_whoever_always_changes_one_context_a_minute_goes_out(customer: bytes) -> None:
    now, told = NOON, []
    for _ in range(10):
        now = context_due(customer, now + 500)  # the next change comes half a second after the last was told
        told.append(now)
    assert [late - early for early, late in pairwise(told)] == [60_000] * 9


def usage(
    stage: Stage,
    sequence: int,
    *,
    forwarded: bool = False,
    key: bytes = b"msisdn:79161234567",
    source: str = "mediation",
) -> MemoryRecord:
    event = UsageRated(f"u{sequence}", source, NOON, sequence, "voice", 1, 1, "RUB")
    entry = Entry("usage.record.v1", 0, stage.offset, NOON, key, CODEC.encode(event))
    return stage.record(b"C1", CODEC.encode(msgspec.structs.replace(entry, is_forwarded=forwarded)), NOON)


def counts(stage: Stage) -> tuple[int, int]:
    (context,) = stage.contexts(stage.given(stage.topup(1000, name=f"c{stage.offset}")))
    (count,) = [c for c in context.counts if c.topic == "usage.record.v1"]
    return count.applied, count.duplicate


def test_a_strict_sequence_is_known_by_its_high_water_mark_however_its_key_is_spelt(stage: Stage) -> None:
    stage.given(usage(stage, 1), usage(stage, 2), usage(stage, 1), usage(stage, 2, key=b"msisdn:+7 (916) 123-45-67"))
    assert counts(stage) == (2, 2)
    assert len([key for key, _ in stage.store.items() if key.startswith(b"C1/dedup:")]) == 1  # that of the top-up


def test_what_a_mailbox_forwards_is_applied_once_before_or_after_what_came_directly(stage: Stage) -> None:
    stage.given(usage(stage, 4), usage(stage, 5))
    stage.given(usage(stage, 1, forwarded=True), usage(stage, 2, forwarded=True), usage(stage, 1, forwarded=True))
    assert counts(stage) == (4, 1)
    stage.given(usage(stage, 4, forwarded=True), usage(stage, 2))
    assert counts(stage) == (4, 3)


def test_a_direct_copy_of_a_forwarded_event_is_a_duplicate(stage: Stage) -> None:
    stage.given(usage(stage, 1, forwarded=True), usage(stage, 2, forwarded=True))
    stage.given(usage(stage, 2), usage(stage, 3))
    assert counts(stage) == (3, 1)


def test_an_event_without_a_rule_is_applied_and_counted(stage: Stage) -> None:
    charge = CODEC.encode(ChargePosted("c", "test", NOON, "A", "ch", 100, "RUB", "call", 60))
    stage.given(stage.entry(charge))
    (context,) = stage.contexts(stage.given(stage.topup(1000)))
    assert context.counts == (TopicCount(BILLING, 2, 0),)


def test_a_source_that_changes_its_name_with_every_event_does_not_grow_the_record(stage: Stage) -> None:
    unit = stage.given(*(usage(stage, 1, source=f"/m/{number}") for number in range(MAX_STREAMS + 2)))
    assert [reason for reason, _ in stage.dead(unit)] == ["guard-full"] * 2
    known = stage.given(usage(stage, 1, source="/m/0"), usage(stage, 2, source="/m/0"))
    assert not stage.dead(known)


def test_a_source_too_long_for_the_record_is_refused(stage: Stage) -> None:
    unit = stage.given(usage(stage, 1, source="/" + "m" * LONGEST_ID), usage(stage, 1))
    assert [reason for reason, _ in stage.dead(unit)] == ["rule-failed"]
