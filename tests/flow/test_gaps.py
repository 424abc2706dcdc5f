"""Gaps in a source are legal: aborted transactions and commit markers take offsets that no reader sees."""

import asyncio
from collections.abc import Callable

import pytest

from streams.kafka.clients import make_producer
from streams.settings import Settings
from tests.flow.counting import SOURCES
from tests.flow.processes import Worker
from tests.flow.traffic import Traffic

Start = Callable[[Settings], Worker]


@pytest.mark.parametrize("broker", [pytest.param("kafka", marks=pytest.mark.kafka)], indirect=True)
async def test_offsets_that_no_reader_sees_are_passed_over_before_and_after_a_restart(
    settings: Settings, traffic: Traffic, start: Start
) -> None:
    worker = start(settings)
    await asyncio.to_thread(worker.until_ready)
    for _ in range(3):
        await publish_with_gaps(traffic, rounds=10)
    await traffic.settle()
    await asyncio.to_thread(worker.kill)
    await publish_with_gaps(traffic, rounds=10)
    await asyncio.to_thread(start(settings).until_ready)
    await publish_with_gaps(traffic, rounds=10)
    await traffic.settle()
    traffic.check()


async def publish_with_gaps(traffic: Traffic, rounds: int) -> None:
    """Publish in one committed transaction, with an aborted one before it."""
    producer = make_producer(traffic.settings, f"{traffic.settings.topic_prefix}upstream")
    await producer.start()
    await producer.begin_transaction()
    for topic in SOURCES:
        for key, partition in traffic.keys:
            await producer.send(traffic.names.topic(topic), b"999999", key=key, partition=partition)
    await producer.flush()
    await producer.abort_transaction()
    traffic.producer, plain = producer, traffic.producer
    async with producer.transaction():
        await traffic.publish(rounds)
    traffic.producer = plain
    await producer.stop()
