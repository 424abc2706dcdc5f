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
SECOND_STEPS: Final = ["Produce", "TxnOffsetCommit", "EndTxn"]
"""Of the second version of transactions, in which what is written joins."""
NAMES: Final = {
    0: "Produce",
    18: "ApiVersions",
    24: "AddPartitionsToTxn",
    25: "AddOffsetsToTxn",
    26: "EndTxn",
    28: "TxnOffsetCommit",
}
VERSIONS: Final = {1: {key: (0, 3 if key == 18 else 7) for key in NAMES}, 2: dict.fromkeys(NAMES, (0, 13))}
"""What the broker can do, by API key, where it has the first or the second version of transactions in force."""
LEVELS: Final = {1: {}, 2: {2: b"\x02" + b"\x14transaction.version" + b"\x00\x02\x00\x02" + b"\x00"}}
BOTH: Final = [(1, step) for step in STEPS] + [(2, step) for step in SECOND_STEPS]


class Answer:
    """An answer as aiokafka reads one, with one error code wherever there is room for one."""

    producer_id = 5

    def __init__(self, code: int, topics: dict[str, list[int]], version: int, epoch: int) -> None:
        tags: list[dict[int, bytes]] = [{}] if version == 2 else []
        self.error_code, self.producer_epoch, self._levels = code, epoch, LEVELS[version]
        self.errors = [
            (topic, [(k, code, *tags) for k in found], *tags) for topic, found in (topics or {"t": [0]}).items()
        ]
        self.topics = [(topic, [(k, code, 0, *tags) for k in found], *tags) for topic, found in topics.items()]

    def get_item(self, name: str) -> dict[int, bytes]:
        assert name == "tags"
        return self._levels


class Broker:
    """Answers with no error, but for what a test has it answer; keeps what it was asked.

    Args:
        version: Of transactions, that the cluster has in force.
    """

    def __init__(self, version: int = 1) -> None:
        self.version, self.epoch = version, 1
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
        asked = request.prepare(VERSIONS[self.version])
        name = NAMES[asked.API_KEY]
        assert asked.encode()
        if name != "ApiVersions":
            self.asked.append(name)
        fault = next(iter(self.faults.get(name, [])), 0)
        if self.faults.get(name):
            self.faults[name].pop(0)
        topics: dict[str, list[int]] = {}
        if name == "Produce":
            for topic, found, *_ in asked.get_item("topics"):
                topics[topic] = [k for k, *_ in found]
                for k, data in [each[:2] for each in found]:
                    if fault in (0, kafka.DuplicateSequenceNumber.errno):
                        self.batches.append((TopicPartition(topic, k), DefaultRecordBatch(bytearray(data))))
        if name == "EndTxn" and not fault:
            self.epoch += 1

        async def answered() -> Answer:
            if isinstance(fault, Exception):
                raise fault
            return Answer(fault, topics, self.version, self.epoch)

        return answered()

    def close(self, reason: CloseReason) -> None:
        assert reason is CloseReason.CONNECTION_TIMEOUT
        self.asked.append("closed")


async def transactions(broker: Broker, batch_bytes: int = 1000) -> Transactions:
    class Manager:
        transactional_id, producer_id, producer_epoch = "id", 5, 1

    class Producer:
        client, _txn_manager = broker, Manager()
        create_batch: Callable[[], BatchBuilder] = staticmethod(
            lambda: BatchBuilder(batch_bytes, 0, is_transactional=True)
        )

        async def start(self) -> None:
            """Connect to nothing."""

    one = Transactions(cast("AIOKafkaProducer", Producer()), batch_bytes)
    await one.start()
    broker.places.clear()
    broker.looked_up = 0
    return one


async def commit(one: Transactions, rows: Any = None) -> None:
    rows = rows or ROWS
    await one.join(rows.keys(), "group")
    await one.write(rows, OFFSETS)
    await one.end()


async def test_a_commit_is_five_requests_of_which_offsets_stand_behind_the_batches_on_their_connection() -> None:
    broker = Broker()
    await commit(await transactions(broker))
    assert broker.asked == STEPS
    coordination, other = ConnectionGroup.COORDINATION, ConnectionGroup.DEFAULT
    assert broker.places == [(2, coordination), (2, coordination), (1, other), (2, other), (2, coordination)]
    assert {tp: batch.base_offset for tp, batch in broker.batches} == {LOG: 0, OUT: 0}


async def test_in_the_second_version_a_commit_is_three_requests_and_nothing_is_asked_before() -> None:
    broker = Broker(version=2)
    one = await transactions(broker)
    await commit(one)
    assert broker.asked == SECOND_STEPS
    coordination, other = ConnectionGroup.COORDINATION, ConnectionGroup.DEFAULT
    assert broker.places == [(1, other), (2, other), (2, coordination)]


async def test_in_the_second_version_each_commit_has_an_epoch_of_its_own_and_counts_from_0() -> None:
    broker = Broker(version=2)
    one = await transactions(broker)
    for _ in range(3):
        await commit(one)
    found = [(b.producer_id, b.producer_epoch, b.base_sequence) for tp, b in broker.batches if tp == OUT]
    assert found == [(5, 1, 0), (5, 2, 0), (5, 3, 0)]


@pytest.mark.parametrize("version", [1, 2])
async def test_without_offsets_none_are_committed(version: int) -> None:
    broker = Broker(version)
    one = await transactions(broker)
    await one.join(ROWS.keys(), "group")
    await one.write(ROWS, {})
    await one.end()
    assert "TxnOffsetCommit" not in broker.asked


async def test_batches_carry_the_producer_and_numbers_that_go_on_over_commits() -> None:
    broker = Broker()
    one = await transactions(broker)
    for _ in range(3):
        await commit(one)
    found = [(b.producer_id, b.producer_epoch, b.base_sequence) for tp, b in broker.batches if tp == OUT]
    assert found == [(5, 1, 0), (5, 1, 2), (5, 1, 4)]
    assert all(batch.is_transactional for _, batch in broker.batches)


async def test_after_the_last_number_comes_0() -> None:
    broker = Broker()
    one = await transactions(broker)
    one._sequences[OUT] = 2**31 - 2
    for _ in range(2):
        await commit(one)
    assert [batch.base_sequence for tp, batch in broker.batches if tp == OUT] == [2**31 - 2, 0]


async def test_more_than_a_batch_holds_goes_one_batch_after_the_other() -> None:
    broker = Broker()
    rows = {LOG: [Row(b"k", b"v" * 400) for _ in range(5)], OUT: [Row(b"k", b"v")]}
    await commit(await transactions(broker), rows)
    assert broker.asked.count("Produce") == 3
    assert broker.asked.count("TxnOffsetCommit") == 1
    assert [b.base_sequence for tp, b in broker.batches if tp == LOG] == [0, 2, 4]
    assert [b.base_sequence for tp, b in broker.batches if tp == OUT] == [0]


PASSING: Final = (
    kafka.ConcurrentTransactions, kafka.NotCoordinatorError, kafka.CoordinatorNotAvailableError,
    kafka.CoordinatorLoadInProgressError, kafka.NotLeaderForPartitionError, kafka.NotEnoughReplicasError,
)  # fmt: skip


@pytest.mark.parametrize(("version", "step"), BOTH)
@pytest.mark.parametrize("error", PASSING, ids=lambda error: error.__name__)
async def test_what_passes_is_tried_again_with_the_same_numbers(version: int, step: str, error: Any) -> None:
    broker = Broker(version)
    broker.faults[step] = [error.errno, error.errno]
    await commit(await transactions(broker))
    assert broker.asked.count(step) == 3
    assert sum(broker.asked.count(other) for other in STEPS) == (7 if version == 1 else 5), (
        "what went well is not asked again"
    )
    assert [batch.base_sequence for _, batch in broker.batches] == [0, 0]


@pytest.mark.parametrize(("version", "step"), BOTH)
@pytest.mark.parametrize("lost", [kafka.KafkaConnectionError("gone"), TimeoutError()], ids=["lost", "silent"])
async def test_a_lost_answer_is_asked_for_again_from_whoever_leads_now(
    version: int, step: str, lost: Exception
) -> None:
    broker = Broker(version)
    broker.faults[step] = [lost]
    await commit(await transactions(broker))
    assert broker.asked.count(step) == 2
    assert broker.refreshed == 1
    assert ("closed" in broker.asked) is isinstance(lost, TimeoutError)


async def test_a_batch_that_was_written_the_first_time_is_written() -> None:
    broker = Broker()
    broker.faults["Produce"] = [kafka.KafkaConnectionError("gone"), kafka.DuplicateSequenceNumber.errno]
    await commit(await transactions(broker))
    assert broker.asked.count("Produce") == 2


async def test_without_a_leader_the_cluster_is_asked() -> None:
    broker = Broker()
    broker.leader = -1
    await commit(await transactions(broker))
    assert broker.refreshed == 1


LASTING: Final = (
    kafka.InvalidProducerEpoch, kafka.InvalidTxnState, kafka.TopicAuthorizationFailedError,
    kafka.GroupAuthorizationFailedError, kafka.MessageSizeTooLargeError, kafka.OutOfOrderSequenceNumber,
)  # fmt: skip


@pytest.mark.parametrize(("version", "step"), BOTH)
@pytest.mark.parametrize("error", LASTING, ids=lambda error: error.__name__)
async def test_what_lasts_is_raised_and_nothing_is_committed(version: int, step: str, error: Any) -> None:
    broker = Broker(version)
    broker.faults[step] = [error.errno]
    with pytest.raises(error):
        await commit(await transactions(broker))
    assert broker.asked.count(step) == 1
    assert ("EndTxn" in broker.asked) is (step == "EndTxn")


async def test_the_partition_that_was_refused_is_named_not_those_left_alone_because_of_it() -> None:
    broker = Broker()
    one = await transactions(broker)
    with pytest.raises(kafka.TopicAuthorizationFailedError):
        await one._recover([kafka.OperationNotAttempted(), kafka.TopicAuthorizationFailedError("out")])


@pytest.mark.parametrize("step", SECOND_STEPS)
async def test_a_fence_is_known_by_the_code_that_kafka_has_for_it(step: str) -> None:
    broker = Broker(version=2)
    broker.faults[step] = [90]
    with pytest.raises(kafka.ProducerFenced):
        await commit(await transactions(broker))


async def test_an_error_that_is_not_known_is_told_by_its_code() -> None:
    broker = Broker(version=2)
    broker.faults["EndTxn"] = [120]
    with pytest.raises(kafka.UnknownError, match="code 120"):
        await commit(await transactions(broker))
