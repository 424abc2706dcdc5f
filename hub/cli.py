"""The command line `hub`. What cannot be done is one sentence on standard error and exit status 2."""

import asyncio
import contextlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer
from aiokafka.errors import KafkaError
from rich.table import Table

from hub.demo.cli import demo
from hub.dlq.cli import dlq_app
from hub.publish import publish as publish_records
from hub.refusal import CommandRefused
from hub.tail import tail as tail_records
from hub.terminal import print_whole, quiet_settings
from schemas import Catalogue
from schemas import load as contracts
from streams.brokers import BrokerUnavailable
from streams.core.errors import StartRefused
from streams.core.fold import Box
from streams.kafka.provisioning import Verdict, apply_topics, list_topics, verify_topics
from streams.settings import Settings, SettingsRefused, load, table

REFUSED: Final = 2
INTERRUPTED: Final = 130

_REFUSALS: Final = (SettingsRefused, StartRefused, CommandRefused, BrokerUnavailable)

app = typer.Typer(
    help="One live record per customer, and the right message at the right time, from Kafka events. "
    "Settings come from the environment: `hub settings` lists them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
topics_app = typer.Typer(help="The cluster's topics and their contracts.", no_args_is_help=True)
config_app = typer.Typer(help="Versions of levels, policies and templates.", no_args_is_help=True)
app.add_typer(topics_app, name="topics")
app.add_typer(config_app, name="config")
app.add_typer(dlq_app, name="dlq")
app.command()(demo)

FileArgument = Annotated[Path, typer.Argument(help="JSON objects; - is standard input", allow_dash=True)]


@app.command()
def worker(
    *,
    accept_reset: Annotated[
        bool, typer.Option("--accept-reset", help="go on from committed offsets that contradict the state, for once")
    ] = False,
) -> None:
    """Run one worker until it is told to stop; start more of them to go faster."""
    from hub.worker import run

    run(load(accept_reset=True) if accept_reset else load())


@topics_app.command("apply")
def topics_apply() -> None:
    """Create the topics that are missing; refuse when one differs from its contract."""
    verdict = asyncio.run(apply_topics(*_installation()))
    for name in verdict.created:
        typer.echo(name)
    _warn(verdict)
    if verdict.differences:
        raise StartRefused(str(verdict.differences[0]))
    typer.echo(f"{len(verdict.created)} created; all topics are as their contracts say.", err=True)


@topics_app.command("verify")
def topics_verify() -> None:
    """Compare the cluster's topics with their contracts; exit status 1 when one differs."""
    verdict = asyncio.run(verify_topics(*_installation()))
    _warn(verdict)
    for difference in verdict.differences:
        typer.echo(str(difference))
    raise typer.Exit(1 if verdict.differences else 0)


@topics_app.command("list")
def topics_list(*, as_json: Annotated[bool, typer.Option("--json", help="one JSON object a line")] = False) -> None:
    """List the topics that this installation needs, and what is there of them."""
    rows = asyncio.run(list_topics(*_installation()))
    if as_json:
        for topic in rows:
            typer.echo(json.dumps(topic._asdict()))
        return
    shown = Table("topic", "partitions", "found", "settings")
    for topic in rows:
        config = " ".join(f"{key}={value}" for key, value in sorted(topic.config.items()))
        shown.add_row(topic.name, str(topic.partitions), str(topic.found or "missing"), config)
    print_whole(shown)


@config_app.command("put")
def config_put(kind: Annotated[str, typer.Argument(help="levels, policy or template")], file: FileArgument) -> None:
    """Put versions of configuration; one that is there never changes."""
    from hub import configure

    for key in asyncio.run(configure.put(quiet_settings(), kind, _read(file))):
        typer.echo(key)


@config_app.command("activate")
def config_activate(kind: str, config_id: str, version: int) -> None:
    """Let a version take effect for everybody."""
    from hub import configure

    asyncio.run(configure.activate(quiet_settings(), kind, config_id, version))
    typer.echo(f"{kind} {config_id}@{version} is to take effect.", err=True)


@app.command()
def publish(
    topic: str,
    file: FileArgument = Path("-"),
    record_type: Annotated[str | None, typer.Option("--type", help="the record's name, full or short")] = None,
    key: Annotated[str | None, typer.Option(help="scheme:value, such as msisdn:79161234567")] = None,
) -> None:
    """Publish JSON records as framed Avro; event_id, source and occurred_at are filled in where missing."""
    count = asyncio.run(publish_records(quiet_settings(), topic, _read(file), record_type, key))
    typer.echo(f"{count} published.", err=True)


@app.command()
def tail(
    topic: str,
    *,
    key: Annotated[str | None, typer.Option(help="only this key's records")] = None,
    count: Annotated[int, typer.Option("--count", "-n", min=0, help="how many of the last")] = 10,
    everything: Annotated[bool, typer.Option("--all", help="from the beginning")] = False,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="go on with what comes")] = False,
    mask: Annotated[bool, typer.Option("--mask", help="show no keys and no people")] = False,
) -> None:
    """Print the last records of a topic, decoded, one JSON object a line."""

    async def run() -> None:
        last = None if everything else count
        async for line in tail_records(
            quiet_settings(), topic, key=key, count=last, is_following=follow, is_masked=mask
        ):
            typer.echo(line)

    asyncio.run(run())


@app.command("show")
def show_customer(
    identifier: Annotated[str, typer.Argument(help="scheme:value, or a customer id")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="the context as it is")] = False,
) -> None:
    """Show a customer by any of their identifiers."""
    from hub import show

    context = asyncio.run(show.find(quiet_settings(), identifier))
    if as_json:
        typer.echo(json.dumps(show.fields_of(context), ensure_ascii=False))
    else:
        print_whole(show.rendered_context(context))


@app.command("settings")
def showquiet_settings() -> None:
    """List every setting: its key, default, what is allowed, what it means."""
    shown = Table("key", "default", "allowed", "meaning")
    for row in table():
        shown.add_row(*row)
    print_whole(shown)


def _installation() -> tuple[Settings, Catalogue, Sequence[Box]]:
    from hub.composition import boxes

    settings, catalogue = quiet_settings(), contracts()
    return settings, catalogue, boxes(catalogue)


def _warn(verdict: Verdict) -> None:
    for warning in verdict.unreported:
        typer.echo(f"warning: {warning}", err=True)


def _read(file: Path) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else "it is no UTF-8 text"
        raise CommandRefused(f"{file} cannot be read: {reason}.") from None


def main() -> None:
    """Run the command line."""
    try:
        app()
    except _REFUSALS as refusal:
        sentence = str(refusal).rstrip(".")
        typer.echo("; ".join([f"hub: {sentence}", *getattr(refusal, "__notes__", ())]) + ".", err=True)
        sys.exit(REFUSED)
    except KafkaError as fault:
        typer.echo(f"hub: the broker did not do what was asked ({type(fault).__name__}).", err=True)
        sys.exit(REFUSED)
    except (KeyboardInterrupt, BrokenPipeError):
        with contextlib.suppress(OSError):
            sys.stderr.close()
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
