"""A task over the memory log: what is committed, what is found again after a crash, who is let in."""

import asyncio

import pytest

from streams.core.errors import CommitFailed, Fenced, RecoveryFailed
from streams.core.fold import Box
from streams.core.pace import CommitPace
from streams.core.ports import Limits
from streams.memory import MemoryTaskLog
from tests.builders.sums import URGENT_OUTPUT, URGENT_SOURCE, Bench


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_several_sources_move_in_one_commit(bench: Bench) -> None:
    task = bench.task()
    await task.open()
    task.apply("a", bench.given("a", b"1", b"2"))
    task.apply("b", bench.given("b", b"4"))
    assert bench.sums() == []
    await task.commit_pending()
    assert bench.sums() == [b"1", b"3", b"7"]
    assert bench.broker.offsets == {("sum", 0, "a"): 2, ("sum", 0, "b"): 1}


async def test_next_owner_continues_where_the_last_commit_ended(bench: Bench) -> None:
    task = bench.task()
    await task.open()
    records = bench.given("a", b"1", b"2", b"3")
    task.apply("a", records[:2])
    await task.commit_pending()
    task.apply("a", records[2:])  # folded, never committed: the worker dies here
    again = bench.task()
    assert (await again.open())["a"] == 2
    again.apply("a", records)  # delivered from the start: what is known is cut off
    await again.commit_pending()
    assert bench.sums() == [b"1", b"3", b"6"]


async def test_time_survives_a_crash(bench: Bench) -> None:
    task = bench.task()
    await task.open()
    task.apply("a", [bench.broker.append("a", 0, b"k", b"1", timestamp=5000)])
    await task.commit_pending()
    again = bench.task()
    await again.open()
    again.apply("a", bench.given("a", b"1"))  # an earlier timestamp does not turn time back
    await again.commit_pending()
    third = bench.task()
    await third.open()
    assert third._fold.now == 5000  # noqa: SLF001 - the time has no other reader here


async def test_gaps_in_a_source_are_legal(bench: Bench) -> None:
    task = bench.task()
    await task.open()
    records = bench.given("a", b"1", b"2", b"4")
    task.apply("a", [records[0], records[2]])
    await task.commit_pending()
    assert bench.sums() == [b"1", b"5"]


async def test_a_fenced_owner_writes_nothing(bench: Bench) -> None:
    zombie = bench.task()
    await zombie.open()
    zombie.apply("a", bench.given("a", b"1"))
    owner = bench.task()
    await owner.open()
    with pytest.raises(Fenced):
        await zombie.commit_pending()
    assert bench.sums() == []


@pytest.mark.parametrize("step", ["changelog", "outputs", "offsets"])
async def test_a_crash_inside_a_transaction_leaves_nothing_behind(bench: Bench, step: str) -> None:
    def crash(at: str) -> None:
        if at == step:
            raise CommitFailed(at)

    task = bench.task(step=crash)
    await task.open()
    records = bench.given("a", b"1", b"2")
    task.apply("a", records)
    with pytest.raises(CommitFailed):
        await task.commit_pending()
    again = bench.task()
    await again.open()
    again.apply("a", records)
    await again.commit_pending()
    assert bench.sums() == [b"1", b"3"]


@pytest.mark.parametrize("step", ["outputs", "changelog", "offsets"])
async def test_without_transactions_nothing_is_lost_and_state_is_right(bench: Bench, step: str) -> None:
    def crash(at: str) -> None:
        if at == step:
            raise CommitFailed(at)

    task = bench.task(is_transactional=False, step=crash)
    await task.open()
    records = bench.given("a", b"1", b"2")
    task.apply("a", records)
    with pytest.raises(CommitFailed):
        await task.commit_pending()
    again = bench.task(is_transactional=False)
    await again.open()
    again.apply("a", records)
    await again.commit_pending()
    assert set(bench.sums()) == {b"1", b"3"}
    assert bench.store.get(b"k") == b"3"


async def test_offsets_without_state_refuse_to_open(bench: Bench) -> None:
    bench.broker.offsets["sum", 0, "a"] = 7
    with pytest.raises(RecoveryFailed, match="no state"):
        await bench.task().open()


async def test_an_offset_that_contradicts_the_state_refuses_to_open(bench: Bench) -> None:
    task = bench.task()
    await task.open()
    task.apply("a", bench.given("a", b"1", b"2"))
    await task.commit_pending()
    bench.broker.offsets["sum", 0, "a"] = 1
    with pytest.raises(RecoveryFailed, match="its state ends at 2"):
        await bench.task().open()


async def test_the_brake_stops_the_task_and_keeps_what_was_done(bench: Bench) -> None:
    task = bench.task(limits=Limits(brake_in_a_row=3))
    await task.open()
    task.apply("a", bench.given("a", b"1", b"bad", b"bad"))
    before = task.is_braked
    task.apply("a", bench.given("a", b"bad", b"bad", b"bad"))
    assert (before, task.is_braked) == (False, True)
    task.apply("a", bench.given("a", b"2"))
    await task.commit_pending()
    assert bench.sums() == [b"1"]
    assert bench.broker.offsets["sum", 0, "a"] == 6


async def test_what_waits_goes_together_and_the_last_value_wins(bench: Bench) -> None:
    task = bench.task()
    await task.open()
    for value in (b"1", b"2", b"3"):
        task.apply("a", bench.given("a", value))
    await task.commit_pending()
    changes = [r for r in bench.broker.records("sum-changelog") if r.key == b"k"]
    assert [r.value for r in changes] == [b"6"]
    assert bench.sums() == [b"1", b"3", b"6"]


async def test_congestion_is_by_bytes_in_flight(bench: Bench) -> None:
    task = bench.task(limits=Limits(in_flight_bytes=4))
    await task.open()
    task.apply("a", bench.given("a", b"1"))
    assert not task.is_congested
    task.apply("a", bench.given("a", b"2", b"3"))
    full = task.is_congested
    await task.commit_pending()
    assert (full, task.is_congested) == (True, False)


async def test_close_reports_what_was_not_committed(bench: Bench) -> None:
    task = bench.task()
    await task.open()
    task.apply("a", bench.given("a", b"1"))
    assert not await task.close(budget_seconds=0)
    assert bench.sums() == []


async def test_a_missing_committed_offset_is_restored_from_the_state(bench: Bench) -> None:
    task = bench.task()
    await task.open()
    task.apply("a", bench.given("a", b"1", b"2"))
    await task.commit_pending()
    del bench.broker.offsets["sum", 0, "a"]
    again = bench.task()
    assert (await again.open())["a"] == 2
    await again.commit_pending()  # although nothing new has come: else the group would seem to lag
    assert bench.broker.offsets["sum", 0, "a"] == 2
    assert again.is_settled


async def test_a_reset_of_the_group_is_read_again_once_it_is_accepted(bench: Bench) -> None:
    task = bench.task()
    await task.open()
    task.apply("a", bench.given("a", b"1", b"2"))
    await task.commit_pending()
    bench.broker.offsets["sum", 0, "a"] = 1
    with pytest.raises(RecoveryFailed, match="accept-reset"):
        await bench.task().open()
    accepted = bench.task(limits=Limits(is_reset_accepted=True))
    assert (await accepted.open())["a"] == 1


async def test_records_that_were_deleted_unread_stop_a_task_until_that_is_accepted(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = bench.task()
    await task.open()
    task.apply("a", bench.given("a", b"1"))
    await task.commit_pending()
    bench.given("a", b"2", b"3", b"4")

    async def earliest(_: MemoryTaskLog) -> dict[str, int]:
        return {"a": 3}

    monkeypatch.setattr(MemoryTaskLog, "earliest", earliest)
    with pytest.raises(RecoveryFailed, match="2 offsets of a were deleted before they were read"):
        await bench.task().open()
    accepted = bench.task(limits=Limits(is_reset_accepted=True))
    assert (await accepted.open())["a"] == 3


@pytest.mark.parametrize(("box", "topic"), [(URGENT_SOURCE, "b"), (URGENT_OUTPUT, "a")])
async def test_what_a_person_waits_for_is_committed_out_of_turn(bench: Bench, box: Box, topic: str) -> None:
    pace = CommitPace(per_second=0.001)
    pace.turn(bench.clock.monotonic())  # somebody else's; this task's is in a quarter of an hour
    task = bench.task(box=box, pace=pace)
    await task.open()
    committing = asyncio.create_task(task.run())
    task.apply(topic, bench.given(topic, b"1"))
    assert await task.close(5.0)
    committing.cancel()
    assert bench.sums() == [b"1"]


async def test_the_rest_waits_for_its_turn_and_goes_with_the_first_commit(bench: Bench) -> None:
    pace = CommitPace(per_second=0.001)
    pace.turn(bench.clock.monotonic())
    task = bench.task(box=URGENT_SOURCE, pace=pace)
    await task.open()
    committing = asyncio.create_task(task.run())
    task.apply("a", bench.given("a", b"1"))
    for _ in range(10):
        await asyncio.sleep(0)
    assert bench.sums() == []
    task.apply("b", bench.given("b", b"2"))
    assert await task.close(5.0)
    committing.cancel()
    assert bench.sums() == [b"1", b"3"]
    assert task.commits == 1
