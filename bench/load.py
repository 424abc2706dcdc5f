"""The load: one operator day, every event of it encoded before anything is measured."""

import math
from dataclasses import dataclass
from typing import Final

from agents.customer.fold import TIMERS_PER_RECORD
from bench.plan import PARTITIONS
from operator_day import DayPlan, Ledger, config
from operator_day.events import Event
from operator_day.pen import clock
from operator_day.script import Script
from operator_day.zones import DAY, MINUTE, Millis

_UNEVEN: Final = 1.5
"""How many more customers than the average a partition may have."""


@dataclass(frozen=True, slots=True, repr=False)
class Slice:
    """What becomes visible at one moment.

    Attributes:
        events: In the order of arrival.
        ticks: The clock at its end: contexts that are due by then go out.
    """

    events: list[Event]
    ticks: list[Event]


@dataclass(frozen=True, slots=True, repr=False)
class Load:
    """What is published, step by step, and what must come of it.

    Attributes:
        ledger: The right answers; filled by the publisher, so a load serves one measurement.
        eve: Steps to be worked off one after another: configuration, activation, customers with their identifiers.
        slices: The day; what is measured.
        last_ticks: The clock far past the day, when what nobody claimed is given up.
    """

    ledger: Ledger
    eve: tuple[list[Event], ...]
    slices: tuple[Slice, ...]
    last_ticks: list[Event]

    @property
    def events(self) -> int:
        """How many are measured."""
        return sum(len(part.events) for part in self.slices)


def write(plan: DayPlan, slices: int) -> Load:
    """Write the day of `plan` in so many slices; a divisor of 24. The same plan gives the same bytes."""
    ledger = Ledger()
    script = Script(plan, ledger)
    start = plan.hour(-1)
    eve = (config.first(start), config.activations(start), script.events(-1), [clock(plan.day_start)])
    hours = plan.hours // slices
    parts = []
    for first in range(0, plan.hours, hours):
        last = first + hours
        end = plan.hour(last) + (MINUTE if last == plan.hours else 0)
        parts.append(
            Slice(
                [event for hour in range(first, last) for event in script.events(hour)], ticks_at(end, plan.customers)
            )
        )
    return Load(ledger, eve, tuple(parts), ticks_at(plan.day_end + 31 * DAY, plan.customers))


def ticks_at(at: Millis, customers: int) -> list[Event]:
    """Write as many ticks, a millisecond apart, as it takes to fire a timer of everybody.

    A record fires a bounded number of timers, so that none is decided on late; when a day is read at once, most
    people's contexts are due together at its end.
    """
    most = customers / PARTITIONS * _UNEVEN
    return [clock(at + number) for number in range(math.ceil(most / TIMERS_PER_RECORD) + 1)]
