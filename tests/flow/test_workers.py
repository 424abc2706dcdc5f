"""Workers as processes, on both kinds of broker: every event applied once, whatever happens to a worker."""

import asyncio
import signal
from collections.abc import Callable

import pytest

from streams.settings import Settings
from tests.flow.counting import SOURCES
from tests.flow.processes import Worker
from tests.flow.traffic import Traffic

Start = Callable[[Settings], Worker]


async def ready(*workers: Worker, times: int = 1) -> None:
    for worker in workers:
        await asyncio.to_thread(worker.until_ready, times)


async def test_two_workers_apply_every_event_once(settings: Settings, traffic: Traffic, start: Start) -> None:
    tight = settings.model_copy(update={"in_flight_bytes": 65_536})  # congested all the time: paused and resumed
    workers = start(tight), start(tight)
    await ready(*workers)
    await traffic.publish(300)
    await traffic.settle()
    traffic.check()
    assert [await asyncio.to_thread(worker.stop) for worker in workers] == [0, 0]


async def test_a_killed_worker_loses_and_doubles_nothing(settings: Settings, traffic: Traffic, start: Start) -> None:
    first, second = start(settings), start(settings)
    await ready(first, second)
    publishing = asyncio.create_task(traffic.publish(400, pause_seconds=0.01))
    await asyncio.sleep(1.0)  # into the middle of the traffic
    first.kill()
    await ready(start(settings))
    await publishing
    await traffic.settle()
    traffic.check()
    assert not second.has_ended()


async def test_a_stopped_worker_has_committed_all_it_folded(settings: Settings, traffic: Traffic, start: Start) -> None:
    worker = start(settings)
    await ready(worker)
    await traffic.publish(100)
    await traffic.settle()
    publishing = asyncio.create_task(traffic.publish(200, pause_seconds=0.005))
    await asyncio.sleep(0.3)
    assert await asyncio.to_thread(worker.stop) == 0
    await publishing
    await ready(start(settings))
    await traffic.settle()
    traffic.check()
    if not settings.transactions:
        assert traffic.outputs.most_common(1)[0][1] == 1, "a graceful stop repeats nothing, transactions or not"


async def test_both_sources_of_a_task_are_committed_together(
    settings: Settings, traffic: Traffic, start: Start
) -> None:
    worker = start(settings)
    await ready(worker)
    await traffic.publish(50)
    await traffic.settle()
    assert await asyncio.to_thread(worker.stop) == 0
    events = 50 * len(traffic.keys)
    assert await traffic.committed() == dict.fromkeys(SOURCES, events)


@pytest.mark.kafka
@pytest.mark.parametrize("broker", ["kafka"], indirect=True)
async def test_a_worker_that_slept_through_its_session_writes_nothing_more(
    settings: Settings, traffic: Traffic, start: Start
) -> None:
    sleeper, other = start(settings), start(settings)
    await ready(sleeper, other)
    publishing = asyncio.create_task(traffic.publish(400, pause_seconds=0.01))
    await asyncio.sleep(0.5)
    sleeper.send(signal.SIGSTOP)
    await ready(other, times=other.log.count("streams.kafka.runtime ready") + 1)
    sleeper.send(signal.SIGCONT)
    await publishing
    await traffic.settle()
    traffic.check()
