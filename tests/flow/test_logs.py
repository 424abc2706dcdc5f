"""A task's half of the log, straight on a broker: fencing, atomicity, and changelogs of every shape."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import RecordsToDelete

from streams.core.errors import CommitFailed, Fenced
from streams.core.meta import META_KEY, Meta
from streams.core.ports import Commit
from streams.core.records import Output
from streams.kafka.changelog import ChangelogReaders
from streams.kafka.clients import make_producer, make_reader
from streams.kafka.cluster import Cluster
from streams.kafka.names import Names
from streams.kafka.place import Place
from streams.kafka.tasklog import KafkaTaskLog, Tip, Warm
from streams.kafka.transactions import Transactions
from streams.settings import Settings
from streams.store import MemoryStore
from tests.flow.admin import admin_of
from tests.flow.counting import OUTPUT, SOURCES
from tests.flow.traffic import Traffic

on_kafka = pytest.mark.parametrize("broker", [pytest.param("kafka", marks=pytest.mark.kafka)], indirect=True)


@pytest.fixture
async def readers(settings: Settings) -> AsyncIterator[ChangelogReaders]:
    found = ChangelogReaders(lambda: make_reader(settings))
    yield found
    await found.close()


@pytest.fixture
async def cluster(settings: Settings) -> AsyncIterator[Cluster]:
    async with Cluster(settings.broker) as found:
        yield found


class Logs:
    """Makes logs of task 0 of the counting box, as workers one after the other would."""

    def __init__(self, settings: Settings, readers: ChangelogReaders, cluster: Cluster) -> None:
        self.names = Names.of(settings)
        self.place = Place("counting", 0, SOURCES, self.names)
        self._settings, self._readers, self._cluster = settings, readers, cluster
        self.made: list[KafkaTaskLog] = []

    def make(self, warm: Warm | None = None) -> KafkaTaskLog:
        log = KafkaTaskLog(
            self.place,
            lambda name: Transactions(make_producer(self._settings, name)),
            self._readers,
            lambda wanted: self._cluster.committed(self.names.group, wanted),
            warm,
        )
        self.made.append(log)
        return log


@pytest.fixture
async def logs(settings: Settings, readers: ChangelogReaders, cluster: Cluster) -> AsyncIterator[Logs]:
    found = Logs(settings, readers, cluster)
    yield found
    for log in found.made:
        await log.close()


def commit_at(offset: int, **changes: bytes) -> tuple[Commit, tuple[bytes, bytes]]:
    offsets = dict.fromkeys(SOURCES, offset)
    outputs = [Output(OUTPUT, 0, b"output at %d" % offset, b"0 0")]
    keyed = {key.encode(): value for key, value in changes.items()}
    return Commit(keyed, outputs, offsets), (META_KEY, Meta(offsets, 0).encode())


async def state_of(log: KafkaTaskLog) -> dict[bytes, bytes | None]:
    state: dict[bytes, bytes | None] = {}
    await log.read_changelog(state.__setitem__)
    return state


@on_kafka
async def test_a_new_owner_fences_the_old_one_before_it_reads(logs: Logs, traffic: Traffic) -> None:
    zombie = logs.make()
    await zombie.fence()
    await zombie.commit(*commit_at(10, a=b"old"))
    owner = logs.make()
    await owner.fence()
    with pytest.raises(Fenced):
        await zombie.commit(*commit_at(20, a=b"stale"))
    assert await owner.committed() == dict.fromkeys(SOURCES, 10)
    assert (await state_of(owner))[b"a"] == b"old"
    await owner.commit(*commit_at(30, a=b"new"))
    traffic.rounds = 0
    async with asyncio.timeout(10):
        while len(traffic.outputs) < 2:
            await traffic.read(100)
    assert set(traffic.outputs) == {b"output at 10", b"output at 30"}


@on_kafka
async def test_a_log_that_failed_commits_nothing_any_more(logs: Logs) -> None:
    log = logs.make()
    await log.fence()
    await log.close()
    with pytest.raises(CommitFailed):
        await log.commit(*commit_at(1))


@on_kafka
async def test_state_kept_across_a_rebalance_is_used_again_only_if_nobody_committed_since(logs: Logs) -> None:
    first = logs.make()
    await first.fence()
    await first.commit(*commit_at(10, a=b"1"))
    assert isinstance(first.tip, Tip)
    store = MemoryStore()
    store.put(b"a", b"kept")  # tells the kept state from the changelog's
    warm = Warm(store, first.tip)

    again = logs.make(warm)
    await again.fence()
    await again.committed()
    assert (await state_of(again))[b"a"] == b"kept"
    await again.commit(*commit_at(20, a=b"2"))

    stale = logs.make(warm)
    await stale.fence()
    await stale.committed()
    assert (await state_of(stale))[b"a"] == b"2"


@on_kafka
async def test_a_renewal_changes_nothing_but_keeps_the_id_known(logs: Logs) -> None:
    log = logs.make()
    await log.fence()
    await log.commit(*commit_at(10, a=b"1"))
    await log.renew()
    later = logs.make()
    await later.fence()
    assert await later.committed() == dict.fromkeys(SOURCES, 10)
    assert await state_of(later) == {b"a": b"1", META_KEY: Meta(dict.fromkeys(SOURCES, 10), 0).encode()}


async def test_an_empty_changelog_is_read_to_its_end(settings: Settings, readers: ChangelogReaders) -> None:
    async with asyncio.timeout(5):
        assert await readers.read(TopicPartition(Names.of(settings).changelog("counting"), 3), refuse) == 0


async def test_a_changelog_of_large_batches_and_tombstones_is_read_to_its_end(
    settings: Settings, readers: ChangelogReaders, traffic: Traffic
) -> None:
    changelog = TopicPartition(Names.of(settings).changelog("counting"), 0)
    for number in range(3):
        await send_batch(traffic.producer, changelog, [(b"%d" % i, b"%d" % number) for i in range(1000)])
    await send_batch(traffic.producer, changelog, [(b"%d" % i, None) for i in range(500)])
    state: dict[bytes, bytes | None] = {}
    assert await readers.read(changelog, state.__setitem__) == 3500
    assert sum(value == b"2" for value in state.values()) == 500
    assert sum(value is None for value in state.values()) == 500


@on_kafka
async def test_a_log_that_ends_in_what_nobody_may_read_is_read_to_its_end(
    settings: Settings, readers: ChangelogReaders
) -> None:
    """Commit markers lie between, an aborted transaction stands last, and the beginning is gone."""
    log = TopicPartition(Names.of(settings).topic(SOURCES[0]), 0)  # a changelog's beginning cannot be cut off
    producer = make_producer(settings, f"{settings.topic_prefix}writer")
    await producer.start()
    for value in (b"cut off", b"old", b"new"):
        async with producer.transaction():
            await producer.send_and_wait(log.topic, value, key=b"a", partition=0)
    await producer.begin_transaction()
    await producer.send_and_wait(log.topic, b"never", key=b"a", partition=0)
    await producer.abort_transaction()
    await producer.stop()
    await delete_before(settings, log, 2)
    seen: list[bytes | None] = []
    async with asyncio.timeout(10):
        await readers.read(log, lambda _, value: seen.append(value))
    assert seen == [b"old", b"new"]


@on_kafka
async def test_a_log_whose_records_are_all_gone_is_empty(
    settings: Settings, readers: ChangelogReaders, traffic: Traffic
) -> None:
    log = TopicPartition(Names.of(settings).topic(SOURCES[0]), 0)
    await traffic.producer.send_and_wait(log.topic, b"1", key=b"a", partition=0)
    await delete_before(settings, log, -1)
    async with asyncio.timeout(10):
        assert await readers.read(log, refuse) == 0


def refuse(key: bytes, value: bytes | None) -> None:
    raise AssertionError(f"nothing was expected, {key!r} came with {value!r}")


async def send_batch(producer: AIOKafkaProducer, tp: TopicPartition, rows: list[tuple[bytes, bytes | None]]) -> None:
    batch = producer.create_batch()
    for key, value in rows:
        if batch.append(key=key, value=value, timestamp=None) is None:
            await (await producer.send_batch(batch, tp.topic, partition=tp.partition))
            batch = producer.create_batch()
            batch.append(key=key, value=value, timestamp=None)
    await (await producer.send_batch(batch, tp.topic, partition=tp.partition))


async def delete_before(settings: Settings, tp: TopicPartition, offset: int) -> None:
    async with admin_of(settings) as admin:
        await admin.delete_records({tp: RecordsToDelete(offset)})
