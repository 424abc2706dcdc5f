"""What the workers' `/metrics` say, added up."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from prometheus_client.parser import text_string_to_metric_families

from streams.metrics import LAG, Tally

_COUNTED: Final = {
    Tally.EVENTS: "topic",
    Tally.DUPLICATES: "topic",
    Tally.DEAD_LETTERS: "reason",
    Tally.MESSAGES: "purpose",
    Tally.CANCELLATIONS: "reason",
    Tally.SUPPRESSIONS: "reason",
    Tally.CONTEXTS: "",
}


@dataclass
class Gauges:
    """Counts of one moment, over all workers; what a killed worker had counted is carried on by `Counts`."""

    counts: dict[Tally, Counter[str]] = field(default_factory=lambda: {tally: Counter() for tally in _COUNTED})
    age_seconds: float = 0.0

    def add(self, other: "Gauges") -> None:
        """Add another worker's, or another life's, counts."""
        for tally, counter in other.counts.items():
            self.counts[tally].update(counter)
        self.age_seconds = max(self.age_seconds, other.age_seconds)

    def total(self, tally: Tally) -> int:
        """Sum over all labels."""
        return sum(self.counts[tally].values())


def read(exposition: str) -> Gauges:
    """Read one worker's exposition."""
    gauges = Gauges()
    for family in text_string_to_metric_families(exposition):
        for sample in family.samples:
            if sample.name in set(_COUNTED):
                tally = Tally(sample.name)
                gauges.counts[tally][sample.labels.get(_COUNTED[tally], "")] += int(sample.value)
            elif sample.name == LAG.name:
                gauges.age_seconds = max(gauges.age_seconds, sample.value)
    return gauges


class Counts:
    """The counts of every life of every worker: what a killed one had counted last stays counted.

    A life is a worker's name and number of restarts. What it counted between the last reading and its death is
    missing: this is a view; the reconciliation counts committed records.
    """

    def __init__(self) -> None:
        self._lives: dict[tuple[str, int], Gauges] = {}

    def hear(self, name: str, life: int, exposition: str | None) -> None:
        """Take what a worker said, if it said anything."""
        if exposition is not None:
            self._lives[name, life] = read(exposition)

    def sum(self, living: Iterable[tuple[str, int]]) -> Gauges:
        """Add up all lives; only the living have an age."""
        total, alive = Gauges(), set(living)
        for life, gauges in self._lives.items():
            total.add(gauges if life in alive else Gauges(gauges.counts))
        return total
