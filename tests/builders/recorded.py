"""A day's timelines, written by one run of the hub and read by another."""

from collections.abc import Iterable

from streams.core.records import Header, Millis
from streams.memory import MemoryBroker, MemoryRecord
from streams.topics import TIMELINE
from tests.builders.hub import HubRun


class RecordedTimeline(MemoryBroker):
    """A broker whose timelines hold all they ever will; what a mailbox forwards stands there already."""

    def __init__(self, run: HubRun) -> None:
        super().__init__()
        self.forwarded: list[tuple[int, bytes | None, bytes | None]] = []
        self.partitions = {
            place: list(records) for place, records in run.broker.partitions.items() if place[0] == TIMELINE
        }

    def append(
        self,
        topic: str,
        partition: int,
        key: bytes | None,
        value: bytes | None,
        headers: Iterable[Header] = (),
        timestamp: Millis = 0,
    ) -> MemoryRecord:
        """Append, but note aside what goes to a timeline."""
        if topic != TIMELINE:
            return super().append(topic, partition, key, value, tuple(headers), timestamp)
        self.forwarded.append((partition, key, value))
        return MemoryRecord(topic, partition, 0, timestamp, key, value)
