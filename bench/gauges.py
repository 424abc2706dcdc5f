"""What the worker's `/metrics` adds to what can be seen from outside."""

from collections import Counter
from dataclasses import dataclass
from typing import Self

from prometheus_client.parser import text_string_to_metric_families

from streams.metrics import COMMIT, LAG_RECORDS, RECOVERED


@dataclass(frozen=True, slots=True)
class Gauges:
    """Read off one exposition.

    Attributes:
        commits: Of this worker since its start, by box.
        restored_records: Changelog records that it read back.
        lag_records: Waiting to be applied, in all boxes.
    """

    commits: Counter[str]
    restored_records: int
    lag_records: int = 0

    @classmethod
    def of(cls, exposition: str) -> Self:
        """Read them; what is not there is 0."""
        commits: Counter[str] = Counter()
        restored = lag = 0
        for family in text_string_to_metric_families(exposition):
            for sample in family.samples:
                if sample.name == f"{COMMIT.name}_count":
                    commits[sample.labels["box"]] += int(sample.value)
                elif sample.name == RECOVERED.name:
                    restored += int(sample.value)
                elif sample.name == LAG_RECORDS.name:
                    lag += int(sample.value)
        return cls(commits, restored, lag)
