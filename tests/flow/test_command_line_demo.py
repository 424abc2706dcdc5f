"""`hub demo` lives a small day on two worker processes and says whether it adds up."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from streams.kafka.probe import is_taken
from streams.settings import environment_without_settings
from tests.flow.processes import sigint

CHECKOUT: Final = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.demo, pytest.mark.timeout(420)]


def run(*command: str) -> "subprocess.CompletedProcess[str]":
    """Run a program with no settings but its own."""
    environment = environment_without_settings()
    return subprocess.run(
        (sys.executable, *command),
        cwd=CHECKOUT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )


def right(done: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    """Give the report of a demo that came out right."""
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["is_right"]
    return report


@pytest.mark.parametrize(
    "broker",
    [pytest.param("embedded", marks=pytest.mark.embedded), pytest.param("kafka", marks=pytest.mark.kafka)],
)
def test_day_is_right_although_a_worker_is_killed_half_way(broker: str) -> None:
    done = run("-m", "hub", "demo", "--customers", "600", "--seed", "7", "--broker", broker, "--crash", "--json")
    report = right(done)
    assert "is killed (SIGKILL)" in done.stderr
    assert report["events"] > 6_000
    if broker == "kafka":
        assert not any(line["repeated"] for line in report["lines"])


@pytest.mark.embedded
def test_day_is_right_without_a_crash_and_nothing_comes_twice() -> None:
    report = right(run("-m", "hub", "demo", "--customers", "600", "--events", "5000", "--json"))
    assert not any(line["repeated"] for line in report["lines"])


@pytest.mark.embedded
@pytest.mark.samples
def test_real_operators_customers_live_through_the_day() -> None:
    path = Path(os.environ["HUB_SAMPLES"]) / "base" / "telco-customer-churn.csv"
    done = run("examples/real_customers.py", "day", str(path))
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert "Everything sent was accounted for." in done.stdout
    assert "7,04" in done.stdout


@pytest.mark.embedded
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_demo_leaves_nothing_behind_and_its_hint_is_a_whole_installation(
    number: signal.Signals, tmp_path: Path
) -> None:
    environment = environment_without_settings()
    with sigint(is_heeded=number == signal.SIGINT):  # SIGTERM must do in the background, too
        demo = subprocess.Popen(
            (sys.executable, "-m", "hub", "demo", "--customers", "600"),
            cwd=CHECKOUT,
            env=environment | {"TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    with demo:
        assert demo.stdout is not None
        hint = next(line for line in demo.stdout if line.startswith("look inside: "))
        given = dict(word.split("=") for word in hint.split() if word.startswith("HUB_"))
        verified = subprocess.run(
            (sys.executable, "-m", "hub", "topics", "verify"), cwd=CHECKOUT, env=environment | given, check=False
        )
        url = hint.split()[-1]
        demo.send_signal(number)
        _, said = demo.communicate(timeout=60)
    assert verified.returncode == 0
    assert (demo.returncode, said) == (130, "")
    assert list(tmp_path.iterdir()) == []
    assert not is_taken(int(url.rpartition("/")[0].rpartition(":")[2]))
