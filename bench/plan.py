"""What one benchmark is to be."""

from dataclasses import dataclass
from typing import Final

from operator_day import DayPlan
from operator_day.bursts import BY_LOCAL_HOUR

HOURS: Final = 24
PARTITIONS: Final = 8
LEAST_EVENTS: Final = 1_000
_LEAST_CUSTOMERS: Final = 200
_PER_BURST: Final = 9.0
"""Records of a burst, duplicates and a balance now and then included; measured over 190,000 events."""
_MOST_BURSTS: Final = 1_200
"""Per hundred customers. A customer has at most one burst an hour, so more draws than that hardly add any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchPlan:
    """One run of `python -m bench.demo`.

    Attributes:
        events: About how many the hub is measured on.
        customers: People in the city.
        seed: Of everything that is drawn.
        slices: In how many parts the day becomes visible, each once the one before is through. In one part the hub
            reads at full speed, but topics overtake each other by hours and customers' contexts change less often than
            on a real day; in 24 parts the day is as the operator day plays it.
        repeat: How often the hub is measured; the median counts.
        stock_events: How many stock Faust is measured on; 0 leaves it out.
        is_profiled: The worker runs under cProfile, which doubles its time: no figures for comparison.
    """

    events: int = 400_000
    customers: int = 20_000
    seed: int = 1
    slices: int = 1
    repeat: int = 1
    stock_events: int = 60_000
    is_profiled: bool = False

    def __post_init__(self) -> None:
        if self.customers < _LEAST_CUSTOMERS:
            raise ValueError(f"a city needs at least {_LEAST_CUSTOMERS} customers")
        if self.events < LEAST_EVENTS:
            raise ValueError(f"fewer than {LEAST_EVENTS} events measure nothing")
        if self.slices < 1 or HOURS % self.slices:
            raise ValueError(f"the slices must be whole hours of a day: a divisor of {HOURS}")
        if self.repeat < 1:
            raise ValueError("the hub must be measured at least once")
        if self.stock_events and self.stock_events < LEAST_EVENTS:
            raise ValueError(f"stock Faust needs at least {LEAST_EVENTS} events, or 0 to leave it out")
        if self.events > events_of(_MOST_BURSTS) * self.customers:
            raise ValueError("so many events need more customers: nobody lives through more than a burst an hour")

    def day(self) -> DayPlan:
        """Give the operator day that has about so many events after its eve.

        The large node stays up: an outage's fan-out costs by the customer, not by the event.
        """
        wanted = self.events / self.customers
        bursts = next(bursts for bursts in range(_MOST_BURSTS + 1) if events_of(bursts) >= wanted)
        return DayPlan(seed=self.seed, customers=self.customers, bursts=bursts, has_blackout=False)


def events_of(bursts: int) -> float:
    """Estimate how many events a customer has on a day with so many bursts per hundred customers.

    Two bursts of one customer never fall in one hour: of several draws of an hour one counts.
    """
    total = sum(BY_LOCAL_HOUR)
    whole, rest = divmod(bursts, 100)

    def hours(draws: int) -> float:
        return sum(1 - (1 - share / total) ** draws for share in BY_LOCAL_HOUR)

    return _PER_BURST * (hours(whole) + (hours(whole + 1) - hours(whole)) * rest / 100)
