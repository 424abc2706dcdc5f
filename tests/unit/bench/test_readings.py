"""What is read off the system and the worker."""

import os
import time

import pytest

from bench.gauges import Gauges
from bench.machine import Cores
from bench.meter import parse, usage_of
from bench.plan import BenchPlan, events_of
from bench.stock import parse as parse_stock
from hub.refusal import CommandRefused
from streams.metrics import Metrics


def test_usage_reads_past_a_name_with_spaces_and_parentheses() -> None:
    stat = "7 (a (b) c) S 1 7 7 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 3 0"
    usage = parse(stat, "Name:\tx\nVmHWM:\t  2048 kB\n", 100)

    assert (usage.user_seconds, usage.system_seconds, usage.peak_bytes) == (2.5, 0.5, 2048 * 1024)
    assert usage.cpu_seconds == 3.0


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="this system has no /proc")  # noqa: PTH110
def test_usage_of_this_process_is_what_it_used() -> None:
    assert usage_of(os.getpid()).cpu_seconds == pytest.approx(time.process_time(), abs=0.5)


def test_a_process_that_is_gone_is_one_sentence() -> None:
    with pytest.raises(CommandRefused, match="it ended"):
        usage_of(0)


def test_gauges_read_what_a_worker_serves() -> None:
    metrics = Metrics()
    metrics.committed("customer", 0.01, {})
    metrics.committed("customer", 0.01, {})
    metrics.committed("resolve", 0.01, {})
    metrics.recovered("customer", 0, 120, 0.5)
    gauges = Gauges.of(metrics.exposition().decode())

    assert gauges.commits == {"customer": 2, "resolve": 1}
    assert gauges.restored_records == 120


def test_one_core_is_said_and_nothing_is_pinned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3}, raising=False)
    cores = Cores.of_this_machine()

    assert (cores.broker, cores.worker) == (None, None)
    assert cores.note is not None
    assert "one core" in cores.note


def test_without_taskset_the_broker_is_not_pinned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {2, 5}, raising=False)
    monkeypatch.setattr("shutil.which", lambda _: None)
    cores = Cores.of_this_machine()

    assert (cores.broker, cores.worker) == (None, 5)
    assert "taskset" in (cores.note or "")


def test_two_cores_are_shared_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {5, 2}, raising=False)
    monkeypatch.setattr("shutil.which", lambda _: "/usr/bin/taskset")

    assert Cores.of_this_machine() == Cores(2, 5)


def test_the_bursts_give_the_events_wanted() -> None:
    plan = BenchPlan(events=400_000, customers=20_000)

    assert events_of(plan.day().bursts) == pytest.approx(20, rel=0.02)


@pytest.mark.parametrize(
    "wrong",
    [{"events": 10}, {"customers": 5}, {"slices": 5}, {"repeat": 0}, {"stock_events": 7}, {"events": 10_000_000}],
)
def test_a_plan_that_measures_nothing_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        BenchPlan(**wrong)  # type: ignore[arg-type]


def test_the_last_line_of_stock_faust_is_its_result() -> None:
    out = b'a banner\n{"engine": "stock Faust", "events": 60000, "cpu_us_per_event": 215.5}\n'

    assert parse_stock(out).cpu_us_per_event == 215.5


def test_stock_faust_without_a_result_is_one_sentence() -> None:
    with pytest.raises(CommandRefused, match="without a result"):
        parse_stock(b"Traceback ...\n{broken\n")
