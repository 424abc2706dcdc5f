"""Where the sources of tasks begin and end, asked for all tasks that open at once."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import TypeAlias

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from streams.core.errors import RecoveryFailed
from streams.kafka.clients import know_topics
from streams.kafka.place import Place
from streams.kafka.together import Together

_Ask: TypeAlias = Callable[[AIOKafkaConsumer, list[TopicPartition]], Awaitable[Mapping[TopicPartition, int]]]
_Question: TypeAlias = Together[TopicPartition, int]


class Bounds:
    """One consumer that reads nothing.

    One by one the seventeen tasks of a worker took 34 questions on the consumers that read the changelogs, each of
    which knew only the topic it had read last.

    Args:
        make: Makes an unstarted consumer without a group; read_committed where there are transactions.
    """

    def __init__(self, make: Callable[[], AIOKafkaConsumer]) -> None:
        self._make = make
        self._reader: AIOKafkaConsumer | None = None
        self._starting = asyncio.Lock()
        self._earliest: _Question = Together(lambda places: self._ask(AIOKafkaConsumer.beginning_offsets, places))
        self._latest: _Question = Together(lambda places: self._ask(AIOKafkaConsumer.end_offsets, places))

    async def earliest(self, place: Place) -> dict[str, int]:
        """Return the first offset that is still there of each of a task's sources, by logical name.

        Raises:
            RecoveryFailed: the broker does not say.
        """
        return await self._of(place, self._earliest)

    async def latest(self, place: Place) -> dict[str, int]:
        """Return where each of a task's sources ends, what is undecided there left out, by logical name.

        Raises:
            RecoveryFailed: the broker does not say.
        """
        return await self._of(place, self._latest)

    async def close(self) -> None:
        """Let go of the connection."""
        await self._earliest.close()
        await self._latest.close()
        reader, self._reader = self._reader, None
        if reader is not None:
            await reader.stop()

    async def _of(self, place: Place, question: _Question) -> dict[str, int]:
        sources = {place.source(topic): topic for topic in place.sources}
        try:
            found = await question.take(sources)
        except KafkaError as cause:
            raise RecoveryFailed(f"{place}: its sources' bounds are not known: {cause!r}") from cause
        return {sources[tp]: offset for tp, offset in found.items()}

    async def _ask(self, ask: _Ask, partitions: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        reader = await self._started()
        await know_topics(reader._client, {tp.topic for tp in partitions})  # noqa: SLF001 - it has no public name
        return await ask(reader, list(partitions))

    async def _started(self) -> AIOKafkaConsumer:
        async with self._starting:
            if self._reader is None:
                reader = self._make()
                try:
                    await reader.start()
                except BaseException:
                    await reader.stop()
                    raise
                self._reader = reader
            return self._reader
