"""The demo's watcher sees the day, the workers and the verdict, on a terminal and in a log."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from hub.demo.board import drawn, one_line, share
from hub.demo.gauges import events_of
from hub.demo.plan import bursts_for
from hub.demo.stage import Stage
from hub.demo.verdict import verdict
from hub.demo.workers import Worker, decoded, is_shared
from operator_day import Progress, Report
from operator_day.report import Law, Line, Rate
from streams.metrics import Metrics, Tally


def _progress() -> Progress:
    return Progress(
        simulated=1_760_000_000_000,
        sent=123_456,
        total=200_000,
        events_per_second=9_876.0,
        messages={"balance.low": 321},
        cancellations=7,
        suppressions={"cap": 11},
        dead_letters={"late": 5},
        contexts=999,
        age_seconds=0.4,
        slices_done=5,
        slices=25,
    )


def _workers() -> list[Worker]:
    one, other = (Worker(f"worker {number}", {}, Path("unused.log")) for number in (1, 2))
    one.tasks = {"customer-0": "open", "customer-10": "open", "customer-2": "open", "control-0": "open"}
    other.tasks = {"customer-1": "open"}
    return [one, other]


def test_line_tells_everything_of_a_moment() -> None:
    line = one_line(_progress(), _workers())
    for part in ("20%", "123,456", "9,876/s", "messages 321", "suppressed 11", "dead letters 5", "tasks 4 + 1"):
        assert part in line


def test_picture_tells_kinds_reasons_and_tasks() -> None:
    stream = io.StringIO()
    Console(file=stream, width=160).print(drawn(_progress(), _workers(), "note"))
    for part in ("balance.low", "cap", "late", "customer 0,2,10", "control 0", "(cancelled)", "oldest 0.4 s"):
        assert part in stream.getvalue()


def test_share_is_of_slices_and_never_above_one() -> None:
    assert share(_progress()) == pytest.approx(0.2)


def test_stage_without_a_terminal_prints_plain_lines_and_not_too_many() -> None:
    stream = io.StringIO()
    with Stage(Console(file=stream, width=200), _workers()) as stage:
        stage.say("two workers join")
        for _ in range(50):
            stage.show(_progress())
    lines = stream.getvalue().splitlines()
    assert lines[0] == "two workers join"
    assert len(lines) == 2
    assert "\x1b" not in stream.getvalue()


def _report(missing: int) -> Report:
    lines = (Line("applied usage.record.v1", 10, 10 - missing, missing=missing),)
    return Report(10, 3, lines, (Law("quiet hours", 5, 0),), (Rate("contexts", 0.2, 0.25),), ("story: x",), 1.0)


@pytest.mark.parametrize(("missing", "said"), [(0, "accounted for"), (1, "does not add up")])
def test_verdict_says_whether_the_day_adds_up(missing: int, said: str) -> None:
    stream = io.StringIO()
    Console(file=stream, width=160).print(verdict(_report(missing)))
    assert said in stream.getvalue()
    assert ("WRONG" in stream.getvalue()) == bool(missing)


def test_tasks_are_shared_when_all_are_open_once_and_both_serve_customers() -> None:
    workers = _workers()
    assert is_shared(workers, {"customer": 4, "control": 1})
    assert not is_shared(workers, {"customer": 5, "control": 1})
    workers[1].tasks = {"customer-1": "recovering"}
    assert not is_shared(workers, {"customer": 4, "control": 1})
    workers[0].tasks |= workers[1].tasks | {"customer-1": "open"}
    workers[1].tasks = {}
    assert not is_shared(workers, {"customer": 4, "control": 1})


def test_events_of_a_worker_are_read_from_its_metrics() -> None:
    metrics = Metrics()
    metrics.committed("customer", 0.1, {(Tally.EVENTS, ("a",)): 3, (Tally.EVENTS, ("b",)): 4})
    assert events_of(metrics.exposition().decode()) == 7
    assert events_of("") == 0


@pytest.mark.parametrize("text", [None, "", "[]", "1"])
def test_answer_that_is_no_status_is_an_empty_one(text: str | None) -> None:
    assert decoded(text) == {}


def test_wanted_events_become_bursts() -> None:
    assert bursts_for(4_200, 1_000) == 0
    assert bursts_for(13_200, 1_000) == 100
