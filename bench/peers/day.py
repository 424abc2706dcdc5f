"""The operator day for the hub: the whole product, not the reference operator. No peer has one."""

from dataclasses import replace
from pathlib import Path

from bench import load
from bench.figures import HubRun
from bench.measurement import HubBench
from bench.peers.figures import Run
from bench.peers.measurement import Site
from bench.peers.plan import OURS, PeersPlan
from bench.plan import BenchPlan


async def measure_day(plan: PeersPlan, engine: str, site: Site, profile: Path | None = None) -> Run:
    """Measure `hub worker` on a day, as `make bench-demo` does.

    Args:
        plan: How large the day is.
        engine: With the compiled part, or without.
        site: Where it is measured.
        profile: Where a profile goes, if there is to be one.

    Raises:
        CommandRefused: the worker ended, or does not get on.
    """
    day = BenchPlan(events=plan.day_events, customers=plan.day_customers, stock_events=0)
    site.say(f"{engine}, the operator day: about {day.events:,} events of {day.customers:,} customers ...")
    encoded = load.write(day.day(), day.slices)
    directory = site.directory
    bench = HubBench(site.broker, encoded, site.cores, directory, site.say, profile, compiled=OURS[engine])
    return of_day(await bench.run())


def of_day(run: HubRun) -> Run:
    """Tell of a day's run as of any other. The eve, by which the worker warms up, has no events that are counted."""
    told = Run(
        warm=0,
        events=run.events,
        user_seconds=run.user_seconds,
        system_seconds=run.system_seconds,
        wall_seconds=run.wall_seconds,
        peak_bytes=run.peak_bytes,
        changelog_records=sum(run.changelog_records.values()),
    )
    return replace(told, faults=run.verdict.faults)
