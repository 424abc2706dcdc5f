"""How many commits the tasks of a worker may begin: a hundred small ones in parallel would eat a core."""

from typing import Final

COMMITS_PER_SECOND: Final = 500.0
"""A transaction costs 0.4 ms of CPU whatever it holds (measured 2026-11): at most a fifth of a core."""


class CommitPace:
    """Hands out turns.

    With few tasks a turn is at once; with many they wait for each other, and what waits goes together into fewer and
    larger commits.

    Args:
        per_second: Turns a second.
    """

    __slots__ = ("_gap", "_next")

    def __init__(self, per_second: float = COMMITS_PER_SECOND) -> None:
        self._gap, self._next = 1 / per_second, 0.0

    def turn(self, now: float) -> float:
        """Take the next turn; return in how many seconds it is.

        Args:
            now: Seconds of a clock that never goes back.
        """
        at = max(now, self._next)
        self._next = at + self._gap
        return at - now
