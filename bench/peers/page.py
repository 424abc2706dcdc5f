"""The generated part of `docs/benchmarks.md`, between its markers, and the picture beside it."""

from pathlib import Path
from typing import Final

from bench.peers.chart import Bar, Group, drawn
from bench.peers.figures import Row, Spread
from bench.peers.plan import DAY, OURS
from bench.peers.report import Report, label, spread
from hub.refusal import CommandRefused

BEGIN: Final = "<!-- make bench begins: written by the command, not by hand -->"
END: Final = "<!-- make bench ends -->"
PICTURE: Final = "benchmarks.svg"
_MIB: Final = 1024 * 1024
_TITLES: Final = {
    "reference-20k": "Reference operator, 20,000 customers, some much busier than others",
    "reference-200k": "Reference operator, 200,000 customers, equally busy",
    DAY: "Operator day: the whole product",
}


def write(report: Report, page: Path) -> None:
    """Write the report into the page and its picture.

    Raises:
        CommandRefused: the page has no place for it.
    """
    page.write_text(replaced(page.read_text(), part(report)))
    (page.parent / PICTURE).write_text(picture(report))


def check(page: Path) -> None:
    """Do nothing if the page can be written: nobody wants to hear it after half an hour.

    Raises:
        CommandRefused: it has no place for the figures.
    """
    replaced(page.read_text(), "")


def replaced(page: str, text: str) -> str:
    """Return the page with `text` between its markers; what stands around them remains.

    Raises:
        CommandRefused: one is missing, or they stand in the wrong order.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise CommandRefused(f"docs/benchmarks.md needs the lines {BEGIN} and {END} around what is written anew")
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"


def part(report: Report) -> str:
    """Write the figures as Markdown."""
    plan = report.plan
    machine = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in report.machine.items())
    times = f"median of {plan.repeat} runs (least to most)" if plan.repeat > 1 else "one run"
    lines = [
        f"{report.day}: {times}; {machine}.",
        "",
        f"![CPU microseconds per event, less is better]({PICTURE})",
    ]
    for workload in plan.workloads:
        lines += ["", f"**{_TITLES[workload]}**", "", *_table(report.of(workload))]
    return "\n".join([*lines, *(f"\nNote: {note}." for note in report.notes)])


def picture(report: Report) -> str:
    """Draw the figures."""
    return drawn(
        [Group(_TITLES[name], [*map(_bar, filter(_has_figures, report.of(name)))]) for name in report.plan.workloads]
    )


def _table(rows: list[Row]) -> list[str]:
    columns = ("CPU µs per event", "events/s/core", "events/s", "memory, MiB", "changelog records per event", "events")
    return [f"| | {' | '.join(columns)} |", f"|{'---|' * (len(columns) + 1)}", *map(_line, rows)]


def _line(row: Row) -> str:
    if not row.is_right:
        return f"| {label(row)} | wrong result | - | - | - | - | {row.runs[0].events:,} |"
    rates = tuple("-" if rate is None else f"{rate.median:,.0f}" for rate in (row.core_rate, row.rate))
    figures = (spread(row.cpu, 2), *rates, spread(_in_mib(row.memory), 0), spread(row.changelog, 3))
    return f"| {label(row)} | {' | '.join(figures)} | {row.runs[0].events:,} |"


def _in_mib(found: Spread | None) -> Spread | None:
    return None if found is None else Spread(found.median / _MIB, found.least / _MIB, found.most / _MIB)


def _has_figures(row: Row) -> bool:
    return row.cpu is not None


def _bar(row: Row) -> Bar:
    cpu = row.cpu
    if cpu is None:
        raise ValueError("a wrong result has no bar")
    return Bar(label(row), cpu.median, cpu.least, cpu.most, is_ours=row.engine in OURS)
