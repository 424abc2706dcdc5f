"""Sees from outside the event loop whether a worker gets on, and ends one that does not.

Four things must move while they have something to do: the loop itself, a recovery, a task's commits, and a task with a
backlog. What has not moved for half of the limit makes the worker unready and is named on `/readyz` and in the metric;
at the limit the process ends with status 70, so that its supervisor starts it anew and others take over meanwhile.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

UNREADY_SHARE: Final = 0.5
"""Of the limit: from then on the worker says that it is stuck."""
_LOOKS: Final = 20
"""How often it looks within the limit."""

logger = logging.getLogger(__name__)


class Sign(NamedTuple):
    """How one thing stands.

    Attributes:
        is_waiting: It has something to do.
        marker: Changes whenever it gets on.
    """

    is_waiting: bool
    marker: int


class Stillness:
    """Knows since when each thing has had something to do and not moved. Pure: time comes with the look."""

    def __init__(self) -> None:
        self._since: dict[str, tuple[int, float]] = {}

    def look(self, signs: Mapping[str, Sign], now: float) -> dict[str, float]:
        """Return for how many seconds each waiting thing has not moved; what has nothing to do is left out."""
        since: dict[str, tuple[int, float]] = {}
        for name, sign in signs.items():
            if sign.is_waiting:
                marker, at = self._since.get(name, (None, now))
                since[name] = (sign.marker, at if marker == sign.marker else now)
        self._since = since
        return {name: now - at for name, (_, at) in since.items()}


class Watchdog:
    """A thread that looks at a worker.

    Args:
        limit_seconds: What stands still for so long ends the worker.
        signs: Asked from this thread; must only read.
        on_end: Ends the worker; called once, from this thread, with what stands still.
        clock: Seconds that never go back.

    Attributes:
        stuck: What has stood still for longer than half of the limit, sorted.
    """

    def __init__(
        self,
        limit_seconds: float,
        signs: Callable[[], Mapping[str, Sign]],
        on_end: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.stuck: tuple[str, ...] = ()
        self._limit, self._signs, self._on_end, self._clock = limit_seconds, signs, on_end, clock
        self._stillness = Stillness()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._is_over.set()

    def look(self) -> None:
        """Look once."""
        still = self._stillness.look(self._signs(), self._clock())
        stuck = tuple(sorted(name for name, seconds in still.items() if seconds > self._limit * UNREADY_SHARE))
        if stuck and stuck != self.stuck:
            logger.error("stuck: %s", ", ".join(stuck))
        self.stuck = stuck
        over = sorted(name for name, seconds in still.items() if seconds > self._limit)
        if over:
            self._is_over.set()
            self._on_end(f"{', '.join(over)} did not get on for {self._limit:.0f} s")

    def _run(self) -> None:
        before = self._clock()
        while not self._is_over.wait(self._limit / _LOOKS):
            now = self._clock()
            if now - before > self._limit * UNREADY_SHARE:
                self._stillness = Stillness()  # the process itself was stopped: nothing could get on
            before = now
            self.look()
