"""What aiokafka and the brokers do together that we rely on or work around. Each test says what we do about it."""

# ruff: noqa: SLF001 - aiokafka's private names, as the adapter uses them

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, ProducerFenced

from streams.kafka.sessions import FetchSessions
from tests.builders.brokers import Broker

on_kafka = pytest.mark.kafka
LIMIT_SECONDS = 5.0


class Stage:
    """One partition on a broker, and clients that are stopped at the end."""

    def __init__(self, broker: str, stack: AsyncExitStack) -> None:
        self.broker, self._stack = broker, stack
        self.topic = f"behaviour-{uuid.uuid4().hex[:12]}"
        self.group, self.tp = f"{self.topic}-group", TopicPartition(self.topic, 0)

    async def begin(self) -> None:
        self.admin = AIOKafkaAdminClient(bootstrap_servers=self.broker)
        await self.admin.start()
        self._stack.push_async_callback(self.admin.close)
        await self.admin.create_topics([NewTopic(self.topic, 1, 1)])
        await asyncio.sleep(0.3)  # its leader comes

    async def end(self) -> None:
        await self.admin.delete_topics([self.topic])

    async def producer(self, name: str | None = "", **settings: Any) -> AIOKafkaProducer:
        """Start a producer, a transactional one unless its name is None."""
        transactional_id = None if name is None else f"{self.topic}{name}"
        found = AIOKafkaProducer(
            bootstrap_servers=self.broker, transactional_id=transactional_id, retry_backoff_ms=20, **settings
        )
        await found.start()
        self._stack.push_async_callback(stopped, found)
        return found

    async def consumer(self, **settings: Any) -> AIOKafkaConsumer:
        found = AIOKafkaConsumer(bootstrap_servers=self.broker, fetch_max_wait_ms=20, **settings)
        await found.start()
        self._stack.push_async_callback(found.stop)
        return found

    async def committed_records(self) -> list[bytes]:
        """Return what a reader of committed records gets."""
        reader = await self.consumer(isolation_level="read_committed", auto_offset_reset="earliest")
        reader.assign([self.tp])
        found: list[bytes] = []
        while (stable := reader.last_stable_offset(self.tp)) is None or await reader.position(self.tp) < stable:
            records = (await reader.getmany(timeout_ms=50)).get(self.tp, [])
            found += [record.value[:20] for record in records]
        return found

    async def committed_offset(self) -> int:
        offsets = await self.admin.list_consumer_group_offsets(self.group)
        return int(offsets[self.tp].offset)


async def stopped(producer: AIOKafkaProducer) -> None:
    with suppress(KafkaError, TimeoutError, AssertionError):
        async with asyncio.timeout(LIMIT_SECONDS):
            await producer.stop()


@pytest.fixture
async def on(kafka_broker: Broker) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        stage = Stage(kafka_broker.address, stack)
        await stage.begin()
        yield stage
        await stage.end()


@on_kafka
async def test_commit_transaction_commits_over_a_failed_batch(on: Stage) -> None:
    """The record is lost and its offset committed. `batches.produce` awaits the future of every batch."""
    producer = await on.producer(max_request_size=4_000_000)
    await producer.begin_transaction()
    refused = await producer.send(on.topic, b"x" * 2_000_000, partition=0)
    await producer.send_offsets_to_transaction({on.tp: 1}, on.group)
    await producer.commit_transaction()
    assert isinstance(refused.exception(), MessageSizeTooLargeError)
    assert await on.committed_records() == []
    assert await on.committed_offset() == 1


@on_kafka
async def test_a_fence_shows_as_producer_fenced_and_what_follows_asserts(on: Stage) -> None:
    """`KafkaTaskLog` makes `Fenced` of it and never uses a producer again that failed."""
    zombie = await on.producer()
    await zombie.begin_transaction()
    await zombie.send_and_wait(on.topic, b"zombie", partition=0)
    await on.producer()
    with pytest.raises(ProducerFenced):
        await zombie.send_offsets_to_transaction({on.tp: 1}, on.group)
    for step in (zombie.abort_transaction, zombie.begin_transaction):
        with pytest.raises(AssertionError):
            await step()
    assert await on.committed_records() == []


@on_kafka
async def test_stop_leaves_a_transaction_open_and_the_next_init_ends_it(on: Stage) -> None:
    """Readers of committed records wait behind it. We open one only to commit, and fence before we read."""
    producer, other = await on.producer(), await on.producer("-other")
    await producer.begin_transaction()
    await producer.send_and_wait(on.topic, b"open", partition=0)
    await producer.stop()
    async with other.transaction():
        await other.send_and_wait(on.topic, b"committed", partition=0)
    assert await on.committed_records() == [], "nothing behind an open transaction is shown"
    await on.producer()
    assert await on.committed_records() == [b"committed"]


@on_kafka
async def test_an_offset_that_was_read_before_the_fence_may_be_old(on: Stage) -> None:
    """A former owner's last commit slips in between. So the order is: fence, then read."""
    former = await on.producer()
    async with former.transaction():
        await former.send_offsets_to_transaction({on.tp: 1}, on.group)
    await former.begin_transaction()
    await former.send_offsets_to_transaction({on.tp: 2}, on.group)
    read_early = await on.committed_offset()
    await former.commit_transaction()
    await on.producer()
    assert (read_early, await on.committed_offset()) == (1, 2)


@on_kafka
async def test_a_position_out_of_range_goes_to_the_beginning_without_an_error(on: Stage) -> None:
    """What retention deleted is passed over. `FetchThread` ends the worker instead, and the task's opening says why."""
    producer = await on.producer(None)
    for value in (b"0", b"1", b"2"):
        await producer.send_and_wait(on.topic, value, partition=0)
    await on.admin.delete_records({on.tp: RecordsToDelete(2)})
    reader = await on.consumer(auto_offset_reset="earliest")
    reader.assign([on.tp])
    reader.seek(on.tp, 0)
    records = (await reader.getmany(timeout_ms=3000))[on.tp]
    assert [record.offset for record in records] == [2]


@on_kafka
async def test_a_changelog_s_last_offset_is_a_marker_that_no_reader_gets(on: Stage) -> None:
    """So recovery ends where the position meets the high-water mark, and a task's position counts the marker."""
    producer = await on.producer()
    async with producer.transaction():
        await producer.send_and_wait(on.topic, b"only", partition=0)
    reader = await on.consumer(isolation_level="read_committed", auto_offset_reset="earliest")
    reader.assign([on.tp])
    (record,) = (await reader.getmany(timeout_ms=3000))[on.tp]
    assert (record.offset, await reader.position(on.tp), reader.highwater(on.tp)) == (0, 2, 2)


@on_kafka
async def test_a_send_to_a_topic_that_is_not_there_says_nothing(on: Stage) -> None:
    """It waits for metadata that never comes. Workers refuse to start unless every topic is there."""
    producer = await on.producer(None)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.0):
            await producer.send_and_wait(f"{on.topic}-missing", b"x")


@pytest.mark.embedded
async def test_the_embedded_broker_tells_a_wrong_end_after_a_batch_and_a_right_one_in_a_fetch(
    embedded_broker: Broker,
) -> None:
    """`ListOffsets(latest)` counts batches as one. Whoever reads to the end there reads to the mark of a fetch."""
    async with AsyncExitStack() as stack:
        stage = Stage(embedded_broker.address, stack)
        await stage.begin()
        producer = await stage.producer(None)
        batch = producer.create_batch()
        for number in range(5):
            batch.append(key=None, value=b"%d" % number, timestamp=None)
        await (await producer.send_batch(batch, stage.topic, partition=0))
        reader = await stage.consumer(auto_offset_reset="earliest")
        reader.assign([stage.tp])
        records = (await reader.getmany(timeout_ms=3000))[stage.tp]
        assert len(records) == 5
        assert reader.highwater(stage.tp) == 5
        assert (await reader.end_offsets([stage.tp]))[stage.tp] < 5


@pytest.mark.embedded
async def test_the_embedded_broker_has_no_transactions(embedded_broker: Broker) -> None:
    """`HUB_TRANSACTIONS=false` does without them; asked for, a worker refuses to start."""
    producer = AIOKafkaProducer(bootstrap_servers=embedded_broker.address, transactional_id="any")
    with pytest.raises((KafkaError, TimeoutError)):
        async with asyncio.timeout(3.0):
            await producer.start()
    await stopped(producer)


@on_kafka
async def test_a_fetch_session_brings_what_moved_and_a_wrong_step_of_it_is_refused(on: Stage) -> None:
    """`FetchSessions` counts on it: what is not named is still read for, and a doubt is answered with a refusal."""
    wide = f"{on.topic}-wide"
    await on.admin.create_topics([NewTopic(wide, 3, 1)])
    await asyncio.sleep(0.3)  # its leaders come
    producer, consumer = await on.producer(None), await on.consumer()
    client = consumer._fetcher._client
    sessions = consumer._fetcher._client = FetchSessions(client)
    asked: list[tuple[int, int, int]] = []
    send = client.send

    async def watched(node_id: int, request: Any, **options: Any) -> Any:
        response = await send(node_id, request, **options)
        if hasattr(response, "session_id"):
            asked.append((response.error_code, response.session_id, sum(len(rows) for _, rows in request._topics)))
        return response

    client.send = watched
    parts = [TopicPartition(wide, k) for k in range(3)]
    consumer.assign(parts)
    await consumer.seek_to_beginning(*parts)

    async def read(count: int) -> list[bytes]:
        found: list[bytes] = []
        async with asyncio.timeout(LIMIT_SECONDS):
            while len(found) < count:
                for records in (await consumer.getmany(timeout_ms=50)).values():
                    found += [record.value for record in records]
        return found

    await producer.send_and_wait(wide, b"1", partition=0)
    assert await read(1) == [b"1"]
    await producer.send_and_wait(wide, b"2", partition=2)
    assert await read(1) == [b"2"]
    assert asked[0][2] == 3
    assert asked[-1][1] == asked[0][1] != 0
    assert all(named <= 1 for _, _, named in asked[1:])

    sessions._sessions[next(iter(sessions._sessions))].epoch += 5  # as after an answer that went astray
    await producer.send_and_wait(wide, b"3", partition=1)
    assert await read(1) == [b"3"]
    refused = next(at for at, (code, _, _) in enumerate(asked) if code)
    assert asked[refused + 1][2] == 3
    await on.admin.delete_topics([wide])
