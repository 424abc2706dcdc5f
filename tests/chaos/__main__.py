"""`make chaos`: a day of the operator under fire, and whether everything sent was accounted for.

python -m tests.chaos --seed 7 [--minutes 10] [--customers 4000] [--control] [--brokers 3]
"""

import argparse
import asyncio
import signal
import sys
import time

from tests.chaos.plan import ChaosPlan
from tests.chaos.run import Say, run
from tests.chaos.verdict import Verdict


def main(arguments: list[str] | None = None) -> int:
    """Run it; 0 when all was right, of a control when it was not: it must fail, or the verifier sees nothing."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the city and of the strikes")
    parser.add_argument("--minutes", type=float, default=None, help="how long at least (10; a control 2)")
    parser.add_argument("--customers", type=int, default=ChaosPlan(seed=0).customers, help="in the city")
    parser.add_argument("--control", action="store_true", help="without transactions; must fail")
    parser.add_argument("--brokers", type=int, default=1, help="nodes of the cluster: 1 or 3")
    given = parser.parse_args(arguments)
    minutes = given.minutes or (2.0 if given.control else 10.0)
    plan = ChaosPlan(
        seed=given.seed, minutes=minutes, customers=given.customers, is_control=given.control, brokers=given.brokers,
        slice_seconds=slice_seconds(minutes), events_per_second=1_000.0 if given.brokers > 1 else None,
    )  # fmt: skip
    began = time.monotonic()

    def say(words: str) -> None:
        print(f"{time.monotonic() - began:6.1f}  {words}", flush=True)

    try:
        verdict = asyncio.run(_stoppable(plan, say))
    except (asyncio.CancelledError, KeyboardInterrupt):
        print("stopped")
        return 130
    for line in verdict.lines():
        print(line)
    print(f"report: {plan.directory / plan.name}.json")
    if given.control:
        has_failed = bool(verdict.doubled or (verdict.lost and verdict.fault is None))  # a day cut short loses nothing
        print("The control failed, as it must." if has_failed else "The control did not fail: nothing is proved.")
        return 0 if has_failed else 1
    print("Nothing lost, nothing doubled, nothing wrong." if verdict.is_right else "IT DOES NOT ADD UP.")
    return 0 if verdict.is_right else 1


async def _stoppable(plan: ChaosPlan, say: Say) -> Verdict:
    """Run it; SIGTERM and SIGINT end it with everything that it started."""
    running = asyncio.ensure_future(run(plan, say))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    return await running


def slice_seconds(minutes: float) -> int:
    """Give how much simulated time goes at once: under fire a slice takes about ten seconds."""
    return 3600 if minutes <= 5 else 1800 if minutes <= 15 else 600


if __name__ == "__main__":
    sys.exit(main())
