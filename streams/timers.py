"""The due index of a partition: which timer fires next.

The truth about a timer is its customer's own section; the index is derived from it and may hold entries that are
no longer true. Whoever takes an entry asks the customer before firing. So a rolled back change needs no undo here.
"""

from heapq import heapify, heappop, heappush
from typing import Final

from streams.core.records import Millis

NEVER: Final[Millis] = 1 << 62
"""Later than anything."""


class TimerIndex:
    """A heap of (due, customer, timer name), in firing order.

    Attributes:
        due: The earliest due time, `NEVER` without any; it may belong to a timer that was cleared meanwhile.
    """

    __slots__ = ("_heap", "due")

    def __init__(self) -> None:
        self.due: Millis = NEVER
        self._heap: list[tuple[Millis, str, str]] = []

    def add(self, due: Millis, customer: str, name: str) -> None:
        """Remember that `customer`'s timer `name` may be due at `due`."""
        heappush(self._heap, (due, customer, name))
        self.due = min(self.due, due)

    def load(self, entries: list[tuple[Millis, str, str]]) -> None:
        """Replace everything, in one pass."""
        self._heap = entries
        heapify(self._heap)
        self._look()

    def take(self, now: Millis) -> tuple[Millis, str, str] | None:
        """Remove and return the first entry due at `now`, or None."""
        if self.due > now:
            return None
        taken = heappop(self._heap)
        self._look()
        return taken

    def _look(self) -> None:
        self.due = self._heap[0][0] if self._heap else NEVER

    def __len__(self) -> int:
        return len(self._heap)
