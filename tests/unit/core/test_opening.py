"""The opening of a task, step by step: what ends in the middle of it, and what must not be passed over unseen."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from streams.core.errors import RecoveryFailed
from streams.core.meta import META_KEY, Meta
from streams.core.ports import Limits
from streams.memory import MemoryTaskLog
from tests.builders.sums import Bench

STEPS = ("fence", "committed", "read_changelog", "earliest", "latest")
"""As `Task.open` takes them."""


@pytest.fixture
async def bench() -> Bench:
    """A broker on which two records were committed and a third waits."""
    found = Bench()
    task = found.task()
    await task.open()
    task.apply("a", found.given("a", b"1", b"2"))
    await task.commit_pending()
    found.given("a", b"4")
    return found


async def test_the_steps_of_an_opening_come_in_their_order(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def noting(step: str, right: Any) -> Any:
        async def noted(self: Any, *given: Any) -> Any:
            seen.append(step)
            return await right(self, *given)

        return noted

    for step in STEPS:
        monkeypatch.setattr(MemoryTaskLog, step, noting(step, getattr(MemoryTaskLog, step)))
    await bench.task().open()
    assert tuple(seen) == STEPS


@pytest.mark.parametrize("step", STEPS)
async def test_an_opening_that_ends_at_any_step_leaves_everything_to_the_next(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    async def fail(*_: object) -> None:
        raise RecoveryFailed(step)

    before = {place: list(log) for place, log in bench.broker.partitions.items()}, dict(bench.broker.offsets)
    with monkeypatch.context() as broken:
        broken.setattr(MemoryTaskLog, step, fail)
        task = bench.task()
        with pytest.raises(RecoveryFailed, match=step):
            await task.open()
    assert not task.is_open
    assert (bench.broker.partitions, bench.broker.offsets) == before
    assert (await bench.task().open())["a"] == 2
    assert bench.store.get(b"k") == b"3"


@pytest.mark.parametrize("step", STEPS)
async def test_a_task_that_is_revoked_while_it_opens_stays_closed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    told: list[str] = []
    reached, go_on = asyncio.Event(), asyncio.Event()
    right = getattr(MemoryTaskLog, step)

    async def wait(self: Any, *given: Any) -> Any:
        reached.set()
        await go_on.wait()
        return await right(self, *given)

    monkeypatch.setattr(MemoryTaskLog, step, wait)
    task = bench.task()
    monkeypatch.setattr(task._observer, "task_state", lambda _box, _partition, state: told.append(state))  # noqa: SLF001 - it has no other way in
    opening = asyncio.create_task(task.open())
    await reached.wait()
    assert await task.close(budget_seconds=1)
    go_on.set()
    with pytest.raises(RecoveryFailed, match="closed while it opened"):
        await opening
    assert not task.is_open
    assert told == ["recovering", "closed"]


async def test_a_changelog_that_was_compacted_gives_the_same_state(bench: Bench) -> None:
    task = bench.task()
    await task.open()
    task.apply("a", bench.broker.read("a", 0, 2, 1))
    await task.commit_pending()
    log = bench.broker.partitions["sum-changelog", 0]
    last = {record.key: record for record in log}
    bench.broker.partitions["sum-changelog", 0] = [record for record in log if last[record.key] is record]
    assert len(log) > len(last)
    assert (await bench.task().open())["a"] == 3
    assert bench.store.get(b"k") == b"7"


async def test_a_changelog_that_was_emptied_refuses_to_open(bench: Bench) -> None:
    del bench.broker.partitions["sum-changelog", 0]
    with pytest.raises(RecoveryFailed, match="the changelog holds no state"):
        await bench.task().open()


async def test_an_empty_changelog_of_a_new_installation_begins_at_the_beginning() -> None:
    assert await Bench().task().open() == {"a": None, "b": None}


@pytest.mark.parametrize("is_transactional", [True, False])
async def test_an_offset_ahead_of_the_state_refuses_to_open(bench: Bench, is_transactional: bool) -> None:  # noqa: FBT001 - a parameter
    bench.broker.offsets["sum", 0, "a"] = 3
    with pytest.raises(RecoveryFailed, match="committed offset 3 of a, but its state ends at 2"):
        await bench.task(is_transactional=is_transactional).open()


async def test_without_transactions_an_offset_behind_the_state_is_a_crash_between_the_two(bench: Bench) -> None:
    bench.broker.offsets["sum", 0, "a"] = 1
    assert (await bench.task(is_transactional=False).open())["a"] == 2


async def test_all_offsets_expired_and_the_state_says_where_to_go_on(bench: Bench) -> None:
    bench.broker.offsets.clear()
    assert await bench.task().open() == {"a": 2, "b": None}


def bounded(monkeypatch: pytest.MonkeyPatch, earliest: Mapping[str, int], latest: Mapping[str, int]) -> None:
    async def first(_: MemoryTaskLog) -> Mapping[str, int]:
        return earliest

    async def end(_: MemoryTaskLog) -> Mapping[str, int]:
        return latest

    monkeypatch.setattr(MemoryTaskLog, "earliest", first)
    monkeypatch.setattr(MemoryTaskLog, "latest", end)


async def test_a_source_that_was_made_anew_stops_a_task_until_that_is_accepted(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its new records have offsets that the state takes for known: they would be dropped without a word."""
    bounded(monkeypatch, {"a": 0, "b": 0}, {"a": 1, "b": 0})
    with pytest.raises(RecoveryFailed, match="a ends at 1, but its state at 2: it was taken back or made anew"):
        await bench.task().open()
    accepted = bench.task(limits=Limits(is_reset_accepted=True))
    assert (await accepted.open())["a"] == 0


async def test_a_source_that_ends_where_the_state_does_is_in_order(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounded(monkeypatch, {"a": 2, "b": 0}, {"a": 2, "b": 9})
    assert await bench.task().open() == {"a": 2, "b": 0}


async def test_a_source_of_which_nothing_was_read_yet_may_not_lose_its_first_records(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounded(monkeypatch, {"a": 0, "b": 0}, {"a": 3, "b": 0})
    task = bench.task()
    await task.open()
    task.apply("a", bench.broker.read("a", 0, 2, 1))
    await task.commit_pending()
    bounded(monkeypatch, {"a": 0, "b": 4}, {"a": 3, "b": 6})
    with pytest.raises(RecoveryFailed, match="4 offsets of b were deleted before they were read"):
        await bench.task().open()


async def test_what_nobody_may_read_counts_as_read(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A marker stands behind the last record; retention takes both."""
    task = bench.task()
    await task.open()
    task.apply("a", bench.broker.read("a", 0, 2, 1), end=4)
    await task.commit_pending()
    bounded(monkeypatch, {"a": 4}, {"a": 4})
    assert (await bench.task().open())["a"] == 4


async def test_the_reset_that_was_accepted_is_in_order_from_the_next_commit_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounded(monkeypatch, {"a": 2}, {"a": 3})
    bench.broker.offsets["sum", 0, "a"] = 3
    accepted = bench.task(limits=Limits(is_reset_accepted=True))
    await accepted.open()
    accepted.apply("a", bench.given("a", b"8"))
    await accepted.commit_pending()
    bounded(monkeypatch, {"a": 2}, {"a": 4})
    assert (await bench.task().open())["a"] == 4
    meta = [record.value for record in bench.broker.records("sum-changelog") if record.key == META_KEY]
    assert Meta.decode(meta[-1] or b"").offsets == {"a": 4}
