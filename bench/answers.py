"""What a latency benchmark is to be, when its reasons were answered, and what is told of it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from msgspec import Struct

from schemas import records

Probe = Literal["reason", "context"]
TOPIC_OF: Final[dict[Probe, str]] = {"reason": "nba.decision.v1", "context": "customer.context.v1"}
"""Where the answer comes."""
PROBED: Final = "talk-"
"""What the names of timed questions begin with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyPlan:
    """One run.

    Attributes:
        probe: What is timed: a reason typed until its ranked actions, or a profile's change until the context.
        has_transactions: Whether the worker commits in transactions; without them outputs may repeat.
        seconds: How long it is measured, after a warm-up; all rounds together.
        events_per_second: Beside the conversations.
        share: Percent of the capacity, which is measured first, to have beside instead; None has the events above.
        rounds: How often capacity and latency are measured in turn: a machine is now quicker, now slower.
        conversations_per_second: Each asks one timed question.
        customers: People.
        partitions: Of every people-keyed topic; each is a task of its own in two boxes, and commits by itself.
        workers: How many share the partitions.
        seed: Of everything that is drawn.
    """

    probe: Probe = "reason"
    has_transactions: bool = True
    seconds: int = 60
    events_per_second: int = 5_000
    share: int | None = None
    rounds: int = 1
    conversations_per_second: int = 20
    customers: int = 20_000
    partitions: int = 4
    workers: int = 1
    seed: int = 1


@dataclass(slots=True)
class Answers:
    """When questions were sent and answered, `time.monotonic` seconds, by interaction."""

    sent: dict[str, float] = field(default_factory=dict)
    answered: dict[str, float] = field(default_factory=dict)
    repeated: int = 0
    empty: int = 0

    def take(self, answer: Struct, at: float) -> None:
        """Enter an answer as it is read; what is none is passed over."""
        if isinstance(answer, records.Context):
            name, is_empty = answer.first_name or "", False
            if not name.startswith(PROBED) or name in self.answered:  # later contexts say the same name
                return
        elif isinstance(answer, records.Decided) and answer.trigger == "reason_set":
            name, is_empty = answer.interaction_id or "", not answer.actions
            if name in self.answered:
                self.repeated += 1
                return
        else:
            return
        self.answered[name] = at
        self.empty += is_empty

    def millis(self, since: float, until: float = math.inf) -> list[float]:
        """Return the latencies of questions sent from `since` until before `until`, sorted."""
        found = ((self.answered.get(name), at) for name, at in self.sent.items() if since <= at < until)
        return sorted((answered - at) * 1000 for answered, at in found if answered is not None)

    @property
    def missing(self) -> int:
        """Count the questions without an answer."""
        return len(self.sent.keys() - self.answered.keys())


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyResult:
    """What was measured; milliseconds, cores, events a second."""

    questions: int
    p50: float
    p90: float
    p99: float
    most: float
    missing: int
    repeated: int
    empty: int
    background_per_second: float
    capacities: Sequence[float]
    worker_cores: float
    broker_cores: float
    load_cores: float

    @property
    def is_right(self) -> bool:
        """Whether every question was answered once, with actions, beside the load that was wanted."""
        return not (self.missing or self.repeated or self.empty)


def at_share(millis: Sequence[float], share: float) -> float:
    """Return the value below which that share of the sorted values lies."""
    return millis[min(len(millis) - 1, int(len(millis) * share))]


def percentiles(millis: Sequence[float]) -> str:
    """Say in a line how long answers took so far."""
    if not millis:
        return "no answer yet"
    middle, late = at_share(millis, 0.5), at_share(millis, 0.99)
    return f"{len(millis):,} answers  p50 {middle:.0f}  p99 {late:.0f}  most {millis[-1]:.0f} ms"
