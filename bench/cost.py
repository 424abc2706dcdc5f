"""`make bench-cost`: what an event costs the hub in memory, in turns of a plain Python loop, against a kept baseline.

Instructions are counted by callgrind where it is installed: a busy machine does not change them, and measuring the
loop in the same way takes the interpreter's build out of it. Elsewhere it is CPU time, hub and loop by turns in one
process, the median of several.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from bench.command import WRONG, ended
from hub.refusal import CommandRefused
from streams.compiled import KEY

Means = Literal["instructions", "seconds"]

BASELINE: Final = Path(__file__).with_name("cost.json")
TOLERANCE: Final[dict[Means, float]] = {"instructions": 1.25, "seconds": 1.6}
"""How many times the baseline is taken for no worse. Instructions differ by a few percent between builds of Python,
CPU times of one build by a third between a quiet machine and a crowded one (2026-11)."""
_RUNS: Final = 3
_LONGEST_SECONDS: Final = 300
_TOTALS: Final = re.compile(r"^(?:totals|summary): (\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Cost:
    """What an event costs.

    Attributes:
        means: What was counted.
        turns: The cost, in turns of the loop.
        per_event: Instructions or seconds.
    """

    means: Means
    turns: float
    per_event: float

    def __str__(self) -> str:
        amount = (
            f"{self.per_event:,.0f} instructions" if self.means == "instructions" else f"{self.per_event * 1e6:.1f} us"
        )
        return f"{amount} an event, as much as {self.turns:.1f} turns of the loop"


def means_here() -> Means:
    """Return what can be counted on this machine."""
    return "instructions" if shutil.which("valgrind") and shutil.which("callgrind_control") else "seconds"


def measure(means: Means) -> Cost:
    """Measure the hub and the loop.

    Raises:
        CommandRefused: the measured process failed.
    """
    return _counted() if means == "instructions" else _timed()


def baseline(means: Means) -> float:
    """Return the kept cost, in turns of the loop."""
    kept: dict[str, float] = json.loads(BASELINE.read_text())
    return kept[means]


def is_worse(cost: Cost) -> bool:
    """Return True when the cost is above the baseline by more than the tolerance."""
    return cost.turns > baseline(cost.means) * TOLERANCE[cost.means]


def _counted() -> Cost:
    hub, loop = _instructions("hub"), _instructions("loop")
    return Cost("instructions", hub / loop, hub)


def _instructions(what: str) -> float:
    with tempfile.TemporaryDirectory(prefix="hub-cost-") as directory:
        found = Path(directory) / "found"
        count, _ = _run(
            "valgrind", "--quiet", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={found}",
            sys.executable, "-m", "bench.steady", what, "--counted",
        )[what]  # fmt: skip
        totals = _TOTALS.findall(found.read_text())
    if not totals or not int(totals[-1]):
        raise CommandRefused("callgrind counted nothing")
    return int(totals[-1]) / count


def _timed() -> Cost:
    costs = []
    for _ in range(_RUNS):
        done = _run(sys.executable, "-m", "bench.steady", "both")
        per_event, per_turn = (done[what][1] / done[what][0] for what in ("hub", "loop"))
        costs.append(Cost("seconds", per_event / per_turn, per_event))
    return sorted(costs, key=lambda cost: cost.turns)[statistics.median_low(range(_RUNS))]


def _run(*command: str) -> dict[str, tuple[int, float]]:
    # Without the compiled part: the kept baseline is that of the Python, which is there on every machine.
    environment = os.environ | {"PYTHONHASHSEED": "0", KEY: "off"}
    try:
        ran = subprocess.run(  # noqa: S603 - our own program
            command, env=environment, check=True, capture_output=True, text=True, timeout=_LONGEST_SECONDS
        )
    except (OSError, subprocess.SubprocessError) as fault:
        raise CommandRefused(f"the measured process did not end well ({type(fault).__name__})") from None
    found: dict[str, tuple[int, float]] = json.loads(ran.stdout)
    return found


def main(arguments: list[str] | None = None) -> int:
    """Run it; 0 when it is no worse than the baseline, 1 when it is, 2 with one sentence when it cannot be run."""
    parser = argparse.ArgumentParser(prog="python -m bench.cost", description=__doc__)
    parser.add_argument("--seconds", action="store_true", help="take CPU time although callgrind is installed")
    parser.add_argument("--keep", action="store_true", help="make the result the baseline")
    chosen = parser.parse_args(arguments)
    return ended(lambda: _judged("seconds" if chosen.seconds else means_here(), is_kept=chosen.keep))


def _judged(means: Means, *, is_kept: bool) -> int:
    cost = measure(means)
    if is_kept:
        kept = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
        BASELINE.write_text(json.dumps(kept | {means: round(cost.turns, 1)}, indent=2) + "\n")
    kept_turns = baseline(means)
    print(f"{cost}; the baseline is {kept_turns:.1f}, up to {kept_turns * TOLERANCE[means]:.1f} is no worse")
    return WRONG if is_worse(cost) else 0


if __name__ == "__main__":
    sys.exit(main())
