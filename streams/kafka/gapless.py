"""Reads a partition without losing a batch that shows late, on a broker whose offsets have no gaps by themselves.

The embedded broker may show a batch before an earlier one of another producer. A reader that goes on misses the
earlier for good, so what stands behind a gap is left and read again.
"""

import logging
from collections.abc import Sequence
from typing import Final, Protocol, TypeVar

REREAD_SECONDS: Final = 0.01
"""What a reader waits before it reads again behind a gap: the broker answers at once, and needs the time itself."""

_REREADS: Final = 200
"""Two seconds; a late batch showed within milliseconds, on two cores under four times their load (2026-11)."""

logger = logging.getLogger(__name__)


class _Placed(Protocol):
    @property
    def offset(self) -> int: ...


_Record = TypeVar("_Record", bound=_Placed)


class Gapless:
    """One partition as it is read, from one seek to the next.

    A gap that stays is passed over with a warning: a retention or a compaction took the records. Each one halves how
    long the next is waited for, down to not at all, so that a log that is full of them is still read; a gap that
    closes restores it.

    Attributes:
        missing: Where the reader must seek to before it reads on; None while nothing is missing.
    """

    def __init__(self, name: str, start: int) -> None:
        """Begin at the offset `start` of the partition that the log knows by `name`."""
        self._name, self._next = name, start
        self._patience = self._left = _REREADS
        self.missing: int | None = None

    def take(self, records: Sequence[_Record]) -> Sequence[_Record]:
        """Return what may be handed on: everything before the first gap; sets `missing`.

        Args:
            records: What was fetched, at least one, offsets rising.
        """
        start, end = records[0].offset, records[-1].offset + 1
        if start == self._next and end - start == len(records):  # nothing is missing: no look at each record
            if self.missing is not None:
                self.missing, self._patience = None, _REREADS
            self._next = end
            return records
        for index, record in enumerate(records):
            if record.offset > self._next and self._is_waited_for():
                return records[:index]
            if record.offset > self._next:
                self._pass_over(record.offset)
            self._next = max(self._next, record.offset + 1)
        self.missing = None
        return records

    def _is_waited_for(self) -> bool:
        if self.missing != self._next:
            if self.missing is not None:  # the gap before this one closed
                self._patience = _REREADS
            self.missing, self._left = self._next, self._patience
            logger.debug("reading %s again from offset %d: it does not show yet", self._name, self._next)
        self._left -= 1
        return self._left >= 0

    def _pass_over(self, offset: int) -> None:
        logger.warning(
            "going on without the offsets %d to %d of %s: they do not come", self._next, offset - 1, self._name
        )
        self.missing = None
        self._patience //= 2
