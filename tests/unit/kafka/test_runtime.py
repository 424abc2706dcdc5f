"""What the runtime does with chunks and failures, without a broker."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import pytest
from faust.types import TP

from schemas import load
from streams.codec import Codec
from streams.core.errors import CommitFailed, RecoveryFailed
from streams.core.fold import Box, Fold, FoldContext, Unit
from streams.core.ports import Commit, NullObserver, Put
from streams.core.records import Millis, Record
from streams.kafka.app import build_faust_app
from streams.kafka.assembly import limits_of
from streams.kafka.chunk import Chunk
from streams.kafka.fetching import CLOSED, FetchThread
from streams.kafka.owned import OwnedTask
from streams.kafka.runtime import Runtime
from streams.kafka.tasklog import Tip, Warm
from streams.memory.log import MemoryBroker, MemoryRecord, MemoryTaskLog
from streams.settings import load as settings_of
from streams.store import MemoryStore

SOURCE = "hub.timeline.v1"


class Listing:
    """A fold that remembers the offsets it was given, and raises at offset 13."""

    now: Millis = 0

    def __init__(self, _: FoldContext) -> None:
        self.offsets: list[int] = []

    def restored(self) -> None:
        """Nothing is derived."""

    def fold(self, topic: str, records: Sequence[Record], unit: Unit) -> None:  # noqa: ARG002 - the port's signature
        """Remember."""
        for record in records:
            if record.offset == 13:
                raise RuntimeError("a broken invariant")
            self.offsets.append(record.offset)

    def next_due(self) -> Millis | None:
        """No timers."""
        return None


def a_box(name: str = "customer", source: str = SOURCE) -> Box:
    def fold(context: FoldContext) -> Fold:
        return Listing(context)

    return Box(name, (source,), fold)


def a_runtime(box: Box | None = None) -> tuple[Runtime, list[FetchThread | None]]:
    deaths: list[FetchThread | None] = []
    runtime = Runtime(settings_of(topic_prefix="demo."), [box or a_box()], Codec(load()), load(), NullObserver())
    runtime.exit = deaths.append
    return runtime, deaths


def test_only_the_first_death_counts(caplog: pytest.LogCaptureFixture) -> None:
    runtime, deaths = a_runtime()
    with caplog.at_level(logging.CRITICAL):
        runtime.die("a commit failed")
        runtime.die("and what followed from it")
    assert len(deaths) == 1
    assert "a commit failed" in caplog.text
    assert "what followed" not in caplog.text
    assert runtime.standing.status().items() >= {"state": "dying", "is_ready": False, "tasks": []}.items()


def test_a_worker_that_has_joined_nothing_is_not_ready() -> None:
    runtime, _ = a_runtime()
    assert runtime.standing.status().items() >= {"state": "joining", "is_ready": False, "tasks": []}.items()


def test_a_survivor_hears_of_a_rebalance_within_a_twentieth_of_a_session() -> None:
    app = build_faust_app(settings_of(session_timeout_seconds=6), [a_box()], Codec(load()), NullObserver())
    assert app.conf.broker_heartbeat_interval == 0.3


def test_two_boxes_cannot_share_a_source_or_a_name() -> None:
    codec = Codec(load())
    with pytest.raises(ValueError, match="same topic"):
        build_faust_app(settings_of(), [a_box("one"), a_box("two")], codec, NullObserver())
    with pytest.raises(ValueError, match="same name"):
        build_faust_app(settings_of(), [a_box(), a_box(source="hub.identity.v1")], codec, NullObserver())


class Thread:
    """A consumer thread that fetches nothing."""

    epoch = CLOSED

    def __init__(self) -> None:
        self.pauses: list[tuple[int, bool]] = []
        self.sought: list[set[TP]] = []

    async def flow(self) -> None:
        """As Faust does when the streams resume."""
        self.epoch = 1

    async def seek_more(self, positions: Mapping[TP, int | None]) -> bool:
        self.sought.append(set(positions))
        return self.epoch != CLOSED

    def close_epoch(self) -> None:
        self.epoch = CLOSED

    def pause_in(self, epoch: int, _: object, *, is_paused: bool) -> None:
        self.pauses.append((epoch, is_paused))

    def lag_of(self, _: TP) -> int:
        return 3

    def silence_seconds(self) -> float | None:
        return None

    def pause_partitions(self, _: object) -> None:
        """Faust's half."""

    resume_partitions = pause_partitions


class Logs:
    """Logs in memory."""

    def __init__(self, *_: object) -> None:
        self.broker = MemoryBroker()
        self.warms: list[object] = []

    recovered = 0

    async def start(self) -> None:
        """Nothing to connect."""

    async def close(self) -> None:
        """Nothing is held."""

    rest = close

    def make(self, box: Box, partition: int, warm: object) -> MemoryTaskLog:
        self.warms.append(warm)
        return MemoryTaskLog(self.broker, box.name, partition, box.sources)


@dataclass
class Opened:
    """A runtime with task 0 open, on a thread that has sought once."""

    runtime: Runtime
    thread: Thread
    folds: list[Listing]
    deaths: list[FetchThread | None]

    def take(self, *offsets: int, epoch: int, partition: int = 0) -> None:
        records = [MemoryRecord(SOURCE, partition, offset, 0, b"k", b"v") for offset in offsets]
        self.runtime.take("customer", Chunk(TP(f"demo.{SOURCE}", partition), records, epoch))


ASSIGNED = [TP(f"demo.{SOURCE}", 0), TP("demo.hub-customer-changelog", 0)]


@pytest.fixture
async def opened(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Opened]:
    monkeypatch.setattr("streams.kafka.runtime.TaskLogs", Logs)
    folds: list[Listing] = []

    def fold(context: FoldContext) -> Fold:
        folds.append(Listing(context))
        return folds[-1]

    runtime, deaths = a_runtime(Box("customer", (SOURCE,), fold))
    thread = Thread()
    runtime.bind(cast("FetchThread", thread), thread)
    # A partition whose changelog is elsewhere makes no task.
    await runtime.open([*ASSIGNED, TP(f"demo.{SOURCE}", 1)], thread.flow)
    yield Opened(runtime, thread, folds, deaths)
    await runtime.stop()


async def test_a_task_opens_only_when_all_its_partitions_are_here(opened: Opened) -> None:
    assert set(opened.runtime.tasks) == {("customer", 0)}
    assert opened.runtime.positions() == {ASSIGNED[0]: None}
    task = {"box": "customer", "partition": 0, "state": "open", "lag": 3}
    assert opened.runtime.standing.status().items() >= {"state": "ready", "is_ready": True, "tasks": [task]}.items()


async def test_a_chunk_of_this_seek_is_folded_gaps_and_all(opened: Opened) -> None:
    opened.take(0, 1, 5, epoch=1)
    assert opened.folds[0].offsets == [0, 1, 5]


async def test_a_chunk_of_an_earlier_seek_is_dropped_since_what_lies_before_it_may_be_unread(opened: Opened) -> None:
    opened.thread.epoch = 2
    opened.take(7, epoch=1)
    assert opened.folds[0].offsets == []


async def test_nothing_is_folded_between_a_revocation_and_the_next_seek(opened: Opened) -> None:
    opened.thread.close_epoch()
    opened.take(7, epoch=CLOSED)
    opened.take(7, epoch=1)
    assert opened.folds[0].offsets == []


async def test_a_chunk_of_somebody_elses_task_is_dropped(opened: Opened) -> None:
    opened.take(7, epoch=1, partition=1)
    assert opened.folds[0].offsets == []


async def test_a_fold_that_raises_ends_the_worker_and_nothing_of_it_is_committed(opened: Opened) -> None:
    opened.take(12, 13, epoch=1)
    opened.take(14, epoch=1)
    assert len(opened.deaths) == 1
    assert opened.folds[0].offsets == [12]
    assert opened.runtime.state == "dying"


async def test_a_worker_on_its_way_out_opens_nothing_and_fences_nobody(opened: Opened) -> None:
    opened.runtime.die("a commit failed")
    await opened.runtime.close_for_rebalance()
    with pytest.raises(RecoveryFailed, match="the worker ends"):
        await opened.runtime.open(ASSIGNED, opened.thread.flow)
    assert len(opened.folds) == 1
    assert (opened.runtime.state, len(opened.deaths)) == ("dying", 1)


async def test_a_failed_commit_ends_the_worker(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise CommitFailed("refused")

    monkeypatch.setattr(MemoryTaskLog, "commit", fail)
    opened.take(1, epoch=1)
    async with asyncio.timeout(5):
        while not opened.deaths:  # noqa: ASYNC110 - the death is a callback of the runtime's own
            await asyncio.sleep(0.001)
    assert not any(task.is_open for task in opened.runtime.tasks.values())


async def test_a_revocation_commits_what_was_folded(opened: Opened) -> None:
    opened.take(1, 2, epoch=1)
    before = opened.runtime.revocations
    await opened.runtime.close_for_rebalance()
    assert opened.runtime.revocations == before + 1
    assert opened.runtime.tasks == {}
    await opened.runtime.open(ASSIGNED, opened.thread.flow)
    assert opened.runtime.positions() == {ASSIGNED[0]: 3}


def gated(monkeypatch: pytest.MonkeyPatch) -> tuple[asyncio.Event, asyncio.Event]:
    """Let a commit wait in its middle; return what says that it got there, and what lets it go on."""
    reached, go_on = asyncio.Event(), asyncio.Event()
    right = MemoryTaskLog.commit

    async def wait(self: MemoryTaskLog, commit: Commit, meta: tuple[bytes, bytes]) -> None:
        reached.set()
        await go_on.wait()
        await right(self, commit, meta)

    monkeypatch.setattr(MemoryTaskLog, "commit", wait)
    return reached, go_on


async def test_a_revocation_lets_the_commit_under_way_and_what_waits_behind_it_be_committed(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, go_on = gated(monkeypatch)
    opened.take(1, epoch=1)
    await reached.wait()
    opened.take(2, epoch=1)
    closing = asyncio.create_task(opened.runtime.close_for_rebalance())
    await asyncio.sleep(0.01)
    opened.take(3, epoch=1)  # revoked: not this worker's to fold any more
    go_on.set()
    await closing
    await opened.runtime.open(ASSIGNED, opened.thread.flow)
    assert opened.runtime.positions() == {ASSIGNED[0]: 3}
    assert not opened.deaths


async def test_a_revocation_forgets_what_does_not_commit_in_time(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, _ = gated(monkeypatch)
    monkeypatch.setattr("streams.kafka.runtime.REBALANCE_SHARE", 0.001)
    opened.take(1, epoch=1)
    await reached.wait()
    await opened.runtime.close_for_rebalance()
    assert opened.runtime.tasks == {}
    assert not opened.deaths
    await opened.runtime.open(ASSIGNED, opened.thread.flow)
    assert opened.runtime.positions() == {ASSIGNED[0]: None}


async def test_a_commit_that_fails_while_it_is_revoked_ends_nobody(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def fail(*_: object) -> None:
        reached.set()
        await go_on.wait()
        raise CommitFailed("refused")

    monkeypatch.setattr(MemoryTaskLog, "commit", fail)
    opened.take(1, epoch=1)
    await reached.wait()
    closing = asyncio.create_task(opened.runtime.close_for_rebalance())
    await asyncio.sleep(0.01)
    go_on.set()
    await closing
    assert not opened.deaths
    await opened.runtime.open(ASSIGNED, opened.thread.flow)
    assert opened.runtime.positions() == {ASSIGNED[0]: None}


async def test_a_commit_that_takes_too_long_ends_the_worker(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    gated(monkeypatch)
    limits = replace(limits_of(opened.runtime.settings), commit_timeout_seconds=0.01)
    monkeypatch.setattr(opened.runtime.tasks["customer", 0], "_limits", limits)
    opened.take(1, epoch=1)
    async with asyncio.timeout(5):
        while not opened.deaths:  # noqa: ASYNC110 - the death is a callback of the runtime's own
            await asyncio.sleep(0.001)


async def test_a_revocation_in_the_middle_of_a_recovery_leaves_nothing_open(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    await opened.runtime.close_for_rebalance()
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def wait(*_: object) -> int:
        reached.set()
        await go_on.wait()
        return 0

    with monkeypatch.context() as slow:
        slow.setattr(MemoryTaskLog, "read_changelog", wait)
        opening = asyncio.create_task(opened.runtime.open(ASSIGNED, opened.thread.flow))
        await reached.wait()
        revocations = opened.runtime.revocations
        await opened.runtime.close_for_rebalance()
        go_on.set()
        with pytest.raises(RecoveryFailed, match="closed while it opened"):
            await opening
    assert (opened.runtime.revocations, opened.runtime.tasks) == (revocations + 1, {})
    assert not opened.deaths
    await opened.runtime.open(ASSIGNED, opened.thread.flow)
    assert opened.runtime.tasks["customer", 0].is_open


async def test_an_opening_waits_until_the_one_before_it_has_let_go_of_its_connections(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    await opened.runtime.close_for_rebalance()
    reached, may_rest, seen = asyncio.Event(), asyncio.Event(), list[str]()

    async def wait(*_: object) -> int:
        seen.append("reads")
        reached.set()
        await asyncio.Event().wait()
        return 0

    async def rest(_: Logs) -> None:
        seen.append("lets go")
        await may_rest.wait()

    monkeypatch.setattr(Logs, "rest", rest)
    with monkeypatch.context() as slow:
        slow.setattr(MemoryTaskLog, "read_changelog", wait)
        first = asyncio.create_task(opened.runtime.open(ASSIGNED, opened.thread.flow))
        await reached.wait()
        await opened.runtime.close_for_rebalance()
        first.cancel()  # nobody waits for it
        reached.clear()
        second = asyncio.create_task(opened.runtime.open(ASSIGNED, opened.thread.flow))
        may_rest.set()
        await reached.wait()
        second.cancel()
        await asyncio.wait([first, second])
    assert seen == ["reads", "lets go", "reads", "lets go"]


@dataclass
class Half:
    """A runtime after a rebalance: task 0 was kept in memory, task 1 is read back, which takes until a test lets it."""

    opened: Opened
    opening: "asyncio.Task[None]"
    may_read: asyncio.Event
    flowed: list[set[TP]]


BOTH = [*ASSIGNED, TP(f"demo.{SOURCE}", 1), TP("demo.hub-customer-changelog", 1)]


@pytest.fixture
async def half(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> Half:
    runtime, thread = opened.runtime, opened.thread
    may_read, flows, flowed = asyncio.Event(), asyncio.Event(), list[set[TP]]()
    read = MemoryTaskLog.read_changelog

    async def wait(self: MemoryTaskLog, put: Put) -> int:
        if self._partition == 1:
            await may_read.wait()
        return await read(self, put)

    async def flow() -> None:
        flowed.append(set(runtime.positions()))
        await thread.flow()
        flows.set()

    async def close(*_: object) -> Warm:
        return Warm(MemoryStore(), Tip((b"", b""), {}))

    with monkeypatch.context() as closing:
        closing.setattr(OwnedTask, "close", close)
        await runtime.close_for_rebalance()
    monkeypatch.setattr(MemoryTaskLog, "read_changelog", wait)
    opening = asyncio.create_task(runtime.open(BOTH, flow))
    async with asyncio.timeout(5):
        await flows.wait()
        while not runtime.tasks["customer", 0].is_open:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0)
    await asyncio.sleep(0)
    return Half(opened, opening, may_read, flowed)


async def test_a_task_that_is_still_in_memory_flows_while_another_is_read_back(half: Half) -> None:
    runtime = half.opened.runtime
    assert (half.flowed, half.opened.thread.sought, runtime.state) == ([{ASSIGNED[0]}], [], "recovering")
    half.opened.take(0, epoch=1)
    await until(lambda: runtime.tasks["customer", 0].commits == 1)
    assert not runtime.tasks["customer", 1].is_open


async def test_a_task_that_was_read_back_joins_those_that_flow(half: Half) -> None:
    runtime = half.opened.runtime
    half.may_read.set()
    await half.opening
    assert (half.flowed, half.opened.thread.sought) == ([{ASSIGNED[0]}], [{BOTH[2]}])
    assert (runtime.state, set(runtime.positions())) == ("ready", {ASSIGNED[0], BOTH[2]})
    half.opened.take(0, epoch=1, partition=1)
    await until(lambda: runtime.tasks["customer", 1].commits == 1)


async def test_a_task_that_is_revoked_while_others_flow_is_not_fed(half: Half) -> None:
    runtime = half.opened.runtime
    half.opened.thread.close_epoch()
    await runtime.close_for_rebalance()
    half.may_read.set()
    with pytest.raises(RecoveryFailed, match="closed while it opened"):
        await half.opening
    assert (half.opened.thread.sought, runtime.state, half.opened.deaths) == ([], "recovering", [])


async def test_a_worker_that_ends_while_a_task_is_read_back_does_not_get_ready(half: Half) -> None:
    half.opened.runtime.die("a commit failed")
    half.may_read.set()
    await half.opening
    assert half.opened.runtime.state == "dying"
    assert not half.opened.runtime.tasks["customer", 0].is_open


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.001)


async def test_state_outlives_a_second_revocation_before_its_task_is_opened_again(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    warm = Warm(MemoryStore(), Tip((b"", b""), {}))

    async def close(*_: object) -> Warm:
        return warm

    with monkeypatch.context() as closing:
        closing.setattr(OwnedTask, "close", close)
        await opened.runtime.close_for_rebalance()
    await opened.runtime.close_for_rebalance()
    await opened.runtime.open(ASSIGNED, opened.thread.flow)
    logs = cast("Logs", opened.runtime._logs)  # noqa: SLF001 - it has no other way in
    assert logs.warms == [None, warm]


async def test_nobody_waits_for_the_collector_before_the_streams_flow(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    collected = asyncio.Event()
    monkeypatch.setattr("streams.collector.set_aside", collected.set)
    monkeypatch.setattr("streams.kafka.runtime._SET_ASIDE_SECONDS", 0.01)
    await opened.runtime.close_for_rebalance()
    await opened.runtime.open(ASSIGNED, opened.thread.flow)
    assert (opened.runtime.state, collected.is_set()) == ("ready", False)
    async with asyncio.timeout(5):
        await collected.wait()


async def test_a_worker_that_hears_nothing_from_a_broker_is_cut_off_and_says_so(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opened.thread, "silence_seconds", lambda: 9.0)
    assert opened.runtime.standing.status()["state"] == "ready"
    monkeypatch.setattr(opened.thread, "silence_seconds", lambda: 11.0)
    status = opened.runtime.standing.status()
    assert (status["state"], status["is_ready"]) == ("cut off", False)


async def test_a_brake_is_said_once(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    task = opened.runtime.tasks["customer", 0]
    monkeypatch.setattr(task, "apply", lambda *_: setattr(task, "is_braked", True))
    for offset in range(3):
        opened.take(offset, epoch=1)
    (line,) = [record for record in caplog.records if "braked" in record.message]
    assert (line.levelname, vars(line)["box"], vars(line)["partition"]) == ("ERROR", "customer", 0)
