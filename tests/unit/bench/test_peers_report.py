"""How the figures of all engines are told: in lines, as JSON, on the page and as a picture."""

import json
from dataclasses import astuple, replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench.machine import Cores
from bench.peers import page
from bench.peers.chart import Bar, Group, drawn
from bench.peers.figures import Row, Run, Spread
from bench.peers.plan import PeersPlan
from bench.peers.report import Report, told
from hub.refusal import CommandRefused

RUN = Run(
    warm=2000,
    events=1000,
    user_seconds=0.008,
    system_seconds=0.002,
    wall_seconds=0.02,
    peak_bytes=64 << 20,
    changelog_records=500,
)
WRONG = replace(RUN, faults=("outputs: 99 instead of 100",))


def slower(factor: float) -> Run:
    return replace(RUN, user_seconds=RUN.user_seconds * factor, system_seconds=RUN.system_seconds * factor)


def a_report(*runs: Run, profiled: bool = False) -> Report:
    plan = PeersPlan(
        engines=("hub", "floor"), workloads=("reference-20k",), repeat=max(1, len(runs)), is_profiled=profiled
    )
    rows = [
        Row("reference-20k", "hub", runs),
        Row("reference-20k", "floor", [replace(RUN, changelog_records=None)]),
    ]
    return Report(plan=plan, machine={"cores": 2}, cores=Cores(0, 1), day="2026-11-22", rows=rows)


def test_a_figure_is_the_median_with_its_least_and_most() -> None:
    row = Row("reference-20k", "hub", [slower(3), RUN, slower(2)])

    assert row.cpu is not None
    assert astuple(row.cpu) == pytest.approx((20, 10, 30))
    assert row.changelog == Spread(0.5, 0.5, 0.5)
    assert row.rate == Spread(50_000, 50_000, 50_000)
    assert row.core_rate is not None
    assert row.core_rate.median == pytest.approx(50_000)


def test_the_report_tells_every_engine() -> None:
    lines = told(a_report(slower(3), RUN, slower(2)))

    assert any("hub, exactly once" in line and "20.00 (10.00 to 30.00)" in line for line in lines)
    assert any("bare loop, no state" in line and line.endswith(" -") for line in lines)


def test_one_wrong_run_takes_an_engines_figures_away() -> None:
    report = a_report(RUN, WRONG, RUN)
    text = "\n".join(told(report))

    assert not report.is_right
    assert report.rows[0].cpu is None
    assert "WRONG: hub on reference-20k: outputs: 99 instead of 100" in text
    found = json.loads(json.dumps(report.to_dict()))
    assert found["is_right"] is False
    assert found["rows"][0]["cpu_us_per_event"] is None
    assert "user_seconds" not in found["rows"][0]["runs"][1]


def test_the_report_is_json() -> None:
    found = json.loads(json.dumps(a_report(RUN).to_dict()))

    assert found["rows"][0]["cpu_us_per_event"] == {"median": 10, "least": 10, "most": 10}
    assert found["rows"][0]["runs"][0]["changelog_per_event"] == 0.5
    assert found["rows"][1]["changelog_per_event"] is None


def test_a_profiled_run_says_so() -> None:
    assert any("cProfile" in line for line in told(a_report(RUN, profiled=True)))


def test_the_page_is_written_between_its_markers(tmp_path: Path) -> None:
    path = tmp_path / "benchmarks.md"
    path.write_text(f"by hand\n\n{page.BEGIN}\nof old\n{page.END}\n\nby hand, too\n")

    page.write(a_report(RUN), path)
    once = path.read_text()
    page.write(a_report(RUN), path)

    assert path.read_text() == once
    assert once.startswith("by hand\n\n")
    assert once.endswith("\n\nby hand, too\n")
    assert "of old" not in once
    assert "| hub, exactly once | 10.00 | 100,000 | 50,000 | 64 | 0.500 | 1,000 |" in once
    ET.fromstring((tmp_path / page.PICTURE).read_text())  # noqa: S314 - our own


@pytest.mark.parametrize("text", ["", page.BEGIN, page.END, f"{page.END}{page.BEGIN}"])
def test_a_page_without_its_markers_is_refused(text: str) -> None:
    with pytest.raises(CommandRefused):
        page.replaced(text, "figures")


def test_a_bar_is_the_longer_the_dearer_and_stays_on_the_scale() -> None:
    bars = [Bar(name, median, median, median, is_ours=False) for name, median in (("a", 2.0), ("b & c", 240.0))]

    picture = ET.fromstring(drawn([Group("both", bars)]))  # noqa: S314 - our own

    svg = "{http://www.w3.org/2000/svg}"
    short, long = (float(rect.attrib["width"]) for rect in picture.iter(f"{svg}rect"))
    assert 0 < short < long <= 480
    assert "b & c" in [text.text for text in picture.iter(f"{svg}text")]


def test_a_picture_of_nothing_has_a_scale_all_the_same() -> None:
    ET.fromstring(drawn([]))  # noqa: S314 - our own


def test_no_bar_is_drawn_for_a_figure_of_nothing() -> None:
    with pytest.raises(ValueError, match="above 0"):
        drawn([Group("one", [Bar("a", 0, 0, 0, is_ours=True)])])
