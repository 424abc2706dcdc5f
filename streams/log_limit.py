"""Keeps a library from saying the same thing a thousand times.

aiokafka retries every few milliseconds and says so each time: fifteen seconds without a broker were 17,000 lines of one
worker (9 tasks, 2026-11-22).
"""

import logging
import time
from collections.abc import Callable, Sequence
from typing import Final

AGAIN_SECONDS: Final = 10.0
_MOST_SAYINGS: Final = 1000
"""Texts put together before they are logged are each a saying of its own; they must not grow for ever."""


class LogLimit(logging.Filter):
    """Lets each saying of the named libraries through once in a while; the next one tells how many were left out.

    A saying is a logger, a level and a message before its values are filled in. Everybody else's lines pass.

    Args:
        libraries: Names of loggers; those below them count, too.
        again_seconds: How long the same saying is left out after it was let through.
        clock: Seconds that never go back.
    """

    def __init__(
        self,
        libraries: Sequence[str],
        again_seconds: float = AGAIN_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._libraries = frozenset(libraries)
        self._again_seconds, self._clock = again_seconds, clock
        self._said: dict[tuple[str, int, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether the line is logged; what was left out before it is its `left_out`."""
        if record.name.partition(".")[0] not in self._libraries:
            return True
        saying, now = (record.name, record.levelno, str(record.msg)), self._clock()
        said_at, left_out = self._said.get(saying, (now - self._again_seconds, 0))
        if now - said_at < self._again_seconds:
            self._said[saying] = said_at, left_out + 1
            return False
        if len(self._said) >= _MOST_SAYINGS:
            self._said.clear()
        self._said[saying] = now, 0
        if left_out:
            record.left_out = left_out
        return True
