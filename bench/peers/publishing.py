"""Puts record batches on a topic as they are: nothing is encoded, compressed or even looked at any more."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final, Self

from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError, for_code
from aiokafka.protocol.produce import ProduceRequest

from bench.peers.load import Segment
from hub.refusal import CommandRefused

_ALL: Final = -1
_REQUEST_MILLIS: Final = 30_000
_PATIENCE_SECONDS: Final = 10.0
_AGAIN_SECONDS: Final = 0.1


class BatchPublisher:
    """A connection to the broker, open for as long as the `async with` block lasts.

    Args:
        broker: `host:port` of the one broker.
    """

    def __init__(self, broker: str) -> None:
        self._client: Any = AIOKafkaClient(bootstrap_servers=broker, client_id="bench")

    async def __aenter__(self) -> Self:
        await self._client.bootstrap()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    async def publish(self, topic: str, segments: Sequence[Segment]) -> None:
        """Publish the segments in their order; every batch is acknowledged.

        Raises:
            KafkaError: the broker refuses one.
            CommandRefused: it does not take one for long.
        """
        try:
            for segment in segments:
                await asyncio.gather(
                    *(self._publish(topic, number, batches) for number, batches in enumerate(segment.batches))
                )
        except TimeoutError:
            raise CommandRefused("the broker does not take the load") from None

    async def _publish(self, topic: str, partition: int, batches: Sequence[bytes]) -> None:
        leader = await self._leader(topic, partition)
        for batch in batches:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while error := await self._refused(leader, topic, partition, batch):
                    if not error.retriable:
                        raise error
                    await asyncio.sleep(_AGAIN_SECONDS)  # a new topic's leader is not at work yet

    async def _refused(self, leader: int, topic: str, partition: int, batch: bytes) -> KafkaError | None:
        request = ProduceRequest(None, _ALL, _REQUEST_MILLIS, [(topic, [(partition, batch)])])
        answer = await self._client.send(leader, request)
        codes = [code for _, found in answer.topics for _, code, *_ in found]
        return next((for_code(code)() for code in codes if code), None)

    async def _leader(self, topic: str, partition: int) -> int:
        """Return who leads a partition; a topic is new, so it may take a moment.

        Raises:
            TimeoutError: it takes too long.
        """
        async with asyncio.timeout(_PATIENCE_SECONDS):
            place = TopicPartition(topic, partition)
            await self._client.add_topic(topic)
            while (node := self._client.cluster.leader_for_partition(place)) in (None, -1):
                await asyncio.sleep(_AGAIN_SECONDS)
                await self._client.force_metadata_update()
        return int(node)
