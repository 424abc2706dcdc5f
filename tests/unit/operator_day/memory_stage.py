"""A stage for the operator day without a network: the whole hub on the memory broker."""

from collections.abc import Callable, Sequence

from operator_day.events import Coordinates, Event
from operator_day.ledger import Ledger
from operator_day.observer import Observed
from operator_day.publisher import partition_for
from schemas import load
from streams.codec import Codec
from streams.core.fold import Box, FoldContext
from streams.memory.clock import VirtualClock
from streams.memory.hub import MemoryHub
from streams.store import MemoryStore

PARTITIONS = 4


class MemoryStage:
    """Publishes to the memory broker, settles the hub, and reads what it wrote."""

    def __init__(self, ledger: Ledger, boxes: Sequence[Box], chunk: int = 500) -> None:
        self.observed = Observed()
        self._ledger = ledger
        catalogue = load()
        codec = Codec(catalogue)

        def context(partition: int, store: MemoryStore, clock: VirtualClock) -> FoldContext:
            return FoldContext(partition, PARTITIONS, store, clock, codec, catalogue)

        self._hub = MemoryHub(boxes, context, PARTITIONS, clock=VirtualClock(is_log=True), chunk=chunk)
        self._is_open = False
        self._read: dict[tuple[str, int], int] = {}
        self._single = {topic.name for topic in catalogue.control_topics()}
        self._out = [t.name for t in catalogue.topics.values() if t.direction in {"out", "dlq", "internal"}]

    async def publish(self, events: list[Event]) -> None:
        for event in events:
            partition = 0 if event.topic in self._single else _place(event)
            put = self._hub.broker.append(
                event.topic, partition, event.key, event.value, event.headers, event.timestamp
            )
            self._ledger.take(event, Coordinates(event.topic, partition, put.offset))

    async def through(self) -> None:
        if not self._is_open:
            await self._hub.start()
            self._is_open = True
        await self._hub.settle()
        for topic in self._out:
            for partition in range(PARTITIONS):
                start = self._read.get((topic, partition), 0)
                new = self._hub.broker.read(topic, partition, start, 10_000_000)
                if new:
                    self._read[topic, partition] = start + len(new)
                    self.observed.enter(topic, new)


def _place(event: Event) -> int:
    if event.key is None:
        return event.timestamp % PARTITIONS
    return partition_for(event.key, event.placement, PARTITIONS)


Boxes = Callable[[], Sequence[Box]]
