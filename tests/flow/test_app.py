"""The app is Faust's: its agents, tables and group are seen through Faust's own API and Kafka's."""

import asyncio
from collections.abc import Callable

import pytest

from streams.kafka.bypass import BypassRefused
from streams.kafka.names import Names
from streams.settings import Settings
from tests.flow import counting, installation, waking
from tests.flow.admin import admin_of
from tests.flow.processes import Worker
from tests.flow.traffic import Traffic

Start = Callable[[Settings], Worker]


async def group_of(settings: Settings) -> tuple[str, str, int]:
    """Return the group's state, its assignor's name and how many members it has."""
    async with admin_of(settings) as admin:
        (response,) = await admin.describe_consumer_groups([Names.of(settings).group])
    group = response.to_object()["groups"][0]
    return group["state"], group["protocol"], len(group["members"])


async def test_faust_lists_an_agent_and_a_table_for_every_box(settings: Settings) -> None:
    app = installation.app(settings)
    names = Names.of(settings)
    assert set(app.agents) == {"counting", "waking"}
    assert set(app.agents["counting"].channel.topics) == {names.topic(source) for source in counting.SOURCES}
    assert set(app.tables) == {"counting", "waking"}
    assert app.tables.changelog_topics == {names.changelog("counting"), names.changelog("waking")}
    assert app.conf.web_enabled is False


async def test_nothing_can_be_written_past_the_tasks_commit(settings: Settings) -> None:
    app = installation.app(settings)
    with pytest.raises(BypassRefused):
        app.tables["counting"]["key"] = b"value"
    with pytest.raises(BypassRefused):
        del app.tables["counting"]["key"]
    with pytest.raises(BypassRefused):
        await app.topic("anywhere").send(value=b"value")


async def test_the_group_uses_fausts_assignor_and_its_members_are_the_workers(settings: Settings, start: Start) -> None:
    workers = start(settings), start(settings)
    for worker in workers:
        await asyncio.to_thread(worker.until_ready)
    assignor = "faust" if settings.transactions else ""  # the embedded broker tells no group's protocol
    async with asyncio.timeout(20):
        while await group_of(settings) != ("Stable", assignor, 2):  # noqa: ASYNC110 - a broker has no event for it
            await asyncio.sleep(0.1)


async def test_a_tick_wakes_what_nothing_else_wakes(settings: Settings, traffic: Traffic, start: Start) -> None:
    names = Names.of(settings)
    worker = start(settings)
    await asyncio.to_thread(worker.until_ready)
    await traffic.producer.send_and_wait(names.topic(waking.SOURCE), b"300", key=b"sleeper", partition=0)
    traffic.subscribe(waking.OUTPUT)
    async with asyncio.timeout(15):
        while not traffic.outputs:
            await traffic.read(100)
    assert dict(traffic.outputs) == {b"sleeper": 1}
