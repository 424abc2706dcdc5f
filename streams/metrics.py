"""Every metric of the hub, once: the objects, `docs/metrics.md` and the alert tests derive from this catalogue.

Names are `hub_<noun>_<unit>[_total]`, durations seconds. No label carries an identifier: topics, boxes, reasons and
purposes are closed lists. `python -m streams.metrics` writes the page, `--check` fails when it differs.
"""

import platform
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final, Literal, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from streams.compiled import compiled
from streams.tallies import LABELS, Tally

__all__ = ["CATALOGUE", "Lag", "Metric", "Metrics", "Tally", "page"]

Kind = Literal["counter", "gauge", "histogram"]

_FAST: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""A chunk takes milliseconds, a commit 6 to 30 ms on a healthy cluster and up to its limit of 30 s on a sick one."""
_SLOW: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
"""An event is acted on within a second, or minutes later after a recovery."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: what it is called, what it counts, and by what."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


RECORDS: Final = Metric("hub_records_total", "counter", "Records applied by a box.", ("box", "topic"))
AGE: Final = Metric(
    "hub_age_seconds",
    "histogram",
    "Age of a chunk's oldest record when it was applied; on the wall clock only.",
    ("box",),
    _SLOW,
)
CHUNK: Final = Metric("hub_chunk_seconds", "histogram", "Time to fold one chunk.", ("box",), _FAST)
COMMIT: Final = Metric("hub_commit_seconds", "histogram", "Time of one commit of a task.", ("box",), _FAST)
LAG: Final = Metric(
    "hub_lag_seconds",
    "gauge",
    "How far behind in time the furthest task is; 0 when everything is applied.",
    ("box",),
)
LAG_RECORDS: Final = Metric("hub_lag_records", "gauge", "Records fetched or waiting, not yet applied.", ("box",))
RECOVERED: Final = Metric("hub_recovery_records_total", "counter", "Changelog records read back.", ("box",))
RECOVERY: Final = Metric("hub_recovery_seconds", "histogram", "Time to read one task's state back.", ("box",), _SLOW)
RECOVERING: Final = Metric(
    "hub_recovery_oldest_seconds",
    "gauge",
    "How long the task that has been recovering longest has been at it; 0 when none is.",
)
TASKS: Final = Metric(
    "hub_tasks",
    "gauge",
    "Tasks on this worker by state: recovering, open, or braked (stopped by too many dead letters).",
    ("box", "state"),
)
STUCK: Final = Metric(
    "hub_stuck",
    "gauge",
    "What does not get on for half of HUB_STUCK_SECONDS, by kind: loop, recovery, commit or backlog. At all of it "
    "the worker ends with status 70.",
    ("what",),
)
BUILD: Final = Metric(
    "hub_build_info",
    "gauge",
    "Always 1; which program this is, and whether the compiled part is used.",
    ("version", "python", "compiled"),
)

_TALLY_HELP: Final[dict[Tally, str]] = {
    Tally.EVENTS: "Events that entered a customer's record, by the topic they were published on.",
    Tally.DUPLICATES: "Events known before (source, type and id), applied without effect.",
    Tally.DEAD_LETTERS: "Records put aside with their bytes intact, by the topic they came in on and the reason.",
    Tally.MESSAGES: "Requests to tell a customer something.",
    Tally.CANCELLATIONS: "Requests withdrawn before their delivery report.",
    Tally.SUPPRESSIONS: "Messages that a rule wanted and a policy or a cover stopped, by the reason.",
    Tally.CONTEXTS: "Context records emitted.",
    Tally.PROVISIONAL: "Events kept for an identifier that nobody has claimed yet.",
    Tally.STRAY: "Records handed on to the partition that their identifier belongs to.",
    Tally.TIMER_FAILURES: "Timers whose rule raised: changes rolled back, tried again in an hour. Each is a defect.",
    Tally.OUTAGE_FAILURES: "Customers whose rule raised when an outage reached them: not told. Each is a defect.",
    Tally.IMPACTS: "What outages and works meant to customers, one per customer and phase.",
    Tally.DECISIONS: "Decisions what to offer, by what asked and the gate that was closed (none: nothing was).",
    Tally.OUTCOMES: "Outcomes attributed to offered actions.",
    Tally.SCREEN_POPS: "Views for an agent's desk, by what they say to speak of first.",
}

CATALOGUE: Final = (
    RECORDS,
    AGE,
    CHUNK,
    COMMIT,
    LAG,
    LAG_RECORDS,
    RECOVERED,
    RECOVERY,
    RECOVERING,
    TASKS,
    STUCK,
    BUILD,
    *(Metric(tally.value, "counter", _TALLY_HELP[tally], LABELS[tally]) for tally in Tally),
)


class Lag(NamedTuple):
    """How far one task is behind: records not yet applied, and the age of the oldest of them."""

    box: str
    records: int
    seconds: float


class Metrics:
    """The core's observer that counts for Prometheus, on a registry of its own.

    Its methods are called from the event loop and never raise. A tally that the catalogue does not know is dropped
    and counted in `unknown`, which tests hold at zero.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.unknown = 0
        self._counters = {m.name: Counter(m.name, m.help, m.labels, registry=self.registry) for m in _of("counter")}
        self._gauges = {m.name: Gauge(m.name, m.help, m.labels, registry=self.registry) for m in _of("gauge")}
        self._histograms = {
            m.name: Histogram(m.name, m.help, m.labels, registry=self.registry, buckets=m.buckets)
            for m in _of("histogram")
        }
        self._children: dict[tuple[str, tuple[str, ...]], Counter] = {}
        self._states: dict[tuple[str, int], tuple[str, float]] = {}
        self._heard: dict[str, float] = {}
        self._lags: Callable[[], Iterable[Lag]] = tuple
        self._stuck: Callable[[], Iterable[str]] = tuple
        self._gauges[BUILD.name].labels(
            version("interaction-hub"), platform.python_version(), str(compiled() is not None).lower()
        ).set(1)
        ProcessCollector(registry=self.registry)

    def applied(self, box: str, topic: str, events: int, seconds: float, age_seconds: float | None) -> None:
        """Count a folded chunk."""
        self._count(RECORDS.name, (box, topic), events)
        self._histograms[CHUNK.name].labels(box).observe(seconds)
        self._heard[box] = time.monotonic() - (age_seconds or 0.0)
        if age_seconds is not None:
            self._histograms[AGE.name].labels(box).observe(age_seconds)

    def committed(self, box: str, seconds: float, tallies: Mapping[tuple[str, tuple[str, ...]], int]) -> None:
        """Count a commit, and what became true with it."""
        self._histograms[COMMIT.name].labels(box).observe(seconds)
        for (name, labels), count in tallies.items():
            self._count(name, labels, count)

    def recovered(self, box: str, partition: int, records: int, seconds: float) -> None:  # noqa: ARG002  # no label
        """Count a task's state read back."""
        self._count(RECOVERED.name, (box,), records)
        self._histograms[RECOVERY.name].labels(box).observe(seconds)

    def task_state(self, box: str, partition: int, state: str) -> None:
        """Keep the state of a task; `closed` forgets it."""
        before = self._states.pop((box, partition), None)
        if before is not None:
            self._gauges[TASKS.name].labels(box, before[0]).dec()
        if state != "closed":
            self._states[box, partition] = (state, time.monotonic())
            self._gauges[TASKS.name].labels(box, state).inc()

    def watch_lags(self, lags: Callable[[], Iterable[Lag]]) -> None:
        """Ask `lags` at every scrape; it must be quick and must not raise."""
        self._lags = lags

    def watch_stuck(self, stuck: Callable[[], Iterable[str]]) -> None:
        """Ask `stuck` at every scrape for what does not get on: a kind, and what of that kind."""
        self._stuck = stuck

    def waiting_seconds(self, box: str) -> float:
        """Give how long ago the oldest record of the chunk that `box` applied last came in.

        While a box is behind, what it has not applied is at most so old. 0 before the first chunk.
        """
        heard = self._heard.get(box)
        return 0.0 if heard is None else time.monotonic() - heard

    def tasks(self) -> dict[str, str]:
        """Give the state of every task on this worker by `<box>-<partition>`, sorted."""
        return {f"{box}-{k}": state for (box, k), (state, _) in sorted(self._states.items())}

    def exposition(self) -> bytes:
        """Render everything in Prometheus' text format (0.0.4)."""
        starts = [since for state, since in self._states.values() if state == "recovering"]
        self._gauges[RECOVERING.name].set(time.monotonic() - min(starts) if starts else 0)
        self._gauges[STUCK.name].clear()
        for what in self._stuck():
            self._gauges[STUCK.name].labels(what.partition(" ")[0]).inc()
        furthest: dict[str, Lag] = {}
        for box, records, seconds in self._lags():
            known = furthest.get(box, Lag(box, 0, 0.0))
            furthest[box] = Lag(box, known.records + records, max(known.seconds, seconds))
        self._gauges[LAG.name].clear()
        self._gauges[LAG_RECORDS.name].clear()
        for box, records, seconds in furthest.values():
            self._gauges[LAG.name].labels(box).set(seconds)
            self._gauges[LAG_RECORDS.name].labels(box).set(records)
        return generate_latest(self.registry)

    def _count(self, name: str, labels: tuple[str, ...], count: int) -> None:
        child = self._children.get((name, labels))
        if child is None:
            counter = self._counters.get(name)
            if counter is None or len(counter._labelnames) != len(labels):  # noqa: SLF001  # it has no public name
                self.unknown += count
                return
            child = self._children[name, labels] = counter.labels(*labels) if labels else counter
        child.inc(count)


def page() -> str:
    """Render the catalogue as Markdown: the text of `docs/metrics.md`."""
    lines = [
        "# Metrics",
        "",
        "Made from the catalogue in `streams/metrics.py` by `make generate`; do not edit.",
        "A worker serves them on `HUB_HTTP_PORT` under `/metrics`. A *box* is resolve, customer or control.",
        "What a commit makes true is counted when it succeeded: a crash loses counts, never doubles them.",
        "The process's own figures (`process_cpu_seconds_total`, `process_resident_memory_bytes`, ...) stand beside.",
        "",
        "| Metric | Kind | Labels | Meaning |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| `{m.name}` | {m.kind} | {', '.join(f'`{label}`' for label in m.labels) or '-'} | {m.help} |"
        for m in sorted(CATALOGUE, key=lambda metric: metric.name)
    ]
    return "\n".join(lines) + "\n"


def _of(kind: Kind) -> list[Metric]:
    return [metric for metric in CATALOGUE if metric.kind == kind]


def main(arguments: list[str]) -> int:
    """Write `docs/metrics.md` of the working directory, or with `--check` compare it; 1 when it differs."""
    path = Path("docs/metrics.md")
    if "--check" not in arguments:
        path.write_text(page(), encoding="utf-8")
        return 0
    if path.is_file() and path.read_text(encoding="utf-8") == page():
        return 0
    sys.stderr.write("docs/metrics.md differs from the catalogue: run `make generate`.\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
