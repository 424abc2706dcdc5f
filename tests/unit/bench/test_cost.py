"""An event costs no more than it did, within a tolerance wide enough for any machine."""

import pytest

from bench import cost
from bench.command import REFUSED, WRONG
from bench.cost import TOLERANCE, Cost, baseline, is_worse, means_here, measure
from hub.refusal import CommandRefused

MEANS: tuple[cost.Means, ...] = ("instructions", "seconds")


@pytest.mark.timeout(700)
def test_an_event_costs_no_more_than_it_did() -> None:
    found = measure(means_here())

    assert not is_worse(found), f"{found}; `make bench-cost` measures again, its KEEP=1 takes it for the new baseline"


@pytest.mark.parametrize("means", MEANS)
def test_the_cost_may_rise_to_the_tolerance_and_no_further(means: cost.Means) -> None:
    most = baseline(means) * TOLERANCE[means]

    assert not is_worse(Cost(means, most, 1.0))
    assert is_worse(Cost(means, most + 0.1, 1.0))


def test_a_worse_cost_is_an_exit_status(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(cost, "measure", lambda means: Cost(means, 1000.0, 0.00005))

    assert cost.main(["--seconds"]) == WRONG
    assert capsys.readouterr().out.startswith("50.0 us an event, as much as 1000.0 turns of the loop; the baseline is ")


def test_a_measured_process_that_fails_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere")

    with pytest.raises(CommandRefused):
        measure("seconds")
    assert cost.main(["--seconds"]) == REFUSED
    assert capsys.readouterr().err == "bench: the measured process did not end well (FileNotFoundError).\n"
