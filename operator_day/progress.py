"""How far the day has come, for whoever watches."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from operator_day.observer import Observed, Seen
from operator_day.zones import Millis
from schemas import records, wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A moment of the run.

    Attributes:
        simulated: the city's time, UTC milliseconds.
        sent: events published so far; total: how many there will be, about.
        events_per_second: worked off per second of the wall clock, over the run so far.
        messages: asked for so far, by purpose; suppressions and dead_letters by reason.
        age_seconds: how long the oldest event that is not worked off has been waiting.
        slices_done: slices that are through, of slices.
    """

    simulated: Millis
    sent: int
    total: int
    events_per_second: float
    messages: Mapping[str, int]
    cancellations: int
    suppressions: Mapping[str, int]
    dead_letters: Mapping[str, int]
    contexts: int
    age_seconds: float
    slices_done: int
    slices: int


class SeenSoFar:
    """Counts what was seen, reading each record once."""

    def __init__(self, observed: Observed) -> None:
        self._observed = observed
        self._read = [0, 0, 0]
        self.messages: Counter[str] = Counter()
        self.suppressions: Counter[str] = Counter()
        self.dead_letters: Counter[str] = Counter()
        self.cancellations = 0

    def look(self) -> Self:
        """Count what came since the last look."""
        for seen in self._new(0, self._observed.messages):
            message = wire.decode(seen.value) if seen.value is not None else None
            if isinstance(message, records.Requested):
                self.messages[message.purpose] += 1
            elif isinstance(message, records.Cancelled):
                self.cancellations += 1
        for seen in self._new(1, self._observed.suppressions):
            suppressed = wire.decode(seen.value) if seen.value is not None else None
            if isinstance(suppressed, records.Suppressed):
                self.suppressions[suppressed.reason] += 1
        for seen in self._new(2, self._observed.dead_letters):
            self.dead_letters[dict(seen.headers).get("hub_reason", b"").decode()] += 1
        return self

    def _new(self, which: int, records_seen: list[Seen]) -> list[Seen]:
        new = records_seen[self._read[which] :]
        self._read[which] = len(records_seen)
        return new
