"""Nothing is lost, doubled or wrong, whatever strikes whoever when; and the simulation would tell."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agents.customer.fold import CustomerFold
from tests.simulation.planted import FAULTS
from tests.simulation.run import play
from tests.simulation.shrink import shrink

pytestmark = pytest.mark.timeout(240)

SEEDS = 300
BLOCK = 50
FOUND_WITHIN = 200


@pytest.mark.parametrize("first", range(0, SEEDS, BLOCK))
def test_everything_is_accounted_for_whatever_strikes(first: int) -> None:
    wrong = {
        outcome.seed: outcome.findings[:3] for outcome in map(play, range(first, first + BLOCK)) if outcome.findings
    }
    assert wrong == {}


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_a_seed_replays_exactly(seed: int) -> None:
    assert play(seed) == play(seed)


def test_a_seed_is_the_same_run_in_every_process() -> None:
    program = "from tests.simulation.run import play; print([play(seed) for seed in range(3)])"

    def told(hash_seed: str) -> bytes:
        return subprocess.run(
            (sys.executable, "-c", program),
            cwd=Path(__file__).resolve().parents[2],
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
            stdout=subprocess.PIPE,
            check=True,
        ).stdout

    assert told("1") == told("2") == f"{[play(seed) for seed in range(3)]}\n".encode()


def test_a_run_in_which_a_worker_raises_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyError("a section")

    monkeypatch.setattr(CustomerFold, "fold", fail)
    assert play(1).findings[0].startswith("a worker raises KeyError at test_simulation.py:")


def test_every_kind_of_trouble_strikes() -> None:
    struck = {kind for seed in range(20) for kind in play(seed).counts}
    assert struck == {"crash", "leave", "zombie", "redeliver", "crash-all", "repeat", "refused", "lost"}


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    FAULTS[name](monkeypatch)
    found = next((outcome for outcome in map(play, range(FOUND_WITHIN)) if outcome.findings), None)
    assert found is not None, f"not found within {FOUND_WITHIN} seeds"


def test_a_failing_seed_shrinks_and_still_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    FAULTS["no_fence"](monkeypatch)
    failing = next(outcome for outcome in map(play, range(FOUND_WITHIN)) if outcome.findings)
    small = shrink(failing)
    assert small.outcome.findings
    assert len(small.outcome.struck) <= len(failing.struck)
    assert len(small.outcome.stories) < len(failing.stories)
    assert play(failing.seed, small.disabled, small.without) == small.outcome
