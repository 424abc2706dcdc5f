"""The commands `hub dlq`."""

import asyncio
import json
import sys
import time
from typing import Annotated, Final

import typer

from hub.dlq import listing, showing
from hub.dlq.choice import Choice, place
from hub.dlq.letter import owned_topic, owned_topics
from hub.dlq.plan import Plan, plan_replay
from hub.dlq.replay import Replayed, replay
from hub.refusal import CommandRefused
from hub.terminal import print_whole, quiet_settings
from streams.settings import Settings

DEFAULT_RATE: Final = 100.0
"""Letters a second: far below what a worker takes, and slow enough to stop a mistake by hand."""

dlq_app = typer.Typer(
    help="What the hub could not take: see it, and send it back when its cause is gone.", no_args_is_help=True
)

TopicArgument = Annotated[str, typer.Argument(help="the topic whose dead letters are meant")]
Reasons = Annotated[list[str] | None, typer.Option("--reason", help="only this reason; more than one may be named")]
Since = Annotated[str | None, typer.Option(help="put aside since: 2h (ago), or 2026-03-01T22:15 (UTC)")]
Until = Annotated[str | None, typer.Option(help="put aside before")]
SourceTopic = Annotated[str | None, typer.Option(help="only what came in on this topic")]


@dlq_app.command("list")
def list_letters(
    topic: Annotated[str | None, typer.Argument(help="only the dead letters of this topic")] = None,
    *,
    reason: Reasons = None,
    since: Since = None,
    until: Until = None,
    source_topic: SourceTopic = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a line")] = False,
) -> None:
    """Count dead letters by topic and reason."""
    choice = Choice.of(reason or (), since, until, source_topic, _now())
    topics = owned_topics() if topic is None else [owned_topic(topic)]
    rows = asyncio.run(listing.count(quiet_settings(), topics, choice))
    if as_json:
        for row in rows:
            typer.echo(json.dumps(row._asdict()))
    elif rows:
        print_whole(listing.table(rows))
    else:
        typer.echo("No dead letters.", err=True)


@dlq_app.command("show")
def show_letters(
    topic: TopicArgument,
    *,
    reason: Reasons = None,
    since: Since = None,
    until: Until = None,
    count: Annotated[int, typer.Option("--count", "-n", min=0, help="how many of the last")] = 10,
    at: Annotated[str | None, typer.Option(help="the one at PARTITION:OFFSET of the dead letters")] = None,
    mask: Annotated[bool, typer.Option("--mask/--no-mask", help="show no keys and no people")] = True,
) -> None:
    """Print dead letters, one JSON object a line: why they are here, where they were, what can be read of them."""
    owned, choice = owned_topic(topic), Choice.of(reason or (), since, until, None, _now())
    exact = None if at is None else place(at)

    async def run() -> None:
        async for line in showing.show(quiet_settings(), owned, choice, count=count, at=exact, is_masked=mask):
            typer.echo(line)

    asyncio.run(run())


@dlq_app.command("replay")
def replay_letters(  # noqa: PLR0913 - a command's options
    topic: TopicArgument,
    *,
    reason: Reasons = None,
    since: Since = None,
    until: Until = None,
    source_topic: SourceTopic = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would happen, and write nothing")] = False,
    rate: Annotated[float, typer.Option(min=0.01, help="most letters a second")] = DEFAULT_RATE,
    limit: Annotated[int | None, typer.Option(min=1, help="the first so many")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="do not ask")] = False,
) -> None:
    """Send originals back to the topic and partition they came from, byte for byte, in their order.

    Undecodable, too-large, late, no-key and no-value letters go back only when --reason names them: a replay changes
    neither their bytes nor their age.
    """
    from hub.dlq import forecast

    owned, choice = owned_topic(topic), Choice.of(reason or (), since, until, source_topic, _now())
    settings = quiet_settings()
    plan = asyncio.run(plan_replay(settings, owned, choice, limit))
    for clause in forecast.left(plan):
        typer.echo(f"left: {clause}.", err=True)
    if not plan.ready:
        typer.echo("Nothing to replay.", err=True)
        return
    for note in forecast.notes(owned, plan.ready):
        typer.echo(f"note: {note}.", err=True)
    if dry_run or not yes:
        print_whole(forecast.table(plan.ready, forecast.Forecast(settings, _now())))
    if dry_run:
        typer.echo(f"{len(plan.ready)} would be replayed to {owned}, in {_duration(len(plan.ready), rate)}.")
        return
    if not yes:
        _confirm(owned, plan)
    _replay(settings, owned, plan, rate)


def _replay(settings: Settings, topic: str, plan: Plan, rate: float) -> None:
    state = Replayed(len(plan.ready))
    try:
        asyncio.run(replay(settings, plan.ready, rate, state))
    finally:
        typer.echo(state.summary(topic))


def _confirm(topic: str, plan: Plan) -> None:
    if not sys.stdin.isatty():
        raise CommandRefused("nobody is there to be asked: --yes replays, --dry-run only says what would happen.")
    if not typer.confirm(f"Replay {len(plan.ready)} to {topic}?", err=True):
        raise CommandRefused("nothing was replayed.")


def _duration(count: int, rate: float) -> str:
    seconds = count / rate
    return "less than a second" if seconds < 1 else f"about {seconds:,.0f} s"


def _now() -> int:
    return time.time_ns() // 1_000_000
