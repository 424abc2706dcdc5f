"""What Faust does that we rely on or work around: what fails with a new version, tells what to look at again."""

# ruff: noqa: SLF001 - its private parts are what is looked at

import asyncio
import inspect
import re
from types import SimpleNamespace
from typing import Any, cast

import faust
import pytest
from aiokafka.cluster import ClusterMetadata
from faust.assignor.partition_assignor import PartitionAssignor
from faust.tables.manager import TableManager
from faust.tables.recovery import Recovery
from faust.transport import consumer as transport
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from schemas import load
from streams.codec import Codec
from streams.core.fold import Box
from streams.core.ports import NullObserver
from streams.kafka.app import HubApp, build_faust_app
from streams.kafka.fetching import FetchThread
from streams.settings import load as settings_of


def stock(**settings: Any) -> faust.App:
    return faust.App("stock", broker="kafka://nobody:1", web_enabled=False, **settings)


def ours(*, transactions: bool = True) -> HubApp:
    box = Box("customer", ("hub.timeline.v1",), cast("Any", None))
    return build_faust_app(settings_of(transactions=transactions), [box], Codec(load()), NullObserver())


def test_an_exception_in_an_agent_acks_the_event() -> None:
    """So it is lost. We let none leave an agent: `Runtime.take` ends the process instead."""
    handed_on = inspect.getsource(faust.Stream._py_aiter).partition("yield value")[2]
    assert re.match(r"\s+finally:.*?do_ack.*?event\.ack\(", handed_on, re.DOTALL)
    assert "crash(exc)" in inspect.getsource(faust.Agent._execute_actor), "the agent starts anew, behind the event"


def test_defaults_that_hurt_are_still_the_defaults() -> None:
    """A killed worker's customers would wait a minute, and topics have one copy. We set every one of them."""
    conf, right = stock().conf, ours().conf
    assert (conf.broker_session_timeout, conf.topic_replication_factor, conf.topic_partitions) == (60.0, 1, 8)
    assert conf.web_enabled is False
    assert stock_web_is_on()
    assert right.broker_session_timeout == settings_of().session_timeout_seconds
    assert right.broker_max_poll_interval == 3600.0
    assert (right.web_enabled, right.topic_allow_declare, right.topic_disable_leader) == (False, False, True)


def stock_web_is_on() -> bool:
    return bool(faust.App("stock", broker="kafka://nobody:1").conf.web_enabled)


async def test_the_fetch_wait_is_hard_coded_and_ours_is_not() -> None:
    """A second and a half of waiting at the broker, and no setting for it: `FetchThread` sets it on the consumer."""
    assert "fetch_max_wait_ms=1500" in inspect.getsource(driver.AIOKafkaConsumerThread._create_worker_consumer)
    for transactions, wait, isolation in ((True, 500, "read_committed"), (False, 15, "read_uncommitted")):
        app = ours(transactions=transactions)
        theirs = SimpleNamespace(
            app=app, transport=app.transport, in_transaction=False, RebalanceListener=lambda _: None
        )
        thread = FetchThread(theirs, thread_loop=asyncio.get_running_loop())
        consumer = thread._create_worker_consumer(app.transport)
        assert (consumer._fetch_max_wait_ms, consumer._isolation_level) == (wait, isolation)
        await consumer.stop()


def test_recovery_can_be_replaced_by_the_table_manager_alone() -> None:
    """There is no setting for `Recovery`: `TaskTables` overrides the property that makes it."""
    assert isinstance(inspect.getattr_static(TableManager, "recovery"), property)
    assert isinstance(ours().tables.recovery, Recovery)
    assert not hasattr(stock().conf, "Recovery")
    for name in ("_restart_recovery", "_slurp_changelogs"):
        assert type(inspect.getattr_static(Recovery, name)).__name__ == "ServiceTask"
    for name in ("on_recovery_completed", "_set_recovery_started", "_wait", "signal_recovery_start", "_generation_id"):
        assert hasattr(Recovery, name) or name in inspect.getsource(Recovery)


@pytest.mark.parametrize(
    ("owner", "names"),
    [
        (transport.Consumer, ["_drain_messages", "perform_seek", "on_partitions_revoked", "on_stop", "flow_active"]),
        (transport.Consumer, ["verify_event_path", "pause_partitions", "resume_partitions", "_get_active_partitions"]),
        (driver.Consumer, ["_new_consumer_thread", "create_topic"]),
        (driver.AIOKafkaConsumerThread, ["_create_worker_consumer", "on_partitions_assigned", "on_thread_stop"]),
        (driver.Producer, ["send", "create_topic"]),
        (TableManager, ["_update_channels", "on_start"]),
        (faust.App, ["_create_directories"]),
        (faust.Worker, ["_schedule_shutdown", "_setproctitle"]),
    ],
)
def test_the_seams_that_we_override_are_there(owner: type, names: list[str]) -> None:
    """A method that was renamed would be overridden by nothing, without a word."""
    assert [name for name in names if not hasattr(owner, name)] == []


async def test_stock_recovery_never_ends_on_a_transactional_changelog() -> None:
    """Its last offset is a commit marker, which no reader gets. `ChangelogReaders` ends at the position instead."""
    recovery, tp = Recovery(ours(), ours().tables), TP("changelog", 0)

    class Highwaters:
        async def highwaters(self, *_: TP) -> dict[TP, int]:
            return {tp: 3}  # two records and the marker

    await recovery._build_highwaters(Highwaters(), {tp}, recovery.active_highwaters, "active")
    recovery.active_offsets[tp] = 1  # the second record, the last that ever comes
    assert recovery.need_recovery()


def co_assigned(partitions: dict[str, int], subscriptions: dict[str, list[str]]) -> set[frozenset[str]]:
    class Cluster(ClusterMetadata):  # type: ignore[misc]  # aiokafka has no types
        def partitions_for_topic(self, topic: str) -> set[int]:
            return set(range(partitions[topic]))

    groups = PartitionAssignor._get_copartitioned_groups(set(partitions), Cluster(), subscriptions)
    return {frozenset(topics) for groups_of in groups.values() for topics in groups_of}


def test_topics_are_co_assigned_only_with_equal_partitions_and_equal_subscribers() -> None:
    """So that partition k of all sources of a box comes to one worker, every worker subscribes to every topic."""
    everything = ["a", "b", "single"]
    counts = {"a": 4, "b": 4, "single": 1}
    assert co_assigned(counts, {"w1": everything, "w2": everything}) == {frozenset("ab"), frozenset({"single"})}
    assert co_assigned(counts, {"w1": everything, "w2": ["a", "single"]}) == {
        frozenset("a"), frozenset("b"), frozenset({"single"})
    }  # fmt: skip


def test_stock_offsets_are_those_of_acked_messages() -> None:
    """`_new_offset` counts acks up to the first gap. Ours never ack: only the tasks commit."""
    app = ours()
    assert [channel.acks for agent in app.agents.values() for channel in [agent.channel]] == [False]
    assert hasattr(transport.Consumer, "_new_offset")
