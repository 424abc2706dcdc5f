"""What a run of the programme is to be."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

PARTITIONS: Final = 4
WORKERS: Final = 3
SESSION_SECONDS: Final = 6.0
TRANSACTION_SECONDS: Final = 10.0
KEPT: Final = Path("build/chaos")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChaosPlan:
    """One run.

    Attributes:
        seed: Of the city and of the strikes.
        minutes: How long the day is to take at least.
        customers: In the city.
        is_control: The workers use no transactions, and must be seen to fail.
        brokers: Nodes of the cluster.
        events_per_second: Published at so many at most; None at full speed.
        slice_seconds: Simulated time published between two looks.
        directory: Where the report goes, and what a failing run leaves.
    """

    seed: int
    minutes: float = 10.0
    customers: int = 4_000
    is_control: bool = False
    brokers: int = 1
    events_per_second: float | None = None
    slice_seconds: int = 1_800
    directory: Path = KEPT

    @property
    def name(self) -> str:
        """What files of this run are called."""
        return f"{'control-' if self.is_control else ''}{'brokers-' if self.brokers > 1 else ''}seed-{self.seed}"
