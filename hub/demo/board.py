"""What the watcher of a demo sees at a moment: the day's progress and the workers, drawn or in one line."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from hub.demo.workers import Worker
from operator_day import Progress


def one_line(progress: Progress, workers: Sequence[Worker]) -> str:
    """Say it in one line, for a log or a pipe."""
    return (
        f"{_clock(progress)}  {share(progress):4.0%}  {progress.sent:>9,} events  "
        f"{progress.events_per_second:>8,.0f}/s  age {progress.age_seconds:4.1f} s  "
        f"messages {sum(progress.messages.values()):,}  suppressed {sum(progress.suppressions.values()):,}  "
        f"dead letters {sum(progress.dead_letters.values()):,}  tasks {_shares(workers)}"
    )


def drawn(progress: Progress | None, workers: Sequence[Worker], note: str) -> RenderableType:
    """Draw it for a terminal."""
    if progress is None:
        return Panel(Group(Text(note), _workers(workers)), title="operator day")
    head = Text.assemble(
        (_clock(progress), "bold"),
        f"   {progress.sent:,} of {progress.total:,} events   {progress.events_per_second:,.0f}/s   "
        f"oldest {progress.age_seconds:.1f} s   contexts {progress.contexts:,}",
    )
    bar = ProgressBar(total=1.0, completed=share(progress))
    counts = Columns(
        [
            _counts("messages", {**progress.messages, "(cancelled)": progress.cancellations}),
            _counts("suppressed", progress.suppressions),
            _counts("dead letters", progress.dead_letters),
            _workers(workers),
        ],
        padding=(0, 3),
    )
    return Panel(Group(head, bar, Text(note, style="dim"), counts), title="operator day")


def share(progress: Progress) -> float:
    """How much of the day is through, 0 to 1."""
    return min(1.0, progress.slices_done / progress.slices) if progress.slices else 0.0


def _clock(progress: Progress) -> str:
    return f"{datetime.fromtimestamp(progress.simulated / 1000, UTC):%a %d %b %H:%M}"


def _shares(workers: Sequence[Worker]) -> str:
    return " + ".join(str(len(worker.tasks)) for worker in workers)


def _counts(title: str, counts: Mapping[str, int]) -> Table:
    table = Table(title=title, show_header=False, box=None, title_justify="left", title_style="bold")
    table.add_column()
    table.add_column(justify="right")
    for name, count in sorted(counts.items()):
        table.add_row(name, f"{count:,}")
    return table


def _workers(workers: Sequence[Worker]) -> Table:
    table = Table(title="workers", show_header=False, box=None, title_justify="left", title_style="bold")
    for worker in workers:
        boxes: dict[str, list[str]] = {}
        for name in worker.tasks:
            box, _, number = name.rpartition("-")
            boxes.setdefault(box, []).append(number)
        tasks = "  ".join(f"{box} {','.join(sorted(k, key=int))}" for box, k in sorted(boxes.items()))
        table.add_row(worker.name, tasks or "no task yet")
    return table
