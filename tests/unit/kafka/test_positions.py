"""A position that the broker has no more: nobody moves on from it unseen."""

# ruff: noqa: SLF001 - aiokafka's private names, as the adapter uses them

import asyncio
from collections import OrderedDict
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import OffsetResetStrategy
from aiokafka.consumer.subscription_state import SubscriptionState
from aiokafka.errors import TopicAuthorizationFailedError
from faust.types import TP

from schemas import load
from streams.codec import Codec
from streams.core.fold import Box
from streams.core.ports import NullObserver
from streams.kafka.app import HubApp, build_faust_app
from streams.kafka.fetching import FetchThread
from streams.kafka.transport import HubConsumer
from streams.settings import load as settings_of

READ, NEW = TP("hub.timeline.v1", 0), TP("hub.timeline.v1", 1)


class Consumer:
    """aiokafka's consumer as far as positions go: its own states of them, and a broker that answers at once."""

    def __init__(self, *partitions: TP) -> None:
        self._subscription = SubscriptionState()
        self._subscription.assign_from_user({TopicPartition(*tp) for tp in partitions})
        self.resumed: list[TopicPartition] = []
        self._closed = False

    def bring(self, records: dict[TP, list[str]]) -> None:
        """Have every fetch bring the same."""

        async def fetched(*_: object, **__: object) -> dict[TopicPartition, list[str]]:
            return {TopicPartition(*tp): found for tp, found in records.items()}

        self._fetcher = SimpleNamespace(
            _closed=False,
            _subscriptions=SimpleNamespace(fetch_context=nullcontext),
            fetched_records=fetched,
            _records=OrderedDict(),
        )

    def state(self, tp: TP) -> Any:
        return self._subscription.subscription.assignment.state_value(TopicPartition(*tp))

    def seek(self, tp: TopicPartition, offset: int) -> None:
        self._subscription.seek(tp, offset)

    async def seek_to_beginning(self, *partitions: TopicPartition) -> None:
        for tp in partitions:
            state = self.state(TP(*tp))
            state.await_reset(OffsetResetStrategy.EARLIEST)
            state.reset_to(5)

    def resume(self, *partitions: TopicPartition) -> None:
        self.resumed += partitions


def an_app() -> HubApp:
    boxes = [Box("customer", ("hub.timeline.v1",), cast("Any", None))]
    return build_faust_app(settings_of(), boxes, Codec(load()), NullObserver())


@pytest.fixture
async def lost() -> list[str]:
    return []


@pytest.fixture
async def thread(lost: list[str]) -> FetchThread:
    app = an_app()
    consumer = SimpleNamespace(transport=SimpleNamespace(app=app), app=app, RebalanceListener=lambda _: None)
    found = FetchThread(consumer, thread_loop=asyncio.get_running_loop())
    found._consumer = Consumer(READ, NEW)
    found.on_lost = lost.append
    return found


async def test_an_offset_that_is_gone_ends_the_worker_and_is_not_passed_over(
    thread: FetchThread, lost: list[str]
) -> None:
    await thread._seek_all({READ: 7})
    state = thread._consumer.state(READ)
    state.await_reset(OffsetResetStrategy.EARLIEST)  # as aiokafka does when the broker says: out of range
    assert lost == ["the broker has offset 7 of hub.timeline.v1-0 no more"]
    assert (state.position, state.paused) == (7, True)


async def test_a_beginning_is_asked_for_as_ever_again_and_again(thread: FetchThread, lost: list[str]) -> None:
    for _ in range(2):
        await thread._seek_all({READ: 7, NEW: None})
        assert thread._consumer.state(NEW).position == 5
    assert lost == []


async def test_a_position_after_a_revocation_is_nobody_s(thread: FetchThread, lost: list[str]) -> None:
    await thread._seek_all({READ: 7})
    thread.close_epoch()
    thread._consumer.state(READ).await_reset(OffsetResetStrategy.EARLIEST)
    assert lost == []


async def test_partitions_that_join_later_leave_those_that_flow_alone(thread: FetchThread) -> None:
    await thread._seek_all({READ: 7})
    epoch = thread.epoch
    thread._consumer.seek(TopicPartition(*READ), 9)  # it was read on
    assert await thread._seek_more({NEW: 3})
    states = [thread._consumer.state(tp).position for tp in (READ, NEW)]
    assert (states, thread.epoch) == ([9, 3], epoch)
    assert thread._consumer.resumed == [READ, NEW]


async def test_partitions_that_join_after_a_revocation_do_not_flow(thread: FetchThread) -> None:
    await thread._seek_all({READ: 7})
    thread.close_epoch()
    assert not await thread._seek_more({NEW: 3})
    assert thread._consumer.resumed == [READ]


async def test_what_was_fetched_of_a_partition_before_it_is_sought_is_not_handed_out(thread: FetchThread) -> None:
    """It would be dropped in part: a chunk while its task opens, and not the next one; a gap that nobody sees."""
    thread._consumer.bring({READ: ["a record"], NEW: ["a record"]})
    await thread._seek_all({READ: 7})
    assert set((await thread._fetch([READ, NEW])).records) == {READ}
    await thread._seek_more({NEW: 3})
    assert set((await thread._fetch([READ, NEW])).records) == {READ, NEW}


async def test_a_source_that_may_no_longer_be_read_ends_the_worker() -> None:
    app = an_app()
    said: list[str] = []
    app.runtime.die = said.append  # type: ignore[method-assign, assignment]  # a process ends but once

    class Refusing:
        async def fetch(self, _: object) -> None:
            raise TopicAuthorizationFailedError("hub.timeline.v1")

    consumer = SimpleNamespace(
        app=app, should_stop=False, flow_active=True, _get_active_partitions=lambda: {READ}, _thread=Refusing(),
        _deliver=None, consumer_stopped_errors=HubConsumer.consumer_stopped_errors,
    )  # fmt: skip
    await HubConsumer._drain_messages(cast("HubConsumer", consumer), SimpleNamespace(should_stop=False))
    assert said == ["reading failed: TopicAuthorizationFailedError('hub.timeline.v1')"]
