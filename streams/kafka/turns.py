"""When it is folded, and how much: a few milliseconds, then some turns of the loop for the network."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Final

_FOLDING_SECONDS: Final = 0.002
_SMOOTHING: Final = 8
"""Answers over which the share of folding is averaged, and folds over which the time of a record is."""
_FIRST_PORTION: Final = 128
"""Records, before it is known how long one takes."""
_FETCH_SECONDS: Final = 0.02
"""Folding of what one fetch hands on at most: what a person waits for may come with the next."""
_LEAST_FETCHED: Final = 1024
_MOST_RECORDS: Final = 8192
"""At a time. With 1,024 whatever they cost, a backlog of cheap records was read at 85,000 a second,
and the worker waited for half of its time (2026-12)."""
_TURNS: Final = 4
"""As many as an answer of the broker takes to reach the commit that waits for it: read, taken apart, told, awaited."""


class FoldingTurns:
    """Shares the loop between those who fold and the commits.

    A commit is three answers of the broker, and each takes several turns of the loop. Where chunks are folded in every
    turn, a commit is as long as a dozen of them together; where the network has most turns for itself, as long as
    three. Turns in which nobody folds cost next to nothing.

    Args:
        folding_seconds: Once so much was spent, the network has the loop.
        turns: For how many turns.
        now: A clock in seconds.
    """

    def __init__(
        self,
        folding_seconds: float = _FOLDING_SECONDS,
        turns: int = _TURNS,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit, self._turns, self._now = folding_seconds, turns, now
        self._spent = 0.0
        self._line = deque[object]()
        self._folded, self._asked, self._share = 0.0, (now(), 0.0), 0.0
        self._record_seconds: dict[str, float] = {}
        self._dearest = 0.0

    async def mine(self) -> None:
        """Wait until there is time left; those who wait go on in the order in which they came."""
        ticket = object()
        self._line.append(ticket)
        try:
            while self._line[0] is not ticket or self._spent >= self._limit:  # noqa: ASYNC110 - the turns are waited for
                await asyncio.sleep(0)
        finally:
            self._line.remove(ticket)

    def portion(self, box: str) -> int:
        """Return how many records a box folds in the time there is: the more at once, the less each of them costs."""
        seconds = self._record_seconds.get(box)
        return max(1, int(min(_MOST_RECORDS, self._limit / seconds))) if seconds else _FIRST_PORTION

    def fetched(self) -> int:
        """Return how many records are to be handed on at a time at most, whosever they are. From any thread."""
        seconds = self._dearest
        return max(_LEAST_FETCHED, int(min(_MOST_RECORDS, _FETCH_SECONDS / seconds))) if seconds else _LEAST_FETCHED

    def fold(self, box: str, work: Callable[[], int]) -> None:
        """Do what folds records of a box and returns how many, and count the time as folding."""
        began = self._now()
        records = work()
        seconds = self._now() - began
        self._folded += seconds
        if records:  # else they were nobody's any more
            self._know(box, seconds / records)
        was_spent, self._spent = self._spent, self._spent + seconds
        if was_spent < self._limit <= self._spent:
            self._rest(self._turns)

    def _know(self, box: str, seconds: float) -> None:
        """Take the time of a record into the average of its box."""
        known = self._record_seconds.get(box, seconds)
        self._record_seconds[box] = known + (seconds - known) / _SMOOTHING
        self._dearest = max(self._record_seconds.values())

    def share(self) -> float:
        """Return the share of its time that the loop folds, from 0 to 1, of late. For one caller, in any thread."""
        now, folded = self._now(), self._folded
        (before, folded_before), self._asked = self._asked, (now, folded)
        if now > before:
            self._share += (min(1.0, (folded - folded_before) / (now - before)) - self._share) / _SMOOTHING
        return self._share

    def _rest(self, turns: int) -> None:
        if turns:
            # Ahead of whoever waits from here on.
            asyncio.get_running_loop().call_soon(self._rest, turns - 1)
        else:
            self._spent = 0.0
