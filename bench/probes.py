"""Profile changes whose context follows at once: asked of every partition in turn, each to be answered exactly once."""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from typing import Final

from schemas import records

PROBED: Final = "probe-"
"""What the names of probes begin with."""


class Probes:
    """Knows who may be asked, who was, and what came of it.

    A customer is asked again only when they have answered: of several changes in one chunk the last alone shows.

    Args:
        people: Who may be asked, by partition.

    Attributes:
        arrivals: When answers came, in order, by partition; `time.monotonic` seconds.
        asked: How many probes there were.
        repeated: Outputs, answers or not, whose version of a customer had been there, or a later one.
    """

    def __init__(self, people: Mapping[int, Iterable[int]]) -> None:
        self.arrivals: defaultdict[int, list[float]] = defaultdict(list)
        self.asked = self.repeated = 0
        self._idle = {partition: deque(found) for partition, found in people.items()}
        self._open: dict[str, tuple[int, int, float]] = {}
        self._versions: dict[str, int] = {}

    def ask(self, partition: int, now: float) -> tuple[int, str] | None:
        """Return who is asked and the name they get; None while all of the partition's people owe an answer."""
        idle = self._idle[partition]
        if not idle:
            return None
        self.asked += 1
        index, name = idle.popleft(), f"{PROBED}{self.asked}"
        self._open[name] = partition, index, now
        return index, name

    def take(self, context: records.Context, at: float) -> None:
        """Enter an output as it is read: the first with a probe's name answers it, later ones only repeat the name."""
        if context.version <= self._versions.get(context.customer_id, 0):
            self.repeated += 1
            return
        self._versions[context.customer_id] = context.version
        found = self._open.pop(context.first_name or "", None)
        if found is not None:
            partition, index, _ = found
            self.arrivals[partition].append(at)
            self._idle[partition].append(index)

    @property
    def missing(self) -> int:
        """Count the probes without an answer."""
        return len(self._open)

    def give_up(self) -> int:
        """Wait for no answer any more and return how many there were to come; their people are asked no more."""
        count = len(self._open)
        self._open.clear()
        return count

    def waiting_seconds(self, now: float) -> float:
        """Return for how long the oldest unanswered probe waits; 0 when there is none."""
        return max((now - at for _, _, at in self._open.values()), default=0.0)
