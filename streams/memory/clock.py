"""A clock that a test turns."""

from dataclasses import dataclass

from streams.core.records import Millis


@dataclass
class VirtualClock:
    """Stands still until it is set.

    Attributes:
        time: Current time.
        is_log: True when stamps are the source records' own timestamps.
    """

    time: Millis = 0
    is_log: bool = False

    def now(self) -> Millis:
        """Return the time it was set to."""
        return self.time

    def monotonic(self) -> float:
        """Return the same in seconds; durations are zero unless the test turns the clock."""
        return self.time / 1000
