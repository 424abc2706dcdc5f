"""What a demo is to be, as the command line has it."""

from dataclasses import dataclass, field
from typing import Final

from operator_day import DayPlan

PARTITIONS: Final = 8
WORKERS: Final = 2

_WITHOUT_BURSTS: Final = 4.2
_IN_A_BURST: Final = 9.0
"""Events a customer has without bursts, and events of one burst: the operator day's own estimate."""


def bursts_for(events: int, customers: int) -> int:
    """Give how many bursts per hundred customers make about so many events."""
    return max(0, round((events / customers - _WITHOUT_BURSTS) * 100 / _IN_A_BURST))


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPlan:
    """One run of the demo.

    Attributes:
        day: What happens in the city.
        broker: `embedded`, `kafka` (a local Apache Kafka of its own) or the addresses of a cluster.
        is_crashing: One worker is killed half way and started again.
        is_kept: The topics stay.
        is_json: The report goes to standard output as JSON, everything else to standard error.
    """

    day: DayPlan = field(default_factory=DayPlan)
    broker: str = "embedded"
    is_crashing: bool = False
    is_kept: bool = False
    is_json: bool = False
