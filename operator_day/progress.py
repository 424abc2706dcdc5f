"""How far the day has come, for whoever watches."""

from collections.abc import Mapping
from dataclasses import dataclass

from operator_day.zones import Millis


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
