"""How many commits the tasks of a worker may begin: a hundred small ones in parallel would eat a core."""

from typing import Final

COMMITS_PER_SECOND: Final = 160.0
"""A transaction costs the worker about 1.3 ms of CPU and the broker twice that, whatever it holds (measured 2026-11):
with 500 a second, a reason typed beside 5,000 events/s waited 220 ms for its actions on two cores, with 160 121 ms."""


class CommitPace:
    """Hands out turns.

    With few tasks a turn is at once; with many they wait for each other, and what waits goes together into fewer and
    larger commits. What a person waits for has turns of its own, so that it never queues behind the rest.

    Args:
        per_second: Turns a second, of either kind.
    """

    __slots__ = ("_gap", "_next", "_next_urgent")

    def __init__(self, per_second: float = COMMITS_PER_SECOND) -> None:
        self._gap, self._next, self._next_urgent = 1 / per_second, 0.0, 0.0

    def turn(self, now: float) -> float:
        """Take the next turn; return in how many seconds it is.

        Args:
            now: Seconds of a clock that never goes back.
        """
        at = max(now, self._next)
        self._next = at + self._gap
        return at - now

    def urgent_turn(self, now: float) -> float:
        """Take the next turn of those for whom a person waits, at the expense of the rest; return in how long."""
        at = max(now, self._next_urgent)
        self._next_urgent, self._next = at + self._gap, max(now, self._next) + self._gap
        return at - now
