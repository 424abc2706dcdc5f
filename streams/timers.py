"""The due index of a partition: which timer fires next.

The truth about a timer is its customer's own section; the index is derived from it and may hold entries that are
no longer true. Whoever takes an entry asks the customer before firing. So a rolled back change needs no undo here.
"""

from heapq import heapify, heappop, heappush

from streams.core.records import Millis


class TimerIndex:
    """A heap of (due, customer, timer name), in firing order."""

    __slots__ = ("_heap",)

    def __init__(self) -> None:
        self._heap: list[tuple[Millis, str, str]] = []

    def add(self, due: Millis, customer: str, name: str) -> None:
        """Remember that `customer`'s timer `name` may be due at `due`."""
        heappush(self._heap, (due, customer, name))

    def load(self, entries: list[tuple[Millis, str, str]]) -> None:
        """Replace everything, in one pass."""
        self._heap = entries
        heapify(self._heap)

    def next_due(self) -> Millis | None:
        """Return the earliest due time, or None; it may belong to a timer that was cleared meanwhile."""
        return self._heap[0][0] if self._heap else None

    def is_due(self, now: Millis) -> bool:
        """Return True when `take(now)` would return an entry."""
        heap = self._heap
        return bool(heap) and heap[0][0] <= now

    def take(self, now: Millis) -> tuple[Millis, str, str] | None:
        """Remove and return the first entry due at `now`, or None."""
        if self._heap and self._heap[0][0] <= now:
            return heappop(self._heap)
        return None

    def __len__(self) -> int:
        return len(self._heap)
