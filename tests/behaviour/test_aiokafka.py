"""What aiokafka does that we rely on or work around, as far as no broker is needed to see it."""

# ruff: noqa: SLF001 - its private parts are what is looked at

import inspect
from typing import Any, cast

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition, client, conn
from aiokafka.consumer import fetcher
from aiokafka.consumer.subscription_state import SubscriptionState, TopicPartitionState
from aiokafka.errors import ConsumerStoppedError, KafkaError
from aiokafka.producer import message_accumulator, producer, sender, transaction_manager
from aiokafka.producer.transaction_manager import TransactionManager
from aiokafka.protocol.transaction import TxnOffsetCommitRequest_v0

TP = TopicPartition("in", 0)


def test_a_commit_takes_a_request_after_the_other() -> None:
    """One at a time of those to the coordinators, batches beside them: six round trips. `Transactions` takes three."""
    source = inspect.getsource(sender.Sender._maybe_do_transactional_request)
    steps = ("_do_add_partitions_to_txn", "_do_add_offsets_to_txn", "_do_txn_offset_commit", "_do_txn_commit")
    assert [source.index(step) for step in steps] == sorted(source.index(step) for step in steps)
    assert "if txn_task is None or txn_task.done()" in inspect.getsource(sender.Sender._sender_routine)


async def test_sequence_numbers_become_negative() -> None:
    """Kafka goes on with 0 behind the largest and refuses others. `Transactions` counts its own."""
    manager = TransactionManager("id", 1000)
    manager.increment_sequence_number(TP, 2**31 - 1)
    manager.increment_sequence_number(TP, 1)
    assert manager.sequence_number(TP) < 0


def test_offsets_of_a_transaction_do_not_carry_the_group_s_generation() -> None:
    """So a member that lost its partitions could commit them: the fence is the transactional id, one for each task."""
    names = TxnOffsetCommitRequest_v0.SCHEMA.names
    assert "transactional_id" in names
    assert not {"generation_id", "member_id"} & set(names)
    assert "TxnOffsetCommitRequest_v3" not in dir(inspect.getmodule(TxnOffsetCommitRequest_v0))


@pytest.mark.parametrize("committed", [None, 0])
async def test_seek_to_committed_does_not_seek_at_none_or_0(committed: int | None) -> None:
    """It goes on where it was. We seek by the tasks' own positions, a beginning by `seek_to_beginning`."""
    subscription = SubscriptionState()
    subscription.assign_from_user({TP})
    seeks: list[int] = []

    class Consumer:
        _subscription = subscription
        _fetcher = type("Fetcher", (), {"seek_to": staticmethod(lambda _, offset: seeks.append(offset))})

        async def committed(self, _: TopicPartition) -> int | None:
            return committed

    assert await AIOKafkaConsumer.seek_to_committed(cast("Any", Consumer()), TP) == {TP: committed}
    assert seeks == []


async def test_a_fenced_producer_can_neither_abort_nor_begin() -> None:
    """Both raise a bare AssertionError, which says nothing. A log that failed is never used again."""
    manager = TransactionManager("id", 1000)
    manager.set_pid_and_epoch(1, 0)
    manager.begin_transaction()
    manager.fatal_error(KafkaError())
    assert isinstance(manager._transaction_waiter.exception(), KafkaError)
    for step in (manager.aborting_transaction, manager.begin_transaction, manager.committing_transaction):
        with pytest.raises(AssertionError, match="Invalid state transition"):
            step()


async def test_a_position_out_of_range_is_reset_by_the_partition_s_own_state() -> None:
    """To the beginning, with a line in the log: what retention took would be passed over. `FetchThread` guards it."""
    assert "tp_state.await_reset(self._default_reset_strategy)" in inspect.getsource(fetcher.Fetcher)
    subscription = SubscriptionState()
    subscription.assign_from_user({TP})
    state = subscription.subscription.assignment.state_value(TP)
    assert isinstance(state, TopicPartitionState)
    assert "await_reset" not in vars(state), "it is the class's, and ours stands before it"
    state.seek(7)
    assert (state.has_valid_position, state.position, state.paused) == (True, 7, False)


def test_an_empty_set_of_partitions_means_all_of_them() -> None:
    """So while all tasks are held back, nothing is asked for at all."""
    assert "if partitions and tp not in partitions" in inspect.getsource(fetcher.Fetcher.fetched_records)


def test_the_fetcher_looks_after_a_timeout_and_knows_no_rack() -> None:
    """`FetchThread` makes the one longer and the way to a leader shorter."""
    source = inspect.getsource(fetcher.Fetcher)
    assert "backoff = self._fetcher_timeout" in source
    assert "node_id = self._select_read_replica(tp)" in source
    assert inspect.signature(fetcher.Fetcher).parameters["client_rack"].default is None


def test_a_stopped_consumer_is_no_kafka_error() -> None:
    """`HubConsumer` tells an end that was asked for from a refusal of the broker by it."""
    assert not issubclass(ConsumerStoppedError, KafkaError)


@pytest.mark.parametrize(
    ("owner", "names"),
    [
        (fetcher, ["PartitionRecords", "FetchResult", "MemoryRecords"]),
        (fetcher.FetchResult, ["getall", "check_assignment", "_update_position"]),
        (fetcher.Fetcher, ["fetched_records", "_select_read_replica"]),
        (message_accumulator.BatchBuilder, ["append", "close", "size"]),
        (producer.AIOKafkaProducer, ["create_batch", "send_batch"]),
        (client.AIOKafkaClient, ["_get_conn", "_wait_on_metadata", "coordinator_lookup", "force_metadata_update"]),
        (conn.AIOKafkaConnection, ["send", "close"]),
        (message_accumulator.BatchBuilder, ["_set_producer_state", "_build"]),
        (TransactionManager, ["producer_id", "producer_epoch"]),
        (transaction_manager, ["TransactionState"]),
    ],
)
def test_the_private_parts_that_we_use_are_there(owner: Any, names: list[str]) -> None:
    """See `streams/kafka/light.py`, `batches.py`, `fetching.py`, `transactions.py`."""
    assert [name for name in names if not hasattr(owner, name)] == []
