"""A commit over aiokafka's connections: its requests in their order, what passes tried again, what lasts raised."""

# ruff: noqa: SLF001 - requests have no public parts, and numbers do not run out in a test

from collections.abc import Callable
from typing import Any, Final, cast

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka import errors as kafka
from aiokafka.client import ConnectionGroup
from aiokafka.conn import CloseReason
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.default_records import DefaultRecordBatch

from streams.kafka.batches import Row
from streams.kafka.transactions import Transactions

LOG, OUT = TopicPartition("log", 0), TopicPartition("out", 3)
OFFSETS: Final = {TopicPartition("in", 0): 7}
ROWS: Final = {LOG: [Row(b"k", b"v")], OUT: [Row(b"k", b"1"), Row(b"k", b"2")]}
STEPS: Final = ["AddPartitionsToTxn", "AddOffsetsToTxn", "Produce", "TxnOffsetCommit", "EndTxn"]


class Answer:
    """An answer as aiokafka reads one, with one error code wherever there is room for one."""

    def __init__(self, code: int, topics: dict[str, list[int]] | None = None) -> None:
        self.error_code = code
        self.errors = [(topic, [(k, code) for k in found]) for topic, found in (topics or {"t": [0]}).items()]
        self.topics = [(topic, [(k, code, 0) for k in found]) for topic, found in (topics or {}).items()]


class Broker:
    """Answers with no error, but for what a test has it answer; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.batches: list[tuple[TopicPartition, DefaultRecordBatch]] = []
        self.faults: dict[str, list[int | Exception]] = {}
        self.places: list[tuple[int, ConnectionGroup]] = []
        self.looked_up = self.refreshed = 0
        self.leader = 1

    # the client of aiokafka

    @property
    def cluster(self) -> "Broker":
        return self

    def leader_for_partition(self, _: TopicPartition) -> int:
        return self.leader

    def add_topic(self, _: str) -> None:
        pass

    async def _wait_on_metadata(self, _: str) -> None:
        pass

    async def force_metadata_update(self) -> None:
        self.refreshed += 1
        self.leader = 1

    async def coordinator_lookup(self, *_: object) -> int:
        self.looked_up += 1
        return 2

    async def _get_conn(self, node: int, *, group: ConnectionGroup) -> "Broker | None":
        self.places.append((node, group))
        return self

    # its connection

    def send(self, request: Any) -> Any:
        name = type(request).__name__.removesuffix("Request")
        self.asked.append(name)
        fault = next(iter(self.faults.get(name, [])), 0)
        if self.faults.get(name):
            self.faults[name].pop(0)
        topics: dict[str, list[int]] = {}
        if name == "Produce":
            for topic, found in request._topics:
                topics[topic] = [k for k, _ in found]
                for k, data in found:
                    if fault in (0, kafka.DuplicateSequenceNumber.errno):
                        self.batches.append((TopicPartition(topic, k), DefaultRecordBatch(bytearray(data))))

        async def answered() -> Answer:
            if isinstance(fault, Exception):
                raise fault
            return Answer(fault, topics)

        return answered()

    def close(self, reason: CloseReason) -> None:
        assert reason is CloseReason.CONNECTION_TIMEOUT
        self.asked.append("closed")


def transactions(broker: Broker, batch_bytes: int = 1000) -> Transactions:
    class Manager:
        transactional_id, producer_id, producer_epoch = "id", 5, 1

    class Producer:
        client, _txn_manager = broker, Manager()
        create_batch: Callable[[], BatchBuilder] = staticmethod(
            lambda: BatchBuilder(batch_bytes, 0, is_transactional=True)
        )

    return Transactions(cast("AIOKafkaProducer", Producer()))


async def commit(one: Transactions, rows: Any = None) -> None:
    rows = rows or ROWS
    await one.join(rows.keys(), "group")
    await one.write(rows, OFFSETS)
    await one.end()


async def test_a_commit_is_five_requests_of_which_offsets_stand_behind_the_batches_on_their_connection() -> None:
    broker = Broker()
    await commit(transactions(broker))
    assert broker.asked == STEPS
    coordination, other = ConnectionGroup.COORDINATION, ConnectionGroup.DEFAULT
    assert broker.places == [(2, coordination), (2, coordination), (1, other), (2, other), (2, coordination)]
    assert {tp: batch.base_offset for tp, batch in broker.batches} == {LOG: 0, OUT: 0}


async def test_batches_carry_the_producer_and_numbers_that_go_on_over_commits() -> None:
    broker = Broker()
    one = transactions(broker)
    for _ in range(3):
        await commit(one)
    found = [(b.producer_id, b.producer_epoch, b.base_sequence) for tp, b in broker.batches if tp == OUT]
    assert found == [(5, 1, 0), (5, 1, 2), (5, 1, 4)]
    assert all(batch.is_transactional for _, batch in broker.batches)


async def test_after_the_last_number_comes_0() -> None:
    broker = Broker()
    one = transactions(broker)
    one._sequences[OUT] = 2**31 - 2
    for _ in range(2):
        await commit(one)
    assert [batch.base_sequence for tp, batch in broker.batches if tp == OUT] == [2**31 - 2, 0]


async def test_more_than_a_batch_holds_goes_one_batch_after_the_other() -> None:
    broker = Broker()
    rows = {LOG: [Row(b"k", b"v" * 400) for _ in range(5)], OUT: [Row(b"k", b"v")]}
    await commit(transactions(broker), rows)
    assert broker.asked.count("Produce") == 3
    assert broker.asked.count("TxnOffsetCommit") == 1
    assert [b.base_sequence for tp, b in broker.batches if tp == LOG] == [0, 2, 4]
    assert [b.base_sequence for tp, b in broker.batches if tp == OUT] == [0]


PASSING: Final = (
    kafka.ConcurrentTransactions, kafka.NotCoordinatorError, kafka.CoordinatorNotAvailableError,
    kafka.CoordinatorLoadInProgressError, kafka.NotLeaderForPartitionError, kafka.NotEnoughReplicasError,
)  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("error", PASSING, ids=lambda error: error.__name__)
async def test_what_passes_is_tried_again_with_the_same_numbers(step: str, error: Any) -> None:
    broker = Broker()
    broker.faults[step] = [error.errno, error.errno]
    await commit(transactions(broker))
    assert broker.asked.count(step) == 3
    assert sum(broker.asked.count(other) for other in STEPS) == 7, "what went well is not asked again"
    assert [batch.base_sequence for _, batch in broker.batches] == [0, 0]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("lost", [kafka.KafkaConnectionError("gone"), TimeoutError()], ids=["lost", "silent"])
async def test_a_lost_answer_is_asked_for_again_from_whoever_leads_now(step: str, lost: Exception) -> None:
    broker = Broker()
    broker.faults[step] = [lost]
    await commit(transactions(broker))
    assert broker.asked.count(step) == 2
    assert broker.refreshed == 1
    assert ("closed" in broker.asked) is isinstance(lost, TimeoutError)


async def test_a_batch_that_was_written_the_first_time_is_written() -> None:
    broker = Broker()
    broker.faults["Produce"] = [kafka.KafkaConnectionError("gone"), kafka.DuplicateSequenceNumber.errno]
    await commit(transactions(broker))
    assert broker.asked.count("Produce") == 2


async def test_without_a_leader_the_cluster_is_asked() -> None:
    broker = Broker()
    broker.leader = -1
    await commit(transactions(broker))
    assert broker.refreshed == 1


LASTING: Final = (
    kafka.InvalidProducerEpoch, kafka.InvalidTxnState, kafka.TopicAuthorizationFailedError,
    kafka.GroupAuthorizationFailedError, kafka.MessageSizeTooLargeError, kafka.OutOfOrderSequenceNumber,
)  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("error", LASTING, ids=lambda error: error.__name__)
async def test_what_lasts_is_raised_and_nothing_is_committed(step: str, error: Any) -> None:
    broker = Broker()
    broker.faults[step] = [error.errno]
    with pytest.raises(error):
        await commit(transactions(broker))
    assert broker.asked.count(step) == 1
    assert ("EndTxn" in broker.asked) is (step == "EndTxn")


async def test_the_partition_that_was_refused_is_named_not_those_left_alone_because_of_it() -> None:
    broker = Broker()
    one = transactions(broker)
    with pytest.raises(kafka.TopicAuthorizationFailedError):
        await one._recover([kafka.OperationNotAttempted(), kafka.TopicAuthorizationFailedError("out")])
