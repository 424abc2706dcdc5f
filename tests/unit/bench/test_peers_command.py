"""How `make bench` ends, and what it leaves behind."""

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bench import command
from bench.machine import Cores
from bench.peers import __main__ as peers
from bench.peers import builds, page
from bench.peers.figures import Row, Run
from bench.peers.plan import PeersPlan
from bench.peers.report import Report

PAGE = f"by hand\n{page.BEGIN}\n{page.END}\n"
ARGUMENTS = ["--engine", "hub", "--workload", "reference-20k", "--repeat", "1"]


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Path]:
    """Let every measurement come out with these faults; returns where the page is."""

    def come_out(*faults: str) -> Path:
        async def bench(plan: PeersPlan) -> Report:
            run = Run(
                warm=1,
                events=1000,
                user_seconds=0.01,
                system_seconds=0.0,
                wall_seconds=0.1,
                peak_bytes=1,
                changelog_records=9,
                faults=faults,
            )
            rows = [Row(workload, engine, [run]) for workload, engine in plan.runs]
            return Report(plan=plan, machine={}, cores=Cores(0, 1), day="2026-11-22", rows=rows)

        monkeypatch.setattr(peers, "_bench", bench)
        path = tmp_path / "benchmarks.md"
        path.write_text(PAGE)
        monkeypatch.setattr(peers, "_PAGE", path)
        return path

    monkeypatch.setattr(command, "configure", lambda *_: None)
    monkeypatch.setattr(logging.getLogger("aiokafka"), "level", logging.getLogger("aiokafka").level)
    monkeypatch.setattr(peers, "BUILD", tmp_path)
    monkeypatch.setattr(builds, "prepare", lambda *_: None)
    return come_out


def test_a_right_result_is_0_and_its_report_is_left(measured: Callable[..., Path], tmp_path: Path) -> None:
    page_ = measured()

    assert peers.main(ARGUMENTS) == 0
    assert json.loads((tmp_path / "report.json").read_text())["is_right"] is True
    assert page_.read_text() == PAGE  # one engine, once, is no page


def test_a_whole_run_writes_the_page(measured: Callable[..., Path]) -> None:
    page_ = measured()

    assert peers.main([]) == 0
    assert "| Kafka Streams, exactly once | 10.00 |" in page_.read_text()


def test_a_part_writes_the_page_when_told_to_unless_it_is_profiled(measured: Callable[..., Path]) -> None:
    page_ = measured()

    assert peers.main([*ARGUMENTS, "--page", "--profile"]) == 0
    assert page_.read_text() == PAGE
    assert peers.main([*ARGUMENTS, "--page"]) == 0
    assert page_.read_text() != PAGE


def test_a_wrong_result_is_1_and_reaches_no_page(
    measured: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page_ = measured("outputs: 99 instead of 100")

    assert peers.main([]) == command.WRONG
    assert "WRONG: hub on reference-20k: outputs: 99 instead of 100" in capsys.readouterr().out
    assert json.loads((tmp_path / "report.json").read_text())["is_right"] is False
    assert page_.read_text() == PAGE


def test_every_run_is_kept_as_it_ends(tmp_path: Path) -> None:
    path = tmp_path / peers.RUNS
    run = Run(
        warm=1,
        events=1000,
        user_seconds=0.01,
        system_seconds=0.0,
        wall_seconds=0.1,
        peak_bytes=1,
        changelog_records=None,
    )

    peers.keep("reference-20k", "floor", run, path)
    peers.keep("reference-20k", "hub", replace(run, faults=("lost",)), path)

    floor, hub = map(json.loads, path.read_text().splitlines())
    assert (floor["engine"], floor["cpu_us_per_event"]) == ("floor", 10)
    assert (hub["is_right"], hub["faults"]) == (False, ["lost"])


def test_a_page_that_has_lost_its_markers_is_said_before_anything_runs(
    measured: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    measured().write_text("by hand")

    assert peers.main([]) == command.REFUSED
    assert "docs/benchmarks.md needs the lines" in capsys.readouterr().err
