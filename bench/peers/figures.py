"""The figures of one run, and of several."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

_MICROS = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One engine on one workload, from the moment the load was there until its last offset was committed.

    Attributes:
        warm: Events before that, not billed.
        events: Events.
        user_seconds, system_seconds: CPU of the process, all threads.
        wall_seconds: By the wall clock.
        peak_bytes: The most memory that the process ever held.
        changelog_records: Written meanwhile; None where there is no changelog.
        faults: What is wrong with the result; empty when all is right.
    """

    warm: int
    events: int
    user_seconds: float
    system_seconds: float
    wall_seconds: float
    peak_bytes: int
    changelog_records: int | None
    faults: tuple[str, ...] = ()

    @property
    def is_right(self) -> bool:
        """Whether the figures count."""
        return not self.faults

    @property
    def cpu_us_per_event(self) -> float:
        """User and system."""
        return (self.user_seconds + self.system_seconds) / self.events * _MICROS

    @property
    def events_per_core_second(self) -> float:
        """What one core fully used does in a second."""
        return _MICROS / self.cpu_us_per_event

    @property
    def events_per_second(self) -> float:
        """By the wall clock, until the last commit: who commits every five seconds may wait as long for it."""
        return self.events / self.wall_seconds

    @property
    def changelog_per_event(self) -> float | None:
        """Changelog records, or None where there is no changelog."""
        return None if self.changelog_records is None else self.changelog_records / self.events

    def to_dict(self) -> dict[str, object]:
        """Give it for JSON; a wrong result has no figures."""
        if not self.is_right:
            return {"is_right": False, "faults": list(self.faults), "events": self.events, "warm": self.warm}
        per_event = self.changelog_per_event
        return asdict(self) | {
            "is_right": True,
            "cpu_us_per_event": round(self.cpu_us_per_event, 3),
            "events_per_core_second": round(self.events_per_core_second),
            "events_per_second": round(self.events_per_second),
            "changelog_per_event": None if per_event is None else round(per_event, 4),
        }


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure over several runs: what the median says, and how far it can be trusted."""

    median: float
    least: float
    most: float

    def to_dict(self) -> dict[str, float]:
        """Give it for JSON."""
        return {name: round(value, 4) for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Row:
    """All runs of one engine on one workload.

    Attributes:
        workload, engine: Their names.
        runs: In the order in which they were made, at least one.
    """

    workload: str
    engine: str
    runs: Sequence[Run]

    @property
    def is_right(self) -> bool:
        """Whether every run was."""
        return all(run.is_right for run in self.runs)

    def spread(self, figure: Callable[[Run], float | None]) -> Spread | None:
        """Return a figure's spread; None when a result was wrong, or where there is no such figure."""
        found = [value for run in self.runs if (value := figure(run)) is not None]
        if not self.is_right or not found:
            return None
        return Spread(statistics.median(found), min(found), max(found))

    @property
    def cpu(self) -> Spread | None:
        """CPU microseconds per event."""
        return self.spread(lambda run: run.cpu_us_per_event)

    @property
    def core_rate(self) -> Spread | None:
        """Events per second of a core fully used."""
        return self.spread(lambda run: run.events_per_core_second)

    @property
    def rate(self) -> Spread | None:
        """Events per second of the wall clock."""
        return self.spread(lambda run: run.events_per_second)

    @property
    def memory(self) -> Spread | None:
        """Peak memory in bytes."""
        return self.spread(lambda run: run.peak_bytes)

    @property
    def changelog(self) -> Spread | None:
        """Changelog records per event."""
        return self.spread(lambda run: run.changelog_per_event)

    def to_dict(self) -> dict[str, object]:
        """Give it for JSON."""
        spreads = {
            "cpu_us_per_event": self.cpu,
            "events_per_core_second": self.core_rate,
            "events_per_second": self.rate,
            "peak_bytes": self.memory,
            "changelog_per_event": self.changelog,
        }
        return {
            "workload": self.workload,
            "engine": self.engine,
            "is_right": self.is_right,
            **{name: None if spread is None else spread.to_dict() for name, spread in spreads.items()},
            "runs": [run.to_dict() for run in self.runs],
        }
