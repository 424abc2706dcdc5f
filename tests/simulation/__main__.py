"""`make simulate`: runs seeds, shows how far it is, and makes what fails small.

python -m tests.simulation --seeds 10000
python -m tests.simulation --first 4711 --seeds 1 [--disable 3,5] [--without story]    # exactly that run again
"""

import argparse
import sys
import time
from collections import Counter

from tests.simulation.run import Outcome, play
from tests.simulation.shrink import shrink

_SAY_SECONDS = 5.0
_SHOWN = 5


def main(arguments: list[str] | None = None) -> int:
    """Run it; 0 when every seed was right, 1 when one was not."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--disable", default="", help="numbers of troubles that do not happen, separated by commas")
    parser.add_argument("--without", default="", help="names of stories left out, separated by commas")
    given = parser.parse_args(arguments)
    disabled = frozenset(int(number) for number in given.disable.split(",") if number)
    without = frozenset(name for name in given.without.split(",") if name)
    began = said = time.monotonic()
    troubles: Counter[str] = Counter()
    events, failed = 0, []
    for count, seed in enumerate(range(given.first, given.first + given.seeds), 1):
        outcome = play(seed, disabled, without)
        troubles += outcome.counts
        events += outcome.events
        if outcome.findings:
            failed.append(seed)
            _tell(outcome, is_shrinking=not (disabled or without))
        if time.monotonic() - said > _SAY_SECONDS or count == given.seeds:
            said = time.monotonic()
            struck = ", ".join(f"{kind} {number:,}" for kind, number in sorted(troubles.items()))
            pace = f"{(said - began) / count:.2f} s each, {events:,} events, {len(failed)} failed"
            print(f"{count:,} of {given.seeds:,} seeds, {pace}; {struck}", flush=True)
    if failed:
        print(f"failed: {' '.join(map(str, failed))}")
    return 1 if failed else 0


def _tell(outcome: Outcome, *, is_shrinking: bool) -> None:
    broker = "with transactions" if outcome.is_transactional else "without transactions"
    print(f"\nseed {outcome.seed} fails ({broker}): {', '.join(outcome.stories)}")
    for finding in outcome.findings[:_SHOWN]:
        print(f"  {finding}")
    if not is_shrinking:
        for number, kind in outcome.struck:
            print(f"  trouble {number}: {kind}")
        return
    small = shrink(outcome)
    options = f"--first {outcome.seed} --seeds 1"
    if small.disabled:
        options += f" --disable {','.join(map(str, sorted(small.disabled)))}"
    if small.without:
        options += f" --without {','.join(sorted(small.without))}"
    struck = ", ".join(f"{number} {kind}" for number, kind in small.outcome.struck)
    print(f"  still fails with {', '.join(small.outcome.stories) or 'nobody'} and {struck or 'no trouble'}:")
    print(f"  python -m tests.simulation {options}\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
