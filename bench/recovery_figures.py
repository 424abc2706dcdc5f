"""What reading the state back costs, and how it is told."""

import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from bench.machine import Cores

LEAST_CUSTOMERS: Final = 1_000
LEAST_STOCK_EVENTS: Final = 1_000
_MICROS: Final = 1e6
_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryPlan:
    """One run of `python -m bench.recovery`.

    Attributes:
        customers: People whose state is read back.
        usage: How often everybody uses something and is charged, beside being brought in.
        probes: How many of them are looked at after the last recovery.
        repeat: How often each start is measured; the median counts.
        stock_events: Changelog records that stock Faust reads back; 0 leaves it out.
        seed: Of everything that is drawn.
    """

    customers: int = 200_000
    usage: int = 2
    probes: int = 5_000
    repeat: int = 3
    stock_events: int = 50_000
    seed: int = 1

    def __post_init__(self) -> None:
        if self.customers < LEAST_CUSTOMERS:
            raise ValueError(f"the state of fewer than {LEAST_CUSTOMERS} customers is read back before it is measured")
        if self.usage < 0:
            raise ValueError("nobody uses something less often than never")
        if self.probes < 1:
            raise ValueError("at least one customer must be looked at: a wrong result is no result")
        if self.repeat < 1:
            raise ValueError("each start must be measured at least once")
        if self.stock_events and self.stock_events < LEAST_STOCK_EVENTS:
            raise ValueError(f"stock Faust needs at least {LEAST_STOCK_EVENTS} events, or 0 to leave it out")

    @property
    def probed(self) -> range:
        """Who is looked at, evenly spread."""
        return range(0, self.customers, max(1, self.customers // self.probes))


@dataclass(frozen=True, slots=True)
class Start:
    """From a process's first instruction until it is ready.

    Attributes:
        cpu_seconds: User and system, all threads.
        wall_seconds: By the wall clock.
        records: Changelog records read; more than there are when partitions went and came back in the middle.
        peak_bytes: The most memory it held until then; 0 where nobody looked.
    """

    cpu_seconds: float
    wall_seconds: float
    records: int = 0
    peak_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """Starts of one engine over nothing and over a state; the difference is what reading it back costs.

    Attributes:
        records: Changelog records that the state consists of.
        empty: Starts over an empty installation.
        full: Starts over the state.
        faults: What was wrong with the state read back, in words that name nobody; empty when it counts.
    """

    records: int
    empty: tuple[Start, ...]
    full: tuple[Start, ...]
    faults: tuple[str, ...]

    @property
    def cpu_us_per_record(self) -> float:
        """CPU per changelog record read, imports and joining the group left out; the median start counts."""
        empty = statistics.median(start.cpu_seconds for start in self.empty)
        return statistics.median((start.cpu_seconds - empty) / start.records for start in self.full) * _MICROS

    @property
    def records_per_second(self) -> float | None:
        """By the wall clock, on one core beside whatever else the machine does; None where that hides it."""
        empty = statistics.median(start.wall_seconds for start in self.empty)
        seconds = statistics.median((start.wall_seconds - empty) / start.records for start in self.full)
        return 1 / seconds if seconds > 0 else None

    @property
    def is_right(self) -> bool:
        """Whether the figures count."""
        return not self.faults and all(start.records >= self.records > 0 for start in self.full)

    @property
    def is_measurable(self) -> bool:
        """Whether there was enough to read for starts to differ by more than chance."""
        return self.is_right and self.cpu_us_per_record > 0

    def to_dict(self) -> dict[str, object]:
        """Give all of it, rounded, for JSON."""
        per_second = self.records_per_second if self.is_measurable else None
        return asdict(self) | {
            "is_right": self.is_right,
            "cpu_us_per_record": round(self.cpu_us_per_record, 2) if self.is_measurable else None,
            "records_per_second": round(per_second) if per_second else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """All of one benchmark."""

    plan: RecoveryPlan
    machine: Mapping[str, object]
    cores: Cores
    hub: Recovery
    stock: Recovery | None

    @property
    def is_right(self) -> bool:
        """Whether both read back what they had."""
        return self.hub.is_right and (self.stock is None or self.stock.is_right)

    @property
    def ratio(self) -> float | None:
        """How many records of the hub cost as much as one of stock Faust; None without a right result of both."""
        if self.stock is None or not (self.is_right and self.hub.is_measurable and self.stock.is_measurable):
            return None
        return self.stock.cpu_us_per_record / self.hub.cpu_us_per_record

    def to_dict(self) -> dict[str, object]:
        """Give all of it for JSON."""
        return {
            "is_right": self.is_right,
            "machine": dict(self.machine),
            "plan": asdict(self.plan),
            "hub": self.hub.to_dict(),
            "stock_faust": None if self.stock is None else self.stock.to_dict(),
            "ratio": None if self.ratio is None else round(self.ratio, 1),
        }


def told(result: Result) -> list[str]:
    """Tell the result in lines of plain text."""
    hub, stock, plan = result.hub, result.stock, result.plan
    lines = ["", f"{'':38}{'records':>11}{'CPU us/record':>15}{'records/s':>11}"]
    lines += _row(f"hub worker, {plan.customers:,} customers", hub)
    if stock is not None:
        lines += _row("stock Faust, reference table", stock)
    if result.ratio is not None:
        lines.append(f"{'ratio':38}{'':11}{result.ratio:>14.1f}x")
    machine = ", ".join(f"{name} {value}" for name, value in result.machine.items())
    peak = max(start.peak_bytes for start in hub.full) / _MIB
    lines += ["", f"machine           {machine}", f"peak memory       {peak:.0f} MiB of the worker"]
    lines += _starts("hub worker", hub)
    lines += [] if stock is None else _starts("stock Faust", stock)
    faults = hub.faults + (stock.faults if stock else ())
    lines.append(f"checked           contexts of {len(plan.probed):,} customers after the last start")
    lines += [f"WRONG: {fault}" for fault in faults]
    lines += [f"note: {result.cores.note}"] if result.cores.note else []
    return lines if result.is_right else [*lines, "note: THE RESULT IS WRONG: the figures count for nothing"]


def _row(name: str, recovery: Recovery) -> list[str]:
    if not recovery.is_measurable:
        return [f"{name:38}{recovery.records:>11,}{'not told':>15}"]
    rate = f"{recovery.records_per_second:,.0f}" if recovery.records_per_second else "-"
    return [f"{name:38}{recovery.records:>11,}{recovery.cpu_us_per_record:>15.2f}{rate:>11}"]


def _starts(name: str, recovery: Recovery) -> list[str]:
    def cpu(starts: tuple[Start, ...]) -> str:
        return ", ".join(f"{start.cpu_seconds:.2f}" for start in starts)

    return [f"{name:17} CPU s until ready: {cpu(recovery.empty)} over nothing; {cpu(recovery.full)} over the state"]
