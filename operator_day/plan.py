"""What a day is to be: how many people, from which seed, when."""

import time
from dataclasses import dataclass, field
from typing import Final

from operator_day.city import Person
from operator_day.zones import DAY, HOUR, SECOND, Millis

DAYS_BACK: Final = 33
"""The last jump of the clock is 31 days past the day's end and must still lie in the past: Kafka refuses record
timestamps more than an hour ahead."""


def recent_day(now: Millis | None = None) -> Millis:
    """Give the start (00:00 UTC) of the day that lies 33 days before `now`'s, the wall clock's unless given."""
    at = time.time_ns() // 1_000_000 if now is None else now
    return at - at % DAY - DAYS_BACK * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPlan:
    """One simulated day. The same plan gives the same bytes.

    Attributes:
        seed: of everything that is drawn.
        customers: how many people live in the city, the given ones included.
        people: real customers who live in it, before the made-up ones.
        day_start: 00:00 UTC of the day.
        slice_seconds: simulated time published at once; a divisor of an hour's multiple, at most an hour, since a
            record may be decided on as late as its slice ends and must not be late by then.
        bursts: bursts of usage or charges per hundred customers.
        json_percent: how many of a hundred events are JSON CloudEvents; the others are framed Avro.
        has_blackout: whether the large node fails, under which everybody is who plays in no story.
        through_seconds: how long the hub may stand still before the day gives up.
    """

    seed: int = 1
    customers: int = 23_000
    people: tuple[Person, ...] = ()
    day_start: Millis = field(default_factory=recent_day)
    slice_seconds: int = 3_600
    bursts: int = 125
    json_percent: float = 2.0
    has_blackout: bool = True
    through_seconds: float = 120.0

    def __post_init__(self) -> None:
        if self.slice_seconds <= 0 or HOUR // SECOND % self.slice_seconds:
            raise ValueError("slice_seconds must divide an hour")
        if self.day_start % DAY:
            raise ValueError("day_start must be 00:00 UTC")
        if self.customers < len(self.people):
            raise ValueError("customers must not be fewer than the people given")

    @property
    def hours(self) -> int:
        """How many hours the day has after its eve."""
        return 24

    @property
    def day_end(self) -> Millis:
        """Return the end of the day, UTC milliseconds."""
        return self.day_start + DAY

    def hour(self, index: int) -> Millis:
        """Give the start of the hour `index`; -1 is the eve, on which customers are made known."""
        return self.day_start + index * HOUR
