"""`make fuzz`: throws bytes for so many minutes, shows how far it is, and keeps what failed under build/fuzz.

python -m tests.fuzz --minutes 10 [--seed 4711]
python -m tests.fuzz --replay build/fuzz/decode-0123456789ab.json    # exactly that input again
"""

import argparse
import secrets
import sys
import time
from pathlib import Path

from tests.fuzz.inputs import Input
from tests.fuzz.run import attempt, fuzz
from tests.fuzz.targets import targets

_SAY_SECONDS = 5.0
_MOST_FAILURES = 20


def main(arguments: list[str] | None = None) -> int:
    """Run it; 0 when nothing failed, 1 when something did."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="for how long")
    parser.add_argument("--seed", type=int, help="another one each time unless given")
    parser.add_argument("--replay", type=Path, help="a saved input")
    given = parser.parse_args(arguments)
    if given.replay is not None:
        return _replay(given.replay)
    seed = secrets.randbelow(1_000_000) if given.seed is None else given.seed
    print(f"seed {seed}, {given.minutes:g} minutes", flush=True)
    return _run(seed, given.minutes * 60)


def _run(seed: int, seconds: float) -> int:
    began = said = time.monotonic()
    known: set[tuple[str, str]] = set()
    for count, failure in enumerate(fuzz(seed), 1):
        if failure is not None and (failure.target, failure.what) not in known:
            known.add((failure.target, failure.what))
            print(f"\n{failure}", flush=True)
        now = time.monotonic()
        if now - said > _SAY_SECONDS or now - began > seconds:
            said = now
            print(f"{now - began:.0f} s, {count:,} inputs, {len(known)} failures", flush=True)
        if now - began > seconds or len(known) >= _MOST_FAILURES:
            break
    return 1 if known else 0


def _replay(path: Path) -> int:
    name, given = path.name.partition("-")[0], Input.of_json(path.read_text())
    failure = attempt(name, targets()[name], given, path.parent)
    print(failure or "nothing fails")
    return 1 if failure else 0


if __name__ == "__main__":
    sys.exit(main())
