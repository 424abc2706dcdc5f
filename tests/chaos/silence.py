"""How long a partition was silent: something waited in it and its committed offset did not move."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from streams.core.errors import StartRefused
from streams.kafka.cluster import Cluster
from streams.kafka.names import Names

Place = tuple[str, int]
_LOOK_SECONDS: Final = 0.25


class Silence(NamedTuple):
    """One partition's longest wait.

    Attributes:
        seconds: How long.
        topic: Logical name.
        partition: Number.
        ended_at: Monotonic seconds.
    """

    seconds: float
    topic: str
    partition: int
    ended_at: float


class Waits:
    """Knows since when each partition waits. Pure: time comes with the look."""

    def __init__(self) -> None:
        self.longest: dict[Place, Silence] = {}
        self._since: dict[Place, tuple[int, float]] = {}

    def look(self, ends: Mapping[Place, int], committed: Mapping[Place, int], now: float) -> None:
        """Enter how far each partition reaches and how far it is worked off."""
        for place, end in ends.items():
            at = committed.get(place, 0)
            before, since = self._since.get(place, (at, now))
            if at != before or at >= end:
                since = now
            self._since[place] = at, since
            known = self.longest.get(place)
            if now > since and (known is None or now - since > known.seconds):
                self.longest[place] = Silence(now - since, *place, now)


class Listener:
    """Asks for committed offsets a few times a second."""

    def __init__(self, broker: str, names: Names, ends: Callable[[], Mapping[Place, int]]) -> None:
        self.waits = Waits()
        self._broker, self._names, self._ends = broker, names, ends

    async def run(self) -> None:
        """Listen until cancelled; a broker that is away makes the silence longer."""
        while True:
            try:
                async with Cluster(self._broker) as cluster:
                    while True:
                        await self._look(cluster)
                        await asyncio.sleep(_LOOK_SECONDS)
            except (KafkaError, OSError, StartRefused, TimeoutError):
                await asyncio.sleep(_LOOK_SECONDS)

    async def _look(self, cluster: Cluster) -> None:
        ends = dict(self._ends())
        if not ends:
            return
        places = {TopicPartition(self._names.topic(topic), partition): (topic, partition) for topic, partition in ends}
        found = await cluster.committed(self._names.group, places)
        self.waits.look(ends, {places[tp]: at or 0 for tp, at in found.items()}, time.monotonic())
