"""The command `hub demo`."""

import asyncio
import os
from dataclasses import replace
from typing import Annotated

import typer
from rich.console import Console

from hub.demo.plan import DemoPlan, bursts_for
from hub.demo.run import run_demo
from hub.demo.verdict import verdict
from operator_day import DayPlan
from operator_day.through import StandsStill
from streams.logs import configure

_PLAIN_WIDTH = 160


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
    day = DayPlan(seed=seed, customers=customers)
    if events is not None:
        day = replace(day, bursts=bursts_for(events, customers))
    wanted = broker or os.environ.get("HUB_BROKER") or "embedded"
    raise typer.Exit(run(DemoPlan(day=day, broker=wanted, is_crashing=crash, is_kept=keep, is_json=as_json)))


def run(plan: DemoPlan) -> int:
    """Run a demo and show its verdict; return 0 when everything sent was accounted for, else 1.

    Workers that stand still are a 1 as well.

    Raises:
        KeyboardInterrupt: it was told to end, by Ctrl-C or another signal.
    """
    configure("error", "console")
    console = Console(stderr=plan.is_json)
    if not console.is_terminal:
        console = Console(stderr=plan.is_json, width=_PLAIN_WIDTH)
    try:
        report = asyncio.run(run_demo(plan, console))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None  # whichever signal it was
    except StandsStill as fault:
        console.print(
            "; ".join([f"hub: {fault}", *getattr(fault, "__notes__", ())]) + ".", style="bold red", soft_wrap=True
        )
        return 1
    console.print(verdict(report))
    if plan.is_json:
        typer.echo(report.to_json())
    return 0 if report.is_right else 1
