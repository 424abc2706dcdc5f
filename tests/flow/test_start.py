"""Reasons not to start: one sentence, exit status 2, within seconds."""

import asyncio
from collections.abc import Callable

import pytest
from aiokafka.admin import NewPartitions

from streams.core.errors import StartRefused
from streams.kafka.names import Names
from streams.kafka.probe import free_port
from streams.kafka.provisioning import apply_topics, delete_topics, list_topics, verify_topics
from streams.kafka.run import check_start
from streams.kafka.topics import MissingTopic, OtherPartitions, OtherSetting
from streams.settings import Settings, load
from tests.builders.brokers import Broker
from tests.flow import installation
from tests.flow.admin import admin_of
from tests.flow.conftest import settings_on
from tests.flow.counting import SOURCES
from tests.flow.installation import BOXES, catalogue
from tests.flow.processes import Worker

Start = Callable[[Settings], Worker]
on_kafka = pytest.mark.parametrize("broker", [pytest.param("kafka", marks=pytest.mark.kafka)], indirect=True)
on_embedded = pytest.mark.parametrize("broker", [pytest.param("embedded", marks=pytest.mark.embedded)], indirect=True)


async def refusal(settings: Settings) -> str:
    """Return the sentence with which a worker refuses to start."""
    with pytest.raises(StartRefused) as refused:
        await check_start(installation.app(settings), settings)
    return str(refused.value)


async def test_a_worker_that_must_not_start_says_why_in_one_line_and_exits_with_2(broker: Broker, start: Start) -> None:
    worker = start(settings_on(broker))
    assert await asyncio.to_thread(worker.wait) == 2
    assert worker.log.splitlines()[-1].endswith("(and 6 more differences).")
    assert "Traceback" not in worker.log


async def test_a_missing_topic_is_named(broker: Broker) -> None:
    settings = settings_on(broker)
    changelog = Names.of(settings).changelog("counting")
    verdict = await verify_topics(settings, catalogue(), BOXES)
    assert MissingTopic(changelog) in verdict.differences
    assert all(topic.found is None for topic in await list_topics(settings, catalogue(), BOXES))
    assert "is missing; `hub topics apply` creates it" in await refusal(settings)


@on_kafka
async def test_another_partition_count_is_named(settings: Settings) -> None:
    topic = Names.of(settings).topic(SOURCES[0])
    async with admin_of(settings) as admin:
        await admin.create_partitions({topic: NewPartitions(5)})
    async with asyncio.timeout(10):
        while not (await verify_topics(settings, catalogue(), BOXES)).differences:  # noqa: ASYNC110 - nor for that
            await asyncio.sleep(0.1)
    assert (await verify_topics(settings, catalogue(), BOXES)).differences == [OtherPartitions(topic, 4, 5)]
    assert "has 5 partitions instead of 4" in await refusal(settings)


async def test_another_retention_is_a_difference(settings: Settings) -> None:
    other = settings.model_copy(update={"retention": "unlimited"})
    verdict = await verify_topics(other, catalogue(), BOXES)
    assert OtherSetting(Names.of(settings).topic(SOURCES[0]), "retention.ms", "-1", "604800000") in verdict.differences


async def test_applying_twice_changes_nothing_and_deleting_takes_all(settings: Settings) -> None:
    again = await apply_topics(settings, catalogue(), BOXES)
    assert (again.differences, again.created) == ([], [])
    assert len(await delete_topics(settings)) == len(catalogue().topics) + len(BOXES)
    assert len((await verify_topics(settings, catalogue(), BOXES)).differences) == 7


@on_embedded
async def test_transactions_on_a_broker_without_them_are_refused(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = settings.model_copy(update={"transactions": True})
    assert "has no transactions; HUB_TRANSACTIONS=false" in await refusal(wrong)
    assert not caplog.records  # the sentence is all that is said


async def test_an_unreachable_broker_is_named_within_seconds() -> None:
    address = f"127.0.0.1:{free_port()}"
    async with asyncio.timeout(10):
        assert f"no Kafka broker answers at {address}" in await refusal(load(broker=address))


async def test_only_a_prefix_can_be_deleted(broker: Broker) -> None:
    with pytest.raises(ValueError, match="prefix"):
        await delete_topics(settings_on(broker).model_copy(update={"topic_prefix": ""}))
