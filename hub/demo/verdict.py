"""The reconciliation as people read it."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from operator_day.report import Line, Report

_FIGURES = ("expected", "seen", "missing", "doubled", "unexpected", "repeated")


def verdict(report: Report) -> RenderableType:
    """Draw the whole report; the last line says whether the day came out right."""
    table = Table(title=f"reconciliation of {report.events:,} events about {report.customers:,} customers")
    table.add_column("kind")
    for figure in _FIGURES:
        table.add_column(figure, justify="right")
    table.add_column("")
    for line in report.lines:
        table.add_row(line.kind, *_cells(line), _mark(is_right=line.is_right))
    laws = Table(title="laws", title_justify="left")
    for column in ("law", "checked", "broken", ""):
        laws.add_column(column)
    for law in report.laws:
        laws.add_row(law.name, f"{law.checked:,}", f"{law.broken:,}", _mark(is_right=law.is_right))
    rates = [f"{rate.name} {rate.per_event:.3f} per event (at most {rate.limit:g})" for rate in report.rates]
    parts: list[RenderableType] = [table, laws, Text("; ".join(rates))]
    parts += [Text(f"  {finding}", style="red") for finding in report.findings]
    sentence = "Everything sent was accounted for." if report.is_right else "The day does not add up."
    parts.append(Text(f"{sentence} {report.seconds:.0f} s.", style="bold green" if report.is_right else "bold red"))
    return Group(*parts)


def _cells(line: Line) -> Iterator[str]:
    for figure in _FIGURES:
        count = getattr(line, figure)
        yield f"{count:,}" if count or figure in {"expected", "seen"} else ""


def _mark(*, is_right: bool) -> Text:
    return Text("ok", style="green") if is_right else Text("WRONG", style="bold red")
