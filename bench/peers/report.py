"""All of one benchmark: as JSON, and in lines of plain text."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from bench.machine import Cores
from bench.peers.engines import ALL
from bench.peers.figures import Row, Spread
from bench.peers.plan import PeersPlan

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was measured, and on what.

    Attributes:
        plan: What was asked for.
        machine: What it ran on.
        cores: Who ran where.
        day: When, YYYY-MM-DD.
        rows: One for each engine and workload.
    """

    plan: PeersPlan
    machine: Mapping[str, object]
    cores: Cores
    day: str
    rows: Sequence[Row]

    @property
    def is_right(self) -> bool:
        """Whether every result was."""
        return all(row.is_right for row in self.rows)

    @property
    def notes(self) -> list[str]:
        """What to know before comparing the figures with others."""
        notes = [self.cores.note] if self.cores.note else []
        if self.plan.is_profiled:
            notes.append("the hub ran under cProfile: its figures compare with nothing")
        if not self.is_right:
            notes.append("A RESULT IS WRONG: it has no figures")
        return notes

    def of(self, workload: str) -> list[Row]:
        """Return the rows of a workload, in the order in which they were measured."""
        return [row for row in self.rows if row.workload == workload]

    def to_dict(self) -> dict[str, object]:
        """Give all of it for JSON."""
        return {
            "is_right": self.is_right,
            "day": self.day,
            "notes": self.notes,
            "machine": dict(self.machine),
            "plan": asdict(self.plan),
            "rows": [row.to_dict() for row in self.rows],
        }


def told(report: Report) -> list[str]:
    """Tell the report in lines of plain text."""
    lines: list[str] = []
    for workload in report.plan.workloads:
        head = f"{'CPU us/event':>24}{'events/s/core':>15}{'events/s':>11}{'MiB':>7}{'changelog/event':>17}"
        lines += ["", f"{workload:36}{head}", *(_line(row) for row in report.of(workload))]
    machine = ", ".join(f"{name} {value}" for name, value in report.machine.items())
    lines += ["", f"machine: {machine}"]
    lines += [f"WRONG: {row.engine} on {row.workload}: {fault}" for row in report.rows for fault in _faults(row)]
    return lines + [f"note: {note}" for note in report.notes]


def label(row: Row) -> str:
    """Name a row's engine and its guarantee."""
    engine = ALL[row.engine]
    return f"{engine.label}, {engine.guarantee}"


def spread(found: Spread | None, digits: int) -> str:
    """Tell a figure with its least and most where there are several."""
    if found is None:
        return "-"
    text = f"{found.median:,.{digits}f}"
    return text if found.least == found.most else f"{text} ({found.least:,.{digits}f} to {found.most:,.{digits}f})"


def _line(row: Row) -> str:
    if not row.is_right:
        return f"  {label(row):34}{'WRONG':>24}"
    core_rate, rate, memory, changelog = map(_median, (row.core_rate, row.rate, row.memory, row.changelog))
    return (
        f"  {label(row):34}{spread(row.cpu, 2):>24}{core_rate:>15,.0f}{rate:>11,.0f}{memory / _MIB:>7,.0f}"
        f"{'-' if row.changelog is None else f'{changelog:.3f}':>17}"
    )


def _median(found: Spread | None) -> float:
    return 0.0 if found is None else found.median


def _faults(row: Row) -> list[str]:
    return list(dict.fromkeys(fault for run in row.runs for fault in run.faults))
