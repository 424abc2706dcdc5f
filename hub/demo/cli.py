"""The command `hub demo`."""

import os
from dataclasses import replace
from typing import Annotated

import typer


def demo(
    *,
    broker: Annotated[
        str | None, typer.Option(help="embedded, kafka (a local one), or host:port; default HUB_BROKER or embedded")
    ] = None,
    crash: Annotated[bool, typer.Option("--crash", help="kill a worker half way and start it again")] = False,
    seed: Annotated[int, typer.Option(help="of everything that is drawn")] = 1,
    customers: Annotated[int, typer.Option(min=200, help="people in the city")] = 23_000,
    events: Annotated[int | None, typer.Option(min=1000, help="about how many events")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="leave the topics")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="the report as JSON on standard output")] = False,
) -> None:
    """Live a simulated operator's day on two workers; exit status 1 when it does not add up."""
    from hub.demo.plan import DemoPlan, bursts_for
    from hub.demo.showing import run
    from operator_day import DayPlan

    day = DayPlan(seed=seed, customers=customers)
    if events is not None:
        day = replace(day, bursts=bursts_for(events, customers))
    wanted = broker or os.environ.get("HUB_BROKER") or "embedded"
    raise typer.Exit(run(DemoPlan(day=day, broker=wanted, is_crashing=crash, is_kept=keep, is_json=as_json)))
