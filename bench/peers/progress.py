"""How far an engine is, by the offsets that its group has committed."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final, Self

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from bench.peers.names import PARTITIONS, RunNames
from hub.refusal import CommandRefused

_LOOK_SECONDS: Final = 0.05
_STILL_SECONDS: Final = 60.0


class Progress:
    """Looks at one group, open for as long as the `async with` block lasts.

    Args:
        broker: `host:port`.
        names: Of the run.
    """

    def __init__(self, broker: str, names: RunNames) -> None:
        self._names = names
        self._places = [TopicPartition(names.source, number) for number in range(PARTITIONS)]
        self._admin: Any = AIOKafkaAdminClient(bootstrap_servers=broker, client_id="bench-progress")
        self._coordinator: int | None = None

    async def __aenter__(self) -> Self:
        await self._admin.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._admin.close()

    async def until(self, events: int, look: Callable[[int], None]) -> None:
        """Return once the group has committed so many events.

        Args:
            events: How many.
            look: Called now and then with how many it has; may raise.

        Raises:
            CommandRefused: it does not get on.
        """
        last, moved_at = -1, time.monotonic()
        while (committed := await self._committed()) < events:
            look(committed)
            if committed > last:
                last, moved_at = committed, time.monotonic()
            if time.monotonic() - moved_at > _STILL_SECONDS:
                raise CommandRefused(
                    f"the group {self._names.group} stands still at {committed:,} of {events:,} events"
                )
            await asyncio.sleep(_LOOK_SECONDS)

    async def _committed(self) -> int:
        """Return the sum of the committed offsets: the load has neither gaps nor markers."""
        try:
            if self._coordinator is None:
                self._coordinator = await self._admin.find_coordinator(self._names.group)
            found = await self._admin.list_consumer_group_offsets(
                self._names.group, group_coordinator_id=self._coordinator, partitions=self._places
            )
        except KafkaError:
            self._coordinator = None
            return 0
        return sum(max(0, each.offset) for each in found.values())
