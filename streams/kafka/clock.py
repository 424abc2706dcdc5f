"""The machine's clock behind the port."""

import time

from streams.core.records import Millis


class SystemClock:
    """Stamps with the machine's time.

    Attributes:
        is_log: True when stamps are the source records' own timestamps; `now` then serves no stamp.
    """

    def __init__(self, *, is_log: bool) -> None:
        self.is_log = is_log

    def now(self) -> Millis:
        """Return UTC milliseconds."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Return seconds of the machine's monotonic clock."""
        return time.monotonic()
