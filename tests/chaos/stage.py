"""The operator day against the clock on the wall: each slice goes out in portions, so that something is always new."""

import asyncio
import time
from collections.abc import Mapping
from typing import Final

from operator_day.events import Event
from operator_day.stage import KafkaStage

_PORTIONS: Final = 12
_CONFIGURATION: Final = "config."


class SlowStage(KafkaStage):
    """Publishes a day's slices over a given time, what is left of it divided among what is left of them.

    What it is asked to do happens as `KafkaStage` says: slices are through before the next begins.

    Attributes:
        events_per_second: A larger slice takes longer; None for as fast as can be.
    """

    events_per_second: float | None = None
    _until = 0.0
    _left = 0

    def begin(self, seconds: float, slices: int) -> None:
        """Begin to count: so many slices are to come within so many seconds, or later."""
        self._until, self._left = time.monotonic() + seconds, slices

    async def publish(self, events: list[Event]) -> None:
        """Publish `events` in their order; returns when all are acknowledged. Configuration and ticks go at once."""
        if all(event.topic.startswith(_CONFIGURATION) for event in events):
            await super().publish(events)
            return
        began, seconds = time.monotonic(), self._seconds(len(events))
        size = -(-len(events) // _PORTIONS)
        portions = range(0, len(events), size)
        for number, start in enumerate(portions, 1):
            await super().publish(events[start : start + size])
            await asyncio.sleep(max(0.0, began + seconds * number / len(portions) - time.monotonic()))

    def _seconds(self, events: int) -> float:
        share = max(0.0, self._until - time.monotonic()) / max(1, self._left)
        self._left -= 1
        return max(share, events / self.events_per_second if self.events_per_second else 0.0)

    def ends(self) -> Mapping[tuple[str, int], int]:
        """Give the next offset of every partition that upstream or the hub itself has written and the hub reads."""
        return {**self._observer.written(), **self._publisher.ends}
