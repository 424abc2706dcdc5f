"""`make bench-demo`: CPU per event of one `hub worker` on one core, beside stock Faust in the same run."""

import argparse
import asyncio
import json
import os
import pstats
import sys
import tempfile
from pathlib import Path
from typing import Final

from bench import load, stock
from bench.command import BUILD, WRONG, ended, kept_logs, say
from bench.figures import HubRun, Result, told
from bench.machine import Cores, describe
from bench.measurement import HubBench
from bench.plan import BenchPlan
from hub.refusal import CommandRefused

_TOP: Final = 40


def main(arguments: list[str] | None = None) -> int:
    """Run it; 0 when every result was right, 1 when one was wrong, 2 with one sentence when it cannot be run."""
    return ended(lambda: _run(arguments))


def _run(arguments: list[str] | None) -> int:
    result = asyncio.run(_bench(_plan(arguments)))
    print("\n".join(told(result)))
    path = BUILD / "demo.json"
    path.write_text(json.dumps(result.to_dict(), indent=2) + "\n")
    print(f"\nwritten to {_shown(path)}")
    return 0 if result.is_right else WRONG


async def _bench(plan: BenchPlan) -> Result:
    cores, machine = Cores.of_this_machine(), describe()
    BUILD.mkdir(parents=True, exist_ok=True)
    profile = BUILD / "worker.prof" if plan.is_profiled else None
    with (
        kept_logs() as logs,
        tempfile.TemporaryDirectory(prefix="hub-bench-kafka-", ignore_cleanup_errors=True) as data,
    ):
        say("Apache Kafka starts ...")
        with cores.kafka(Path(data)) as kafka:
            runs = [await _measure(plan, kafka.address, cores, logs, profile) for _ in range(plan.repeat)]
            peer = None
            if plan.stock_events:
                peer = await stock.measure(kafka.address, plan.stock_events, cores, logs, say)
    if profile is not None:
        _print_profile(profile)
    return Result(plan=plan, machine=machine, cores=cores, hub=runs, stock=peer)


async def _measure(plan: BenchPlan, broker: str, cores: Cores, directory: Path, profile: Path | None) -> HubRun:
    if profile is not None:
        await asyncio.to_thread(profile.unlink, missing_ok=True)
    say(f"writing a day of about {plan.events:,} events of {plan.customers:,} customers ...")
    return await HubBench(broker, load.write(plan.day(), plan.slices), cores, directory, say, profile).run()


def _print_profile(path: Path) -> None:
    stats = pstats.Stats(str(path))
    stats.strip_dirs().sort_stats("tottime").print_stats(_TOP)
    print(f"written to {_shown(path)}")


def _plan(arguments: list[str] | None) -> BenchPlan:
    parser = argparse.ArgumentParser(prog="python -m bench.demo", description=__doc__)
    default = BenchPlan()
    parser.add_argument("--events", type=int, default=default.events, help="about how many for the hub")
    parser.add_argument("--customers", type=int, default=default.customers)
    parser.add_argument("--seed", type=int, default=default.seed)
    parser.add_argument(
        "--repeat", type=int, default=default.repeat, help="measure the hub so often; the median counts"
    )
    parser.add_argument(
        "--stock-events", type=int, default=default.stock_events, help="for stock Faust; 0: leave it out"
    )
    parser.add_argument("--profile", action="store_true", help="run the worker under cProfile and print the top 40")
    slices = "in how many parts the day becomes visible, each once the last is through (a divisor of 24)"
    parser.add_argument("--slices", type=int, default=default.slices, help=slices)
    given = parser.parse_args(arguments)
    try:
        return BenchPlan(
            events=given.events,
            customers=given.customers,
            seed=given.seed,
            slices=given.slices,
            repeat=given.repeat,
            stock_events=given.stock_events,
            is_profiled=given.profile,
        )
    except ValueError as fault:
        raise CommandRefused(str(fault)) from None


def _shown(path: Path) -> str:
    return os.path.relpath(path)


if __name__ == "__main__":
    sys.exit(main())
