"""What `make bench` makes of its arguments, and what it says when it cannot be run."""

import logging
from pathlib import Path

import pytest

from bench import command
from bench.peers import __main__ as peers
from bench.peers import builds
from bench.peers.plan import ENGINES, PeersPlan, Span
from hub.refusal import CommandRefused


@pytest.fixture(autouse=True)
def _log_of_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "configure", lambda *_: None)
    monkeypatch.setattr(logging.getLogger("aiokafka"), "level", logging.getLogger("aiokafka").level)


def test_everything_is_measured_three_times_unless_told_otherwise() -> None:
    plan = peers.planned([])

    assert plan == PeersPlan()
    assert plan.repeat == 3
    assert plan.is_whole
    assert plan.runs == [
        *(("reference-20k", engine) for engine in ENGINES),
        *(("reference-200k", engine) for engine in ENGINES),
        ("day", "hub"),
        ("day", "hub-python"),
    ]


def test_engines_and_workloads_are_chosen_by_name_in_any_order() -> None:
    plan = peers.planned(["--engine", "streams", "--engine", "hub quix-eos", "--workload", "day", "--repeat", "1"])

    assert plan.engines == ("hub", "quix-eos", "streams")
    assert plan.runs == [("day", "hub")]
    assert not plan.is_whole


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--engine", "flink"], f"flink is no engine: there are {', '.join(ENGINES)}"),
        (["--workload", "week"], "week is no workload: there are reference-20k, reference-200k, day"),
        (["--events", "99"], "fewer than 10,000 events measure nothing"),
        (["--repeat", "0"], "every engine must be measured at least once"),
        (
            ["--engine", "quix", "--workload", "day"],
            "only the hub plays the operator day: choose it, or another workload",
        ),
        (["--engine", "quix", "--profile"], "only the hub is profiled"),
    ],
)
def test_a_plan_that_measures_nothing_is_one_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert peers.main(arguments) == command.REFUSED
    assert capsys.readouterr().err == f"bench: {sentence}.\n"


def test_a_slow_engine_is_given_less_and_a_jvm_time_to_warm_up() -> None:
    plan = PeersPlan(events=100_000)

    assert plan.span("hub") == plan.span("streams") == Span(200_000, 100_000)
    assert plan.span("faust") == Span(500, 5_000)
    assert {plan.span(engine).end for engine in ENGINES} <= {*plan.cuts()}


@pytest.mark.parametrize(("missing", "words"), [("java", "Java 17"), ("mvn", "Maven")])
def test_a_program_that_is_missing_is_one_sentence(missing: str, words: str) -> None:
    with pytest.raises(CommandRefused, match=f"needs {words}: the command {missing} is not on the PATH"):
        builds.prepare(["streams-eos"], lambda _: None, lambda program: None if program == missing else program)


def test_the_hub_alone_needs_nothing_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builds, "BUILD", tmp_path)

    builds.prepare(["hub", "faust", "floor"], lambda _: None, lambda _: None)

    assert [*tmp_path.iterdir()] == []


def test_what_was_made_is_made_anew_when_its_sources_change(tmp_path: Path) -> None:
    source = tmp_path / "Reference.java"
    source.write_text("one")
    before = builds.digest([source])
    source.write_text("two")

    assert builds.digest([source]) != before
