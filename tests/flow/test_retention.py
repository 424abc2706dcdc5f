"""Records that retention took before they were read, and a source that was made anew: nobody goes on unasked."""

import asyncio
import signal
from collections.abc import Callable

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import NewTopic, RecordsToDelete

from streams.kafka.death import EXIT_STATUS
from streams.settings import Settings
from tests.flow.admin import admin_of
from tests.flow.counting import SOURCES
from tests.flow.processes import Worker
from tests.flow.test_gaps import publish_with_gaps
from tests.flow.traffic import Traffic

Start = Callable[[Settings], Worker]

pytestmark = pytest.mark.parametrize("broker", [pytest.param("kafka", marks=pytest.mark.kafka)], indirect=True)


async def ended(worker: Worker, *words: str) -> None:
    """Check that a worker ends with status 70 and says so."""
    assert await asyncio.to_thread(worker.wait) == EXIT_STATUS
    for word in words:
        assert word in worker.log


async def some(traffic: Traffic, worker: Worker) -> TopicPartition:
    """Let a worker commit something; return a partition of it."""
    await asyncio.to_thread(worker.until_ready)
    await traffic.publish(10)
    await traffic.settle()
    return TopicPartition(traffic.names.topic(SOURCES[0]), traffic.keys[0][1])


async def test_records_deleted_unread_end_the_worker_and_keep_the_next_from_opening(
    settings: Settings, traffic: Traffic, start: Start
) -> None:
    patient = settings.model_copy(update={"session_timeout_seconds": 20.0})
    worker = start(patient)
    tp = await some(traffic, worker)
    worker.send(signal.SIGSTOP)
    await asyncio.sleep(0.5)  # longer than a fetch waits at the broker: the worker has asked for nothing meanwhile
    await traffic.publish(10)
    async with admin_of(settings) as admin:
        await admin.delete_records({tp: RecordsToDelete(-1)})
    worker.send(signal.SIGCONT)
    await ended(worker, f"of {tp.topic}-{tp.partition} no more")
    await ended(start(patient), "were deleted before they were read", "--accept-reset")
    accepting = start(patient.model_copy(update={"accept_reset": True}))
    await asyncio.to_thread(accepting.until_ready)


async def test_a_source_made_anew_is_not_taken_for_known(settings: Settings, traffic: Traffic, start: Start) -> None:
    worker = start(settings)
    tp = await some(traffic, worker)
    assert await asyncio.to_thread(worker.stop) == 0
    async with admin_of(settings) as admin:
        await admin.delete_topics([tp.topic])
        await asyncio.sleep(1.0)
        await admin.create_topics([NewTopic(tp.topic, settings.partitions, 1)])
        await asyncio.sleep(0.5)
    await ended(start(settings), "was taken back or made anew", "--accept-reset")


async def test_what_was_read_may_be_deleted_though_a_transaction_s_marker_stands_behind_it(
    settings: Settings, traffic: Traffic, start: Start
) -> None:
    """The hub's own topics are written in transactions: the last offset of each is a marker, which nobody reads."""
    worker = start(settings)
    await asyncio.to_thread(worker.until_ready)
    await publish_with_gaps(traffic, rounds=10)
    await traffic.settle()
    assert await asyncio.to_thread(worker.stop) == 0
    partitions = [TopicPartition(traffic.names.topic(topic), k) for topic in SOURCES for k in range(4)]
    async with admin_of(settings) as admin:
        await admin.delete_records({tp: RecordsToDelete(-1) for tp in partitions})
    await asyncio.to_thread(start(settings).until_ready)
    await traffic.publish(10)
    await traffic.settle()
    traffic.check()
