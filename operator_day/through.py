"""When is a slice through? When the hub has nothing left to do with it, seen from outside."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Final, Self

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from operator_day.observer import Observer

Place = tuple[str, int]

_LOOK_AGAIN_SECONDS: Final = 0.02


class StandsStill(Exception):  # noqa: N818  # reads as what happened
    """The hub has not moved for too long; the text names a topic and a partition that it has not worked off."""


class Gate:
    """Waits until everything published is worked off by the consumer group, the hub's own topics included.

    Args:
        broker: `host:port`, several separated by commas.
        prefix: stands before every topic's name on the broker.
        group_id: the hub's consumer group.
        limit_seconds: how long no offset may move before it gives up.
    """

    def __init__(self, broker: str, prefix: str, group_id: str, *, limit_seconds: float) -> None:
        self._prefix = prefix
        self._group_id = group_id
        self._limit_seconds = limit_seconds
        self._admin: Any = AIOKafkaAdminClient(bootstrap_servers=broker, client_id="operator-day-gate")
        self._coordinator: int | None = None
        self._moved_at = 0.0
        self._last: dict[Place, int] = {}

    async def __aenter__(self) -> Self:
        await self._admin.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._admin.close()

    async def through(self, published: Mapping[Place, int], observer: Observer) -> None:
        """Return once every record before `published` and all that the hub made of it is worked off.

        `published` holds the next offset of each partition that upstream wrote to. The hub's own topics are judged
        by the last record seen, not by their end offsets, which transaction markers move. The order of the looks
        matters: all that was written is seen (1), the group has worked off all of it (2), and nothing has been
        written since (3): then nothing was under way at (2), because what follows from a record is committed with
        its offset or before it.

        Raises:
            StandsStill: no committed offset moved for the limit.
        """
        self._moved_at = time.monotonic()
        while True:
            await self._until_committed(published)
            await observer.caught_up()  # (1)
            written = observer.written()
            await self._until_committed(written)  # (2)
            await observer.caught_up()  # (3)
            if observer.written() == written:
                return

    async def _until_committed(self, ends: Mapping[Place, int]) -> None:
        while ends:
            committed = await self._committed(ends)
            waiting = {place: end for place, end in ends.items() if committed.get(place, -1) < end}
            if not waiting:
                return
            self._judge(waiting, committed)
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    def _judge(self, waiting: Mapping[Place, int], committed: dict[Place, int]) -> None:
        now = time.monotonic()
        if any(committed[place] != self._last.get(place) for place in committed):
            self._moved_at = now
            self._last |= committed
        if now - self._moved_at > self._limit_seconds:
            (topic, partition), end = min(waiting.items())
            at = committed.get((topic, partition))
            raise StandsStill(
                f"the group {self._group_id} has not moved for {self._limit_seconds:.0f} s: partition {partition} of "
                f"{self._prefix}{topic} is committed up to {'nothing' if at is None or at < 0 else at} of {end}, "
                f"with {len(waiting) - 1} partitions more behind",
            )

    async def _committed(self, ends: Mapping[Place, int]) -> dict[Place, int]:
        """Ask for the committed offsets; nothing while no coordinator answers: a broker may be restarting."""
        wanted = [TopicPartition(self._prefix + topic, partition) for topic, partition in ends]
        try:
            if self._coordinator is None:
                self._coordinator = await self._admin.find_coordinator(self._group_id)
            answer = await self._admin.list_consumer_group_offsets(
                self._group_id, group_coordinator_id=self._coordinator, partitions=wanted
            )
        except KafkaError:
            answer = {}
        if not answer:  # no error is raised where another broker is the coordinator by now: the answer is empty
            self._coordinator = None
        return {(place.topic[len(self._prefix) :], place.partition): found.offset for place, found in answer.items()}
