"""The floor in Python: consume, decode, produce one in ten, and nothing else. No state, no changelog.

A record that is told holds the state that this one event alone would leave.

usage: python -m bench.peers.floor BROKER PREFIX    (the topics exist; ends with SIGTERM)
"""

import asyncio
import signal
import sys
import time
from typing import Any, Final

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from bench.peers.names import SESSION_SECONDS, RunNames
from bench.peers.operator import apply, decoder, nothing_yet
from bench.reference import FRAME_BYTES, is_told

_MIB: Final = 1 << 20
_COMMIT_SECONDS: Final = 1.0
_POLL_MILLIS: Final = 200


async def _loop(broker: str, names: RunNames, stopping: asyncio.Event) -> None:
    consumer: Any = AIOKafkaConsumer(
        names.source,
        bootstrap_servers=broker,
        group_id=names.group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        check_crcs=False,
        max_partition_fetch_bytes=4 * _MIB,
        session_timeout_ms=SESSION_SECONDS * 1000,
    )
    producer: Any = AIOKafkaProducer(bootstrap_servers=broker, acks="all", linger_ms=20, max_batch_size=_MIB // 2)
    await consumer.start()
    await producer.start()
    try:
        await _work(consumer, producer, names.output, stopping)
    finally:
        await consumer.stop()
        await producer.stop()


async def _work(consumer: Any, producer: Any, output: str, stopping: asyncio.Event) -> None:  # noqa: ANN401 - aiokafka's
    read, encode = decoder(), msgspec.msgpack.Encoder().encode
    committed_at, is_dirty = time.monotonic(), False
    while not stopping.is_set():
        for place, records in (await consumer.getmany(timeout_ms=_POLL_MILLIS)).items():
            is_dirty = True
            batch = producer.create_batch()
            for record in records:
                event = read(record.value, FRAME_BYTES)
                if not is_told(event.occurred_at):
                    continue
                state = nothing_yet()
                apply(state, event)
                told = {"key": record.key, "value": encode(state), "timestamp": record.timestamp}
                if batch.append(**told) is None:
                    await producer.send_batch(batch, output, partition=place.partition)
                    batch = producer.create_batch()
                    batch.append(**told)
            if batch.record_count():
                await producer.send_batch(batch, output, partition=place.partition)
        if is_dirty and time.monotonic() - committed_at > _COMMIT_SECONDS:
            await producer.flush()
            await consumer.commit()
            committed_at, is_dirty = time.monotonic(), False


async def _run(broker: str, names: RunNames) -> None:
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    await _loop(broker, names, stopping)


def main() -> None:
    """Run until told to stop."""
    asyncio.run(_run(sys.argv[1], RunNames(sys.argv[2])))


if __name__ == "__main__":
    main()
