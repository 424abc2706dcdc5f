"""The brokers of a run: one node, or three that elect among themselves."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from streams.brokers import ApacheKafka
from streams.kafka.probe import free_port
from tests.chaos.compaction import BROKER_SETTINGS


@asynccontextmanager
async def cluster_of(count: int, directory: Path) -> AsyncIterator[Sequence[ApacheKafka]]:
    """Have `count` nodes for as long as the block lasts.

    Raises:
        BrokerUnavailable: one does not come up.
    """
    nodes = make(count, directory)
    try:
        await asyncio.to_thread(nodes[0].prepare)
        await asyncio.gather(*(asyncio.to_thread(node.start) for node in nodes))
        yield nodes
    finally:
        for node in nodes:
            await asyncio.to_thread(node.__exit__, None, None, None)


def make(count: int, directory: Path) -> list[ApacheKafka]:
    """Return nodes that are not started."""
    if count == 1:
        return [ApacheKafka(directory / "kafka", heap="768m", settings=BROKER_SETTINGS)]
    ports = [free_port() for _ in range(count)]
    voters = ",".join(f"{number}@127.0.0.1:{port}" for number, port in enumerate(ports, 1))
    replicas = {
        f"{topic}.{setting}": value
        for topic in ("offsets.topic", "transaction.state.log", "share.coordinator.state.topic")
        for setting, value in (("replication.factor", str(count)),)
    }
    return [
        ApacheKafka(
            directory / f"kafka-{number}",
            None,
            port,
            heap="512m",
            settings={
                **replicas,
                "node.id": str(number),
                "controller.quorum.voters": voters,
                "transaction.state.log.min.isr": "2",
                "share.coordinator.state.topic.min.isr": "2",
                "min.insync.replicas": "2",
            },
        )
        for number, port in enumerate(ports, 1)
    ]
