"""How the figures are told."""

import json
from dataclasses import replace

import pytest

from bench.figures import HubRun, Result, StockRun, told
from bench.judge import Ends, Verdict
from bench.machine import Cores
from bench.plan import BenchPlan

RIGHT = Verdict((Ends("usage.record.v1", 1000, 990, 6, 4),), 3000, ())
RUN = HubRun(
    events=1000,
    slices=1,
    user_seconds=0.03,
    system_seconds=0.01,
    wall_seconds=0.1,
    peak_bytes=100 << 20,
    changelog_records={"customer": 390, "resolve": 10},
    outputs={"customer.context.v1": 150},
    commits={"customer": 2, "resolve": 1},
    restored_records=5000,
    verdict=RIGHT,
)
STOCK = StockRun(100, 240.0)


def a_result(*runs: HubRun, stock: StockRun | None = STOCK, note: str | None = None) -> Result:
    return Result(plan=BenchPlan(), machine={"cores": 2}, cores=Cores(0, 1, note), hub=runs, stock=stock)


def dearer(run: HubRun, factor: int) -> HubRun:
    return replace(run, user_seconds=run.user_seconds * factor, system_seconds=run.system_seconds * factor)


def test_cpu_per_event_is_user_and_system_of_all_boxes() -> None:
    assert RUN.cpu_us_per_event == pytest.approx(40)
    assert RUN.events_per_core_second == pytest.approx(25_000)
    assert RUN.events_per_second == pytest.approx(10_000)


def test_the_ratio_compares_with_the_median_run() -> None:
    result = a_result(dearer(RUN, 3), RUN, dearer(RUN, 2))

    assert result.median.cpu_us_per_event == pytest.approx(80)
    assert result.ratio == pytest.approx(3)


def test_the_report_tells_both_and_the_ratio() -> None:
    text = "\n".join(told(a_result(RUN)))

    assert "40.0" in text
    assert "240.0" in text
    assert "6.0x" in text
    assert "0.400: customer 0.390, resolve 0.010" in text


def test_a_wrong_result_has_no_figures() -> None:
    wrong = replace(RUN, verdict=replace(RIGHT, faults=("one is missing",)))
    result = a_result(RUN, wrong)
    text = "\n".join(told(result))

    assert not result.is_right
    assert "hub worker, the operator day" not in text
    assert result.ratio is None
    assert "one is missing" in text
    assert result.to_dict()["is_right"] is False


def test_what_is_not_pinned_is_said() -> None:
    assert "note: there is one core" in told(a_result(RUN, note="there is one core"))


def test_without_stock_faust_there_is_no_ratio() -> None:
    result = a_result(RUN, stock=None)

    assert result.ratio is None
    assert not any(line.startswith("ratio") for line in told(result))


def test_the_result_is_json() -> None:
    found = json.loads(json.dumps(a_result(RUN).to_dict()))

    assert found["hub"]["cpu_us_per_event"] == 40
    assert found["hub"]["changelog_records_per_event"] == 0.4
    assert found["hub"]["outputs_per_event"] == {"customer.context.v1": 0.15}
    assert found["ratio"] == 6
