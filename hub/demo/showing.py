"""A demo as its command shows it: lived to its end, then the verdict."""

import asyncio

import typer
from rich.console import Console

from hub.demo.plan import DemoPlan
from hub.demo.run import run_demo
from hub.demo.verdict import verdict
from operator_day.through import StandsStill
from streams.logs import configure

_PLAIN_WIDTH = 160


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
