"""A commit whose producer fails: at whichever call, with whatever error, it has failed, and nothing hides that."""

import asyncio
from typing import Any, Final, cast

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka import errors as kafka
from aiokafka.producer.message_accumulator import BatchBuilder

from streams.core.errors import CommitFailed, Fenced, RecoveryFailed
from streams.core.meta import META_KEY
from streams.core.ports import Commit
from streams.core.records import Output
from streams.kafka.names import Names
from streams.kafka.place import Place
from streams.kafka.tasklog import KafkaTaskLog

CALLS: Final = ("begin_transaction", "send_batch", "acknowledged", "send_offsets_to_transaction", "commit_transaction")
"""What a commit asks of aiokafka, in order; `acknowledged` is the future of a batch."""

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
    AssertionError("aiokafka asserts on a producer that failed before"),
    OSError("no route"),
)
FENCES: Final = (kafka.ProducerFenced(), kafka.InvalidProducerEpoch())
COMMIT: Final = Commit({b"c/s": b"1"}, [Output("out", 0, b"k", b"v"), Output("other", 1, b"k", b"v")], {"in": 7})


class Producer:
    """aiokafka's producer as far as a commit goes; one call of it fails."""

    def __init__(self, failing: str = "", failure: BaseException | None = None) -> None:
        self._failing, self._failure = failing, failure
        self.calls: list[str] = []
        self.written: list[TopicPartition] = []

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if name == self._failing and self._failure is not None:
            raise self._failure

    def create_batch(self) -> BatchBuilder:
        return BatchBuilder(1000, 0, is_transactional=True)

    async def start(self) -> None:
        self._called("start")

    async def stop(self) -> None:
        self._called("stop")

    async def begin_transaction(self) -> None:
        self._called("begin_transaction")

    async def send_batch(self, _: BatchBuilder, topic: str, *, partition: int) -> "asyncio.Future[None]":
        self._called("send_batch")
        self.written.append(TopicPartition(topic, partition))
        acknowledged: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._failing == "acknowledged" and topic.endswith("out") and self._failure is not None:
            acknowledged.set_exception(self._failure)
        else:
            acknowledged.set_result(None)
        return acknowledged

    async def send_offsets_to_transaction(self, offsets: object, group: str) -> None:
        assert (offsets, group) == ({TopicPartition("p.in", 0): 7}, "p.hub")
        self._called("send_offsets_to_transaction")

    async def commit_transaction(self) -> None:
        self._called("commit_transaction")


async def a_log(producer: Producer) -> KafkaTaskLog:
    place = Place("box", 0, ("in",), Names("p.", "hub"))
    log = KafkaTaskLog(place, lambda _: cast("AIOKafkaProducer", producer), cast("Any", None), cast("Any", None))
    await log.fence()
    return log


async def test_a_commit_takes_its_steps_in_order() -> None:
    producer = Producer()
    log = await a_log(producer)
    await log.commit(COMMIT, (META_KEY, b"m"))
    batches = ["send_batch"] * 3
    assert producer.calls == ["start", "begin_transaction", *batches, *CALLS[3:]]
    assert producer.written == [
        TopicPartition("p.hub-box-changelog", 0), TopicPartition("p.out", 0), TopicPartition("p.other", 1)
    ]  # fmt: skip
    assert log.tip is not None
    assert log.tip.offsets == {"in": 7}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
async def test_a_call_that_fails_fails_the_commit(call: str, failure: Exception) -> None:
    producer = Producer(call, failure)
    log = await a_log(producer)
    with pytest.raises(CommitFailed, match="task box-0"):
        await log.commit(COMMIT, (META_KEY, b"m"))
    assert log.tip is None, "state that was not committed would be kept over a rebalance"
    if call != "commit_transaction":
        assert "commit_transaction" not in producer.calls


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("fence", FENCES, ids=lambda failure: type(failure).__name__)
async def test_a_fenced_producer_says_that_another_has_the_task(call: str, fence: Exception) -> None:
    log = await a_log(Producer(call, fence))
    with pytest.raises(Fenced, match="belongs to another worker"):
        await log.commit(COMMIT, (META_KEY, b"m"))


async def test_an_answer_that_does_not_come_is_no_commit() -> None:
    log = await a_log(Producer("commit_transaction", asyncio.CancelledError()))
    with pytest.raises(asyncio.CancelledError):
        await log.commit(COMMIT, (META_KEY, b"m"))
    assert log.tip is None


@pytest.mark.parametrize("failure", FAILURES[:7], ids=lambda failure: type(failure).__name__)
async def test_an_id_that_may_not_be_used_is_a_failed_recovery(failure: Exception) -> None:
    with pytest.raises(RecoveryFailed, match="task box-0: no transactional producer"):
        await a_log(Producer("start", failure))


async def test_a_task_that_was_closed_before_it_began_fences_nobody() -> None:
    producer = Producer()
    log = await a_log(producer)
    await log.close()
    producer.calls.clear()
    with pytest.raises(RecoveryFailed, match="is closed"):
        await log.fence()
    assert producer.calls == []


@pytest.mark.parametrize("failure", FAILURES[3:6], ids=lambda failure: type(failure).__name__)
async def test_closing_never_raises(failure: Exception) -> None:
    await (await a_log(Producer("stop", failure))).close()
