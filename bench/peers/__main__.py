"""`make bench`: the hub beside its peers, each on one core with the broker on the other, one after the other."""

import argparse
import asyncio
import json
import os
import pstats
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from bench.command import BUILD, WRONG, ended, kept_logs, say
from bench.machine import Cores, describe
from bench.peers import builds, page
from bench.peers.day import measure_day
from bench.peers.engines import ALL
from bench.peers.figures import Row, Run
from bench.peers.load import POPULATIONS, ReferenceLoad
from bench.peers.measurement import Site, measure
from bench.peers.plan import DAY, ENGINES, WORKLOADS, PeersPlan, chosen
from bench.peers.report import Report, told
from hub.refusal import CommandRefused

_PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
_BROKER: Final = {
    "log.cleaner.backoff.ms": "86400000",  # changelogs are counted: nothing is compacted
    "log.segment.delete.delay.ms": "1000",  # every run leaves a gigabyte behind
}
RUNS: Final = "runs.jsonl"
_TOP: Final = 40


def main(arguments: list[str] | None = None) -> int:
    """Run it; 0 when every result was right, 1 when one was wrong, 2 with one sentence when it cannot be run."""
    return ended(lambda: _run(planned(arguments)))


def planned(arguments: list[str] | None) -> PeersPlan:
    """Read the command line.

    Raises:
        CommandRefused: it asks for what there is not, or for nothing.
    """
    default = PeersPlan()
    parser = argparse.ArgumentParser(prog="python -m bench.peers", description=__doc__)
    parser.add_argument("--engine", action="append", help=f"one or more of: {' '.join(ENGINES)}; all unless given")
    parser.add_argument("--workload", action="append", help=f"one or more of: {' '.join(WORKLOADS)}; all unless given")
    parser.add_argument("--repeat", type=int, default=default.repeat, help="measure each so often; the median counts")
    parser.add_argument(
        "--events", type=int, default=default.events, help="billed to a fast engine; slow ones get less"
    )
    parser.add_argument("--profile", action="store_true", help="run the hub under cProfile and print the top 40")
    parser.add_argument("--page", action="store_true", help="write docs/benchmarks.md even if not all was measured")
    given = parser.parse_args(arguments)
    try:
        return PeersPlan(
            engines=chosen(given.engine, ENGINES),
            workloads=chosen(given.workload, WORKLOADS),
            repeat=given.repeat,
            events=given.events,
            is_profiled=given.profile,
            is_page_wanted=given.page,
        )
    except ValueError as fault:
        raise CommandRefused(str(fault)) from None


def _run(plan: PeersPlan) -> int:
    is_told_on_page = (plan.is_whole or plan.is_page_wanted) and not plan.is_profiled
    if is_told_on_page:
        page.check(_PAGE)
    BUILD.mkdir(parents=True, exist_ok=True)
    (BUILD / RUNS).unlink(missing_ok=True)
    builds.prepare((engine for _, engine in plan.runs), say)
    report = asyncio.run(_bench(plan))
    print("\n".join(told(report)))
    path = BUILD / "report.json"
    path.write_text(json.dumps(report.to_dict(), indent=2) + "\n")
    print(f"\nwritten to {os.path.relpath(path)}")
    if not report.is_right:
        return WRONG
    if is_told_on_page:
        page.write(report, _PAGE)
        print(f"written to {os.path.relpath(_PAGE)}")
    return 0


async def _bench(plan: PeersPlan) -> Report:
    cores, machine = Cores.of_this_machine(), describe()
    with (
        kept_logs() as logs,
        tempfile.TemporaryDirectory(prefix="hub-bench-kafka-", ignore_cleanup_errors=True) as data,
    ):
        say("Apache Kafka starts ...")
        with cores.kafka(Path(data), _BROKER) as kafka:
            site = Site(kafka.address, cores, logs, say)
            rows = [row for workload in plan.workloads for row in await _rows(plan, workload, site)]
    return Report(plan=plan, machine=machine, cores=cores, day=time.strftime("%Y-%m-%d", time.gmtime()), rows=rows)


async def _rows(plan: PeersPlan, workload: str, site: Site) -> list[Row]:
    """Measure a workload: the engines in turn, several times over, so that a bad hour is everybody's."""
    engines = [engine for each, engine in plan.runs if each == workload]
    runs: dict[str, list[Run]] = {engine: [] for engine in engines}
    load = None
    if workload != DAY:
        site.say(f"encoding {max(plan.cuts()):,} events of {workload} ...")
        load = ReferenceLoad(POPULATIONS[workload], plan.cuts())
    for number in range(1, plan.repeat + 1):
        for engine in engines:
            profile = await _fresh_profile(workload) if plan.is_profiled and engine == "hub" else None
            if load is None:
                run = await measure_day(plan, engine, site, profile)
            else:
                run = await measure(ALL[engine], load, plan.span(engine), site, profile)
            runs[engine].append(run)
            await asyncio.to_thread(keep, workload, engine, run, BUILD / RUNS)
            _tell(workload, engine, run, f"{number} of {plan.repeat}")
            if profile is not None:
                _print_profile(profile)
    return [Row(workload, engine, found) for engine, found in runs.items()]


def keep(workload: str, engine: str, run: Run, path: Path) -> None:
    """Add a run to those of this command: what was measured must outlive an engine that fails behind it."""
    line = {"workload": workload, "engine": engine} | run.to_dict()
    with path.open("a") as file:
        file.write(json.dumps(line) + "\n")


def _tell(workload: str, engine: str, run: Run, which: str) -> None:
    if not run.is_right:
        say(f"    {engine} on {workload}, {which}: WRONG: {'; '.join(run.faults)}")
        return
    say(
        f"    {engine} on {workload}, {which}: {run.cpu_us_per_event:.2f} us of CPU per event, "
        f"{run.events_per_second:,.0f} events/s; the result is right"
    )


async def _fresh_profile(workload: str) -> Path:
    path = BUILD / f"{workload}.prof"
    await asyncio.to_thread(path.unlink, missing_ok=True)
    return path


def _print_profile(path: Path) -> None:
    pstats.Stats(str(path)).strip_dirs().sort_stats("tottime").print_stats(_TOP)
    print(f"written to {os.path.relpath(path)}")


if __name__ == "__main__":
    sys.exit(main())
