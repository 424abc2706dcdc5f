"""How the adapter's own producers and readers are configured; every figure that matters is set here."""

import asyncio
import contextlib
from collections.abc import Collection, Coroutine
from typing import Any, Final, Protocol

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError

from streams.kafka.batches import BATCH_BYTES
from streams.settings import Settings

_RETRY_MILLIS: Final = 20
"""aiokafka's 100 ms are paid whole when a coordinator is still busy with the transaction of the former owner."""
_REQUEST_BYTES: Final = 16 << 20
_READ_WAIT_MILLIS: Final = 10
_READ_BYTES: Final = 4 << 20
_STOP_SECONDS: Final = 3.0


def make_producer(settings: Settings, transactional_id: str | None) -> AIOKafkaProducer:
    """Return an unstarted producer; without an id one that is neither transactional nor idempotent."""
    return AIOKafkaProducer(
        bootstrap_servers=settings.broker,
        acks="all",
        max_batch_size=BATCH_BYTES,
        max_request_size=_REQUEST_BYTES,
        retry_backoff_ms=_RETRY_MILLIS,
        transactional_id=transactional_id,
        transaction_timeout_ms=int(settings.transaction_timeout_seconds * 1000),
    )


def make_reader(settings: Settings) -> AIOKafkaConsumer:
    """Return an unstarted consumer without a group, for changelogs."""
    return AIOKafkaConsumer(
        bootstrap_servers=settings.broker,
        isolation_level="read_committed" if settings.transactions else "read_uncommitted",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        fetch_max_wait_ms=_READ_WAIT_MILLIS,
        max_partition_fetch_bytes=_READ_BYTES,
    )


class Stoppable(Protocol):
    """aiokafka's producer, or what stands on one."""

    def stop(self) -> Coroutine[Any, Any, None]:
        """Disconnect."""


async def stop_producer(producer: Stoppable) -> None:
    """Stop a producer within a limit, whatever state it is in; what it could not send is lost."""
    # aiokafka's stop hangs when a batch cannot be sent, and raises what the producer failed with before.
    with contextlib.suppress(KafkaError, OSError, TimeoutError, AssertionError):
        async with asyncio.timeout(_STOP_SECONDS):
            await producer.stop()


async def know_topics(client: Any, topics: Collection[str]) -> None:  # noqa: ANN401 - aiokafka's client
    """Have a client know the leaders of all topics, asking for those it does not know at once.

    Left alone, aiokafka asks for one unknown topic at a time and sleeps 100 ms before the next: a second and a half
    for a task of resolve, again after every changelog, whose assignment makes it forget the others.

    Raises:
        KafkaError: a topic is not there.
    """
    for topic in topics:
        client.add_topic(topic)
    for topic in topics:
        await client._wait_on_metadata(topic)  # noqa: SLF001 - it has no public name
