"""The figures of a benchmark and how they are told."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from bench.judge import Ends, Verdict
from bench.machine import Cores
from bench.plan import BenchPlan

_MIB = 1024 * 1024
_MICROS = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class HubRun:
    """One measurement of one `hub worker`, from the moment the load could be seen until all of it was through.

    Attributes:
        events: Events of the load.
        slices: In how many parts they became visible.
        user_seconds, system_seconds: CPU of the worker, all threads.
        wall_seconds: By the wall clock.
        peak_bytes: The most memory the worker ever held.
        changelog_records: Written meanwhile, by box; a commit's META record is one of them.
        outputs: Records written meanwhile to each topic that is not the hub's own.
        commits: Transactions meanwhile, by box.
        restored_records: Changelog records that the worker read back when it started.
        verdict: Whether the result counts.
    """

    events: int
    slices: int
    user_seconds: float
    system_seconds: float
    wall_seconds: float
    peak_bytes: int
    changelog_records: Mapping[str, int]
    outputs: Mapping[str, int]
    commits: Mapping[str, int]
    restored_records: int
    verdict: Verdict

    @property
    def cpu_us_per_event(self) -> float:
        """CPU of resolve, customer and control together, per event."""
        return (self.user_seconds + self.system_seconds) / self.events * _MICROS

    @property
    def events_per_core_second(self) -> float:
        """What one core fully used does in a second."""
        return _MICROS / self.cpu_us_per_event

    @property
    def events_per_second(self) -> float:
        """By the wall clock."""
        return self.events / self.wall_seconds

    def per_event(self, count: float) -> float:
        """Give `count` per event."""
        return count / self.events

    def to_dict(self) -> dict[str, object]:
        """Give all of it, rounded, for JSON."""
        return asdict(self) | {
            "cpu_us_per_event": round(self.cpu_us_per_event, 2),
            "events_per_core_second": round(self.events_per_core_second),
            "events_per_second": round(self.events_per_second),
            "changelog_records_per_event": round(self.per_event(sum(self.changelog_records.values())), 4),
            "outputs_per_event": {topic: round(self.per_event(n), 4) for topic, n in sorted(self.outputs.items())},
            "is_right": self.verdict.is_right,
        }


@dataclass(frozen=True, slots=True)
class StockRun:
    """The reference operator in stock Faust."""

    events: int
    cpu_us_per_event: float

    @property
    def events_per_core_second(self) -> float:
        """What one core fully used does in a second."""
        return _MICROS / self.cpu_us_per_event


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """All of one benchmark."""

    plan: BenchPlan
    machine: Mapping[str, object]
    cores: Cores
    hub: Sequence[HubRun]
    stock: StockRun | None

    @property
    def is_right(self) -> bool:
        """Whether every run did what it was measured on."""
        return all(run.verdict.is_right for run in self.hub)

    @property
    def median(self) -> HubRun:
        """The run whose CPU per event is the median (of an even number the cheaper of the middle two)."""
        middle = statistics.median_low(run.cpu_us_per_event for run in self.hub)
        return next(run for run in self.hub if run.cpu_us_per_event == middle)

    @property
    def shown(self) -> HubRun:
        """The run to tell of: the median, or the first whose result is wrong."""
        return next((run for run in self.hub if not run.verdict.is_right), self.median)

    @property
    def ratio(self) -> float | None:
        """How many events of the hub cost as much as one of stock Faust; None without a right result of both."""
        return (
            None
            if self.stock is None or not self.is_right
            else self.stock.cpu_us_per_event / self.median.cpu_us_per_event
        )

    @property
    def notes(self) -> list[str]:
        """What to know before comparing the figures with others."""
        notes = [self.cores.note] if self.cores.note else []
        if self.plan.is_profiled:
            notes.append("the worker ran under cProfile: its figures compare with nothing")
        if not self.is_right:
            notes.append("THE RESULT IS WRONG: the figures count for nothing")
        return notes

    def to_dict(self) -> dict[str, object]:
        """Give all of it for JSON."""
        return {
            "is_right": self.is_right,
            "notes": self.notes,
            "machine": dict(self.machine),
            "plan": asdict(self.plan),
            "hub": self.shown.to_dict(),
            "hub_runs_cpu_us_per_event": [round(run.cpu_us_per_event, 2) for run in self.hub],
            "stock_faust": None
            if self.stock is None
            else asdict(self.stock) | {"events_per_core_second": round(self.stock.events_per_core_second)},
            "ratio": None if self.ratio is None else round(self.ratio, 1),
        }


def told(result: Result) -> list[str]:
    """Tell the result in lines of plain text."""
    run = result.shown
    lines = ["", f"{'':34}{'CPU us/event':>14}{'events/s/core':>15}"]
    if result.is_right:
        lines.append(_row("hub worker, the operator day", run.cpu_us_per_event, run.events_per_core_second))
    if result.stock is not None:
        stock = result.stock
        lines.append(_row("stock Faust, reference operator", stock.cpu_us_per_event, stock.events_per_core_second))
    if result.ratio is not None:
        lines.append(f"{'ratio':34}{result.ratio:>13.1f}x")
    if result.is_right and len(result.hub) > 1:
        lines.append(f"runs: {', '.join(f'{each.cpu_us_per_event:.1f}' for each in result.hub)} us; the median counts")
    machine = ", ".join(f"{name} {value}" for name, value in result.machine.items())
    lines += ["", f"machine           {machine}", *_details(run), "", *_checked(run.verdict)]
    return lines + [f"note: {note}" for note in result.notes]


def _row(name: str, micros: float, rate: float) -> str:
    return f"{name:34}{micros:>14.1f}{rate:>15,.0f}"


def _details(run: HubRun) -> list[str]:
    changelog = ", ".join(f"{box} {run.per_event(n):.3f}" for box, n in sorted(run.changelog_records.items()) if n)
    outputs = ", ".join(f"{topic} {run.per_event(n):.4f}" for topic, n in sorted(run.outputs.items()) if n)
    commits = ", ".join(f"{box} {n:,}" for box, n in sorted(run.commits.items()) if n)
    wall = f"{run.wall_seconds:.1f} s: {run.events_per_second:,.0f}/s of the wall clock"
    restored = f"{run.restored_records:,} changelog records read back when it started"
    return [
        f"events            {run.events:,} in {run.slices} part(s), {wall}",
        f"CPU               {run.user_seconds:.1f} s user, {run.system_seconds:.1f} s system, all threads",
        f"peak memory       {run.peak_bytes / _MIB:.0f} MiB ({restored})",
        f"changelog/event   {run.per_event(sum(run.changelog_records.values())):.3f}: {changelog}",
        f"outputs/event     {outputs}",
        f"commits           {commits}",
    ]


def _checked(verdict: Verdict) -> list[str]:
    rows = [f"{'checked':24}{'sent':>10}{'applied':>10}{'duplicate':>11}{'dead letter':>13}"]
    rows += [_ends(end) for end in verdict.ends]
    rows.append(f"{verdict.checked:,} counts and facts of last contexts compared, {len(verdict.faults)} faults told")
    return rows + [f"WRONG: {fault}" for fault in verdict.faults]


def _ends(end: Ends) -> str:
    judged = "" if end.is_right else "  WRONG"
    return f"{end.topic:24}{end.sent:>10,}{end.applied:>10,}{end.duplicates:>11,}{end.dead_letters:>13,}{judged}"
