"""Static membership: a restart in time moves nobody else's tasks, and a twin ends the one it replaces."""

import asyncio
from collections.abc import Callable

import pytest

from streams.kafka.death import EXIT_STATUS
from streams.settings import Settings
from tests.flow.processes import Worker
from tests.flow.traffic import Traffic

Start = Callable[[Settings], Worker]

pytestmark = pytest.mark.parametrize("broker", [pytest.param("kafka", marks=pytest.mark.kafka)], indirect=True)


def named(settings: Settings, name: str) -> Settings:
    # Longer than a restart takes on a busy machine: that is what static membership is for.
    return settings.model_copy(update={"instance_id": name, "session_timeout_seconds": 20.0})


async def test_a_restart_in_time_leaves_the_others_alone(settings: Settings, traffic: Traffic, start: Start) -> None:
    first, second = start(named(settings, "first")), start(named(settings, "second"))
    for worker in (first, second):
        await asyncio.to_thread(worker.until_ready)
    await traffic.publish(20)
    await traffic.settle()
    before = second.log.count("streams.kafka.runtime ready")
    await asyncio.to_thread(first.kill)
    await traffic.publish(20)
    await asyncio.to_thread(start(named(settings, "first")).until_ready)
    await traffic.settle()
    traffic.check()
    assert second.log.count("streams.kafka.runtime ready") == before


async def test_a_twin_ends_the_worker_whose_name_it_has(settings: Settings, traffic: Traffic, start: Start) -> None:
    first = start(named(settings, "twin"))
    await asyncio.to_thread(first.until_ready)
    second = start(named(settings, "twin"))
    publishing = asyncio.create_task(traffic.publish(200, pause_seconds=0.01))
    assert await asyncio.to_thread(first.wait) == EXIT_STATUS
    await publishing
    await traffic.settle()
    traffic.check()
    assert not second.has_ended()
