"""An outage reaches whoever is under it, in slices, once per revision, and goes on after a crash where it was."""

from itertools import chain, groupby

import pytest

from agents.customer import walk
from agents.customer.decide import context_due
from streams.core.fold import Unit
from streams.core.keys import in_turn, owner_of
from tests.unit.customer.stage import NOON, Stage


@pytest.fixture(autouse=True)
def short_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "SLICE", 3)


def people(stage: Stage, count: int, leaf: str = "port-1") -> None:
    stage.given(*(stage.attached(f"C{number:02d}", leaf) for number in range(count)))


def reached(stage: Stage, count: int) -> list[int]:
    return [stage.total(f"C{number:02d}") for number in range(count)]


def test_everybody_under_a_leaf_is_reached_a_slice_before_each_record() -> None:
    stage = Stage()
    people(stage, 7)
    stage.given(stage.outage(["port-1"]))
    assert reached(stage, 7) == [0] * 7
    stage.given(stage.topup(0))
    assert reached(stage, 7) == [1, 1, 1, 0, 0, 0, 0]
    stage.given(stage.topup(0), stage.topup(0), stage.topup(0))
    assert reached(stage, 7) == [1] * 7


def test_several_outages_share_a_slice_and_those_of_nobody_here_take_nothing_of_it() -> None:
    stage = Stage()
    people(stage, 4)
    stage.given(stage.attached("C04", "port-2"))
    soon = NOON + 30_000
    empty = [stage.outage([f"nobody-{number}"], name=f"A{number}", notify_at=soon) for number in range(5)]
    stage.given(*empty, stage.outage(["port-2"], name="B", notify_at=soon))
    stage.given(stage.outage(["port-1"], name="C", notify_at=soon), stage.topup(0, at=soon))
    assert reached(stage, 5) == [1, 1, 0, 0, 1]
    stage.given(stage.topup(0, at=soon))
    assert reached(stage, 5) == [1] * 5


def test_who_is_under_a_grave_outage_does_not_wait_behind_a_large_one() -> None:
    stage = Stage()
    people(stage, 7)
    stage.given(stage.attached("C07", "port-2"), stage.outage(["port-1"], name="large"))
    stage.given(stage.outage(["port-2"], name="grave"))
    assert reached(stage, 8) == [1, 1, 1, 0, 0, 0, 0, 0]
    stage.given(stage.topup(0))
    assert reached(stage, 8) == [1, 1, 1, 1, 1, 0, 0, 1]


def test_of_outages_as_grave_the_smaller_is_told_first() -> None:
    stage = Stage()
    people(stage, 7)
    stage.given(stage.attached("C07", "port-2"), stage.outage(["port-1"], name="A-large"))
    stage.given(stage.outage(["port-2"], name="B-small"))
    stage.given(stage.topup(0))
    assert reached(stage, 8) == [1, 1, 1, 1, 1, 0, 0, 1]


def test_the_smaller_outage_is_told_to_its_end_before_the_larger_one_goes_on() -> None:
    stage = Stage()
    people(stage, 10)
    stage.given(*(stage.attached(f"D{number}", "port-2") for number in range(5)))
    stage.given(stage.outage(["port-1"], name="A-large"), stage.outage(["port-2"], name="B-small"))
    stage.given(stage.topup(0), stage.topup(0))
    assert [stage.total(f"D{number}") for number in range(5)] == [1] * 5
    assert sum(reached(stage, 10)) == 4  # those before the smaller one came, and one beside its last


def test_nobody_elsewhere_is_reached() -> None:
    stage = Stage()
    people(stage, 2)
    stage.given(stage.attached("C99", "port-2"), stage.outage(["port-1"]), stage.topup(0))
    assert (reached(stage, 2), stage.total("C99")) == ([1, 1], 0)


def test_nobody_is_reached_before_its_time_and_the_owner_knows_when() -> None:
    stage = Stage()
    people(stage, 2)
    stage.given(stage.outage(["port-1"], notify_at=NOON + 30_000), stage.topup(0, at=NOON + 29_999))
    assert (reached(stage, 2), stage.fold.next_due()) == ([0, 0], NOON + 30_000)
    stage.given(stage.topup(0, at=NOON + 30_000))
    assert reached(stage, 2) == [1, 1]
    assert stage.fold.next_due() == min(context_due(b"C00/", NOON), context_due(b"C01/", NOON))


@pytest.mark.parametrize("crash_after", range(5))
def test_a_crash_in_the_middle_reaches_everybody_once(crash_after: int) -> None:
    stage = Stage()
    people(stage, 10)
    stage.given(stage.outage(["port-1"]))
    for step in range(5):
        stage.given(stage.topup(0))
        if step == crash_after:
            stage.crash()
    assert reached(stage, 10) == [1] * 10


@pytest.mark.parametrize("written", range(5))
def test_without_transactions_a_changelog_cut_off_between_two_owners_passes_over_nobody(written: int) -> None:
    stage = Stage()
    people(stage, 3)
    stage.given(stage.outage(["port-1"]))
    chunk, unit = stage.topup(0), Unit()
    stage.fold.fold("hub.timeline.v1", [chunk], unit)
    by_owner = [list(group) for _, group in groupby(in_turn(unit.changes).items(), key=lambda item: owner_of(item[0]))]
    assert len(by_owner) == 5, "three who are reached, who tops up, and the partition"
    for key, value in chain.from_iterable(by_owner[:written]):
        assert value is not None
        stage.store.put(key, value)
    stage.crash()
    stage.given(chunk)
    assert all(total >= 1 for total in reached(stage, 3))


def test_chunking_makes_no_difference() -> None:
    def run(size: int) -> dict[bytes, bytes]:
        stage = Stage()
        records = [stage.attached(f"C{number:02d}", "port-1") for number in range(5)]
        records.append(stage.outage(["port-1"]))
        records += [stage.attached("C00", "port-2"), stage.attached("C07", "port-1"), stage.topup(1, customer="C04")]
        records += [stage.topup(0) for _ in range(3)]
        for start in range(0, len(records), size):
            stage.given(*records[start : start + size])
        return {key: value for key, value in stage.store.items() if not key.endswith(b"/progress")}

    assert run(1) == run(4) == run(100)


def test_who_left_before_their_turn_is_not_looked_for_at_the_old_place() -> None:
    stage = Stage()
    people(stage, 6)
    stage.given(stage.outage(["port-1"]), stage.attached("C05", "port-2"), stage.topup(0), stage.topup(0))
    assert reached(stage, 6) == [1, 1, 1, 1, 1, 0]


def test_the_end_reaches_those_who_are_in_it_wherever_they_are_now() -> None:
    stage = Stage()
    people(stage, 2)
    stage.given(stage.outage(["port-1"]), stage.topup(0), stage.attached("C01", "port-9"))
    stage.given(stage.outage([], revision=2, state="resolved"), stage.topup(0))
    assert reached(stage, 2) == [3, 3]


def test_an_older_or_repeated_revision_changes_nothing() -> None:
    stage = Stage()
    people(stage, 2)
    stage.given(stage.outage(["port-1"], revision=2), stage.topup(0))
    stage.given(stage.outage(["port-1"], revision=2), stage.outage(["port-1"], revision=1), stage.topup(0))
    stage.crash()
    stage.given(stage.outage(["port-1"], revision=2), stage.topup(0))
    assert reached(stage, 2) == [2, 2]


def test_a_revision_counts_once_all_its_pieces_are_here() -> None:
    stage = Stage()
    stage.given(stage.attached("C00", "port-1"), stage.attached("C01", "port-2"))
    stage.given(stage.outage(["port-1"], piece=0, pieces=2), stage.topup(0))
    assert reached(stage, 2) == [0, 0]
    stage.crash()
    stage.given(stage.outage(["port-2"], piece=1, pieces=2), stage.topup(0))
    assert reached(stage, 2) == [1, 1]


def test_a_rule_that_raises_costs_its_customer_and_is_counted() -> None:
    stage = Stage()
    people(stage, 2)
    unit = stage.given(stage.outage(["port-1"], name="boom"), stage.topup(5, customer="C00"))
    assert reached(stage, 2) == [5, 0]
    assert unit.tallies["hub_outage_failures_total", ()] == 2
