"""A commit whose producer fails: at whichever call, with whatever error, it has failed, and nothing hides that."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Any, Final, cast

import pytest
from aiokafka import TopicPartition
from aiokafka import errors as kafka

from streams.core.errors import CommitFailed, Fenced, RecoveryFailed
from streams.core.meta import META_KEY
from streams.core.ports import Commit
from streams.core.records import Output
from streams.kafka.batches import Rows
from streams.kafka.names import Names
from streams.kafka.place import Place
from streams.kafka.tasklog import KafkaTaskLog
from streams.kafka.transactions import Transactions

CALLS: Final = ("join", "write", "end")
"""The steps of a commit, in order."""

FAILURES: Final = (
    kafka.TopicAuthorizationFailedError("out"),
    kafka.TransactionalIdAuthorizationFailed(),
    kafka.GroupAuthorizationFailedError(),
    kafka.MessageSizeTooLargeError(),
    kafka.KafkaTimeoutError(),
    kafka.KafkaConnectionError(),
    kafka.NotCoordinatorError(),
    kafka.CoordinatorNotAvailableError(),
    kafka.InvalidTxnState(),
    OSError("no route"),
)
FENCES: Final = (kafka.ProducerFenced(), kafka.InvalidProducerEpoch())
COMMIT: Final = Commit({b"c/s": b"1"}, [Output("out", 0, b"k", b"v"), Output("other", 1, b"k", b"v")], {"in": 7})


class Steps:
    """Transactions as far as a commit goes; one step of them fails."""

    def __init__(self, failing: str = "", failure: BaseException | None = None) -> None:
        self._failing, self._failure = failing, failure
        self.calls: list[str] = []
        self.written: dict[TopicPartition, int] = {}
        self.offsets: list[Mapping[TopicPartition, int]] = []

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if name == self._failing and self._failure is not None:
            raise self._failure

    async def start(self) -> None:
        self._called("start")

    async def stop(self) -> None:
        self._called("stop")

    async def join(self, partitions: Collection[TopicPartition], group: str) -> None:
        assert (len(partitions), group) == (3, "p.hub")
        self._called("join")

    async def write(self, rows: Rows, offsets: Mapping[TopicPartition, int]) -> None:
        self.offsets.append(offsets)
        self.written = {tp: len(records) for tp, records in rows.items()}
        self._called("write")

    async def end(self) -> None:
        self._called("end")


async def a_log(steps: Steps) -> KafkaTaskLog:
    place = Place("box", 0, ("in",), Names("p.", "hub"))
    log = KafkaTaskLog(place, lambda _: cast("Transactions", steps), cast("Any", None), cast("Any", None))
    await log.fence()
    return log


async def test_a_commit_takes_its_steps_in_order() -> None:
    steps = Steps()
    log = await a_log(steps)
    await log.commit(COMMIT, (META_KEY, b"m"))
    assert steps.calls == ["start", *CALLS]
    assert steps.written == {
        TopicPartition("p.hub-box-changelog", 0): 2, TopicPartition("p.out", 0): 1, TopicPartition("p.other", 1): 1
    }  # fmt: skip
    assert log.tip is not None
    assert log.tip.offsets == {"in": 7}
    assert steps.offsets == [{TopicPartition("p.in", 0): 7}]


async def test_offsets_are_committed_of_sources_that_moved_alone() -> None:
    steps = Steps()
    log = await a_log(steps)
    for offsets in ({"in": 7, "other": 2}, {"in": 7, "other": 3}, {"in": 8, "other": 3}, {"in": 8, "other": 3}):
        await log.commit(Commit(COMMIT.changes, COMMIT.outputs, offsets), (META_KEY, b"m"))
    first, other = TopicPartition("p.in", 0), TopicPartition("p.other", 0)
    assert steps.offsets == [{first: 7, other: 2}, {other: 3}, {first: 8}, {}]
    assert log.tip is not None
    assert log.tip.offsets == {"in": 8, "other": 3}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
async def test_a_call_that_fails_fails_the_commit(call: str, failure: Exception) -> None:
    steps = Steps(call, failure)
    log = await a_log(steps)
    with pytest.raises(CommitFailed, match="task box-0"):
        await log.commit(COMMIT, (META_KEY, b"m"))
    assert log.tip is None, "state that was not committed would be kept over a rebalance"
    if call != "end":
        assert "end" not in steps.calls


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("fence", FENCES, ids=lambda failure: type(failure).__name__)
async def test_a_fenced_producer_says_that_another_has_the_task(call: str, fence: Exception) -> None:
    log = await a_log(Steps(call, fence))
    with pytest.raises(Fenced, match="belongs to another worker"):
        await log.commit(COMMIT, (META_KEY, b"m"))


async def test_an_answer_that_does_not_come_is_no_commit() -> None:
    log = await a_log(Steps("end", asyncio.CancelledError()))
    with pytest.raises(asyncio.CancelledError):
        await log.commit(COMMIT, (META_KEY, b"m"))
    assert log.tip is None


@pytest.mark.parametrize("failure", FAILURES[:7], ids=lambda failure: type(failure).__name__)
async def test_an_id_that_may_not_be_used_is_a_failed_recovery(failure: Exception) -> None:
    with pytest.raises(RecoveryFailed, match="task box-0: no transactional producer"):
        await a_log(Steps("start", failure))


async def test_a_producer_that_starts_while_its_task_is_closed_is_stopped() -> None:
    may_start = asyncio.Event()

    class Slow(Steps):
        async def start(self) -> None:
            self._called("start")
            await may_start.wait()
            self._called("started")

    steps = Slow()
    place = Place("box", 0, ("in",), Names("p.", "hub"))
    log = KafkaTaskLog(place, lambda _: cast("Transactions", steps), cast("Any", None), cast("Any", None))
    fencing = asyncio.create_task(log.fence())
    await asyncio.sleep(0)
    await log.close()
    may_start.set()
    await fencing
    assert steps.calls == ["start", "stop", "started", "stop"]


async def test_a_task_that_was_closed_before_it_began_fences_nobody() -> None:
    steps = Steps()
    log = await a_log(steps)
    await log.close()
    steps.calls.clear()
    with pytest.raises(RecoveryFailed, match="is closed"):
        await log.fence()
    assert steps.calls == []


@pytest.mark.parametrize("failure", FAILURES[3:6], ids=lambda failure: type(failure).__name__)
async def test_closing_never_raises(failure: Exception) -> None:
    await (await a_log(Steps("stop", failure))).close()
