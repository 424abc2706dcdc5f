"""Batches that show late: nothing behind the gap is handed on before it closes, or is known not to close."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Collection, Iterable
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from faust.types import TP

from schemas import load
from streams.codec import Codec
from streams.core.fold import Box
from streams.core.ports import NullObserver
from streams.kafka import changelog, fetching
from streams.kafka.app import build_faust_app
from streams.kafka.changelog import ChangelogReaders
from streams.kafka.fetching import CLOSED, FetchThread
from streams.kafka.gapless import Gapless
from streams.memory.log import MemoryRecord
from streams.settings import load as settings_of

# ruff: noqa: SLF001 - aiokafka's private names, as the adapter uses them

TIMELINE = TopicPartition("timeline", 0)
GAP_LASTS = 200


def records(*offsets: int) -> list[MemoryRecord]:
    return [MemoryRecord("timeline", 0, offset, 0, b"%d" % offset, b"value") for offset in offsets]


def offsets(taken: Iterable[Any]) -> list[int]:
    return [record.offset for record in taken]


def test_what_follows_without_a_gap_is_handed_on_as_it_is() -> None:
    gapless, first, second = Gapless("timeline-0", 5), records(5, 6, 7), records(8)
    assert gapless.take(first) is first
    assert gapless.take(second) is second
    assert gapless.missing is None


def test_nothing_is_handed_on_while_the_gap_is_at_the_start() -> None:
    gapless = Gapless("timeline-0", 5)
    assert not gapless.take(records(7, 8))
    assert gapless.missing == 5
    assert offsets(gapless.take(records(5, 6, 7, 8))) == [5, 6, 7, 8]
    assert gapless.missing is None


def test_only_what_stands_before_a_gap_inside_is_handed_on() -> None:
    gapless = Gapless("timeline-0", 5)
    assert offsets(gapless.take(records(5, 6, 9, 10))) == [5, 6]
    assert gapless.missing == 7
    assert offsets(gapless.take(records(7, 9, 10))) == [7]
    assert gapless.missing == 8
    assert offsets(gapless.take(records(8, 9, 10))) == [8, 9, 10]
    assert gapless.missing is None


def test_a_gap_that_stays_is_passed_over_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    gapless = Gapless("timeline-0", 5)
    with caplog.at_level(logging.WARNING):
        for _ in range(GAP_LASTS):
            assert not gapless.take(records(7, 8))
        assert not caplog.records
        assert offsets(gapless.take(records(7, 8))) == [7, 8]
    assert [record.getMessage() for record in caplog.records] == [
        "going on without the offsets 5 to 6 of timeline-0: they do not come"
    ]
    assert gapless.missing is None
    assert offsets(gapless.take(records(9))) == [9]


def reads_until_passed(gapless: Gapless, *behind: int) -> int:
    count = 0
    while not gapless.take(records(*behind)):
        count += 1
    return count


def test_a_log_full_of_gaps_is_waited_for_less_and_less() -> None:
    gapless = Gapless("timeline-0", 0)
    waits = [reads_until_passed(gapless, offset) for offset in range(1, 41, 2)]
    assert waits[:3] == [200, 100, 50]
    assert not any(waits[8:])


def test_a_gap_that_closes_restores_the_patience() -> None:
    gapless = Gapless("timeline-0", 0)
    assert reads_until_passed(gapless, 1) == 200
    assert not gapless.take(records(3))
    assert gapless.take(records(2, 3))
    assert reads_until_passed(gapless, 5) == 200


def test_a_gap_behind_one_that_closed_is_waited_for_as_long() -> None:
    gapless = Gapless("timeline-0", 0)
    assert reads_until_passed(gapless, 1) == 200
    assert not gapless.take(records(3))
    assert offsets(gapless.take(records(2, 3, 5))) == [2, 3]
    assert reads_until_passed(gapless, 5) == 199


class LatePartition:
    """A partition as aiokafka's fetcher and consumers show it, of which some offsets show only at a later read.

    Args:
        end: Its high-water mark.
        late: In which read, from 1 on, an offset shows at last.
    """

    def __init__(self, end: int, late: dict[int, int]) -> None:
        self.end, self.late = end, late
        self.at, self.reads, self.seeks = 0, 0, list[int]()
        self._closed, self._fetcher, self._subscriptions = False, self, self
        self._records: OrderedDict[TopicPartition, Any] = OrderedDict()
        self._subscription = SimpleNamespace(subscription=SimpleNamespace(assignment=None))

    def fetch_context(self) -> Any:
        return nullcontext()

    async def fetched_records(self, *_: object, **__: object) -> dict[TopicPartition, list[MemoryRecord]]:
        self.reads += 1
        shown = [n for n in range(self.at, self.end) if self.reads >= self.late.get(n, 0)]
        self.at = shown[-1] + 1 if shown else self.at
        return {TIMELINE: records(*shown)} if shown else {}

    getmany = fetched_records

    def seek(self, _: TopicPartition, offset: int) -> None:
        self.seeks.append(offset)
        self.at = offset

    async def seek_to_beginning(self, *_: TopicPartition) -> None:
        self.at = next(n for n in range(self.end) if self.late.get(n, 0) == 0)

    def assign(self, _: Collection[TopicPartition]) -> None:
        """There is one."""

    def resume(self, *_: TopicPartition) -> None:
        """It flows."""

    async def start(self) -> None:
        """There is no connection."""

    stop = start

    def highwater(self, _: TopicPartition) -> int:
        return self.end

    last_stable_offset = highwater

    async def position(self, _: TopicPartition) -> int:
        return self.at


NEVER = 10**9


@pytest.fixture
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changelog, "REREAD_SECONDS", 0)
    monkeypatch.setattr(fetching, "REREAD_SECONDS", 0)


async def read_changelog(partition: LatePartition, *, is_gapless: bool = True) -> list[int]:
    seen: list[int] = []
    readers = ChangelogReaders(lambda: cast("AIOKafkaConsumer", partition), is_gapless=is_gapless)
    async with asyncio.timeout(5):
        assert await readers.read(TIMELINE, lambda key, _: seen.append(int(key))) == len(seen)
    return seen


@pytest.mark.usefixtures("_at_once")
@pytest.mark.parametrize("late", [{0: 3, 1: 3}, {4: 2, 5: 2}, {0: 2, 3: 4, 4: 3, 8: 9}])
async def test_a_changelog_whose_batches_show_late_is_read_whole_and_in_order(late: dict[int, int]) -> None:
    assert await read_changelog(LatePartition(10, late)) == list(range(10))


@pytest.mark.usefixtures("_at_once")
async def test_a_changelog_with_a_gap_that_stays_is_read_to_its_end(caplog: pytest.LogCaptureFixture) -> None:
    assert await read_changelog(LatePartition(6, {2: NEVER, 3: NEVER})) == [0, 1, 4, 5]
    assert "offsets 2 to 3 of timeline-0" in caplog.text


async def test_a_changelog_of_a_broker_with_transactions_may_have_gaps(caplog: pytest.LogCaptureFixture) -> None:
    partition = LatePartition(6, {0: NEVER, 2: NEVER})
    assert await read_changelog(partition, is_gapless=False) == [1, 3, 4, 5]
    assert partition.reads == 1
    assert not partition.seeks
    assert not caplog.records


def a_thread(partition: LatePartition, *, transactions: bool = False) -> FetchThread:
    boxes = [Box("customer", ("hub.timeline.v1",), cast("Any", None))]
    app = build_faust_app(settings_of(transactions=transactions), boxes, Codec(load()), NullObserver())
    consumer = SimpleNamespace(transport=SimpleNamespace(app=app), app=app, RebalanceListener=lambda _: None)
    thread = FetchThread(consumer, thread_loop=asyncio.get_running_loop())
    thread._consumer = partition
    return thread


async def fetch(thread: FetchThread, count: int) -> list[list[int]]:
    """Return the offsets that each of `count` fetches hands on."""
    fetched = [await thread._fetch({TP(*TIMELINE)}) for _ in range(count)]
    assert all(each.epoch == thread.epoch for each in fetched)
    return [offsets(each.records.get(TIMELINE, [])) for each in fetched]


@pytest.mark.usefixtures("_at_once")
@pytest.mark.parametrize("start", [None, 0])
async def test_a_worker_reads_what_shows_late_before_what_stands_behind(start: int | None) -> None:
    partition = LatePartition(6, {0: 2, 3: 4})
    thread = a_thread(partition)
    await thread._seek_all({TP(*TIMELINE): start})
    partition.seeks.clear()
    assert await fetch(thread, 5) == [[], [0, 1, 2], [], [3, 4, 5], []]
    assert partition.seeks == [0, 3, 3]


@pytest.mark.usefixtures("_at_once")
async def test_a_worker_goes_on_behind_a_gap_that_stays(caplog: pytest.LogCaptureFixture) -> None:
    thread = a_thread(LatePartition(6, {2: NEVER}))
    await thread._seek_all({TP(*TIMELINE): 1})
    handed_on = await fetch(thread, GAP_LASTS + 1)
    assert handed_on[0] == [1]
    assert not any(handed_on[1:-1])
    assert handed_on[-1] == [3, 4, 5]
    assert "offsets 2 to 2 of timeline-0" in caplog.text


async def test_a_fetch_after_a_revocation_seeks_nowhere() -> None:
    partition = LatePartition(6, {0: NEVER})
    thread = a_thread(partition)
    await thread._seek_all({TP(*TIMELINE): 0})
    partition.seeks.clear()
    thread.close_epoch()
    assert (await thread._fetch({TP(*TIMELINE)})).epoch == CLOSED
    assert not partition.seeks


@pytest.mark.usefixtures("_at_once")
async def test_a_new_seek_forgets_the_gap_of_the_one_before() -> None:
    partition = LatePartition(6, {0: NEVER})
    thread = a_thread(partition)
    await thread._seek_all({TP(*TIMELINE): 0})
    assert await fetch(thread, 1) == [[]]
    await thread._seek_all({TP(*TIMELINE): 4})
    assert await fetch(thread, 1) == [[4, 5]]


async def test_a_worker_with_transactions_passes_gaps_over() -> None:
    partition = LatePartition(6, {0: NEVER, 3: NEVER})
    thread = a_thread(partition, transactions=True)
    await thread._seek_all({TP(*TIMELINE): 0})
    assert await fetch(thread, 1) == [[1, 2, 4, 5]]
    assert partition.seeks == [0]
