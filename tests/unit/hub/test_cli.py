"""What cannot be done is one sentence on standard error and exit status 2, at once."""

import gc
import io
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import NamedTuple

import pytest
import structlog

from hub.__main__ import main as program
from hub.cli import main
from streams.settings import environment_without_settings


class Done(NamedTuple):
    """How a command ended and what it said."""

    returncode: int
    stdout: str
    stderr: str


Hub = Callable[..., Done]


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Hub]:
    """Run a command line in this process, with no settings but the given ones."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    for key in [key for key in os.environ if key.startswith("HUB_")]:
        monkeypatch.delenv(key)

    def run(*arguments: str, stdin: str = "", **environment: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["hub", *arguments])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        for key, value in environment.items():
            monkeypatch.setenv(key, value)
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capsys.readouterr()
        return Done(int(ended.value.code or 0), shown.out, shown.err)

    yield run
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture(scope="module")
def nobody() -> str:
    """Give an address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def _is_one_sentence(text: str) -> bool:
    return text.startswith("hub: ") and text.endswith(".\n") and text.count("\n") == 1


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"HUB_PARTITIONS": "many"}, "HUB_PARTITIONS"),
        ({"HUB_PARTITON": "8"}, "HUB_PARTITON"),
        ({"HUB_BROKER": "nowhere"}, "HUB_BROKER"),
    ],
)
def test_broken_setting_is_refused(hub: Hub, environment: dict[str, str], named: str) -> None:
    done = hub("worker", **environment)
    assert done.returncode == 2
    assert _is_one_sentence(done.stderr)
    assert named in done.stderr


@pytest.mark.parametrize(
    "arguments", [("worker",), ("topics", "verify"), ("show", "msisdn:79161234567"), ("dlq", "list")]
)
def test_unreachable_broker_is_refused_without_endless_retries(
    hub: Hub, nobody: str, arguments: tuple[str, ...]
) -> None:
    began = time.monotonic()
    done = hub(*arguments, HUB_BROKER=nobody, HUB_HTTP_PORT="0")
    assert done.returncode == 2
    assert _is_one_sentence(done.stderr)
    assert nobody in done.stderr
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    ("arguments", "stdin", "named"),
    [
        (("show", "telepathy:1"), "", "scheme:value"),
        (("tail", "no.such.topic"), "", "no.such.topic"),
        (("publish", "customer.context.v1", "--key", "k"), "{}", "only the hub writes"),
        (("publish", "usage.record.v1", "--key", "msisdn:79161234567"), "{", "JSON"),
        (("publish", "usage.record.v1"), "{}", "--key"),
        (("publish", "usage.record.v1", "/no/such/file"), "", "cannot be read"),
        (("dlq", "list", "no.such.topic"), "", "no.such.topic"),
        (("dlq", "list", "--since", "yesterday"), "", "yesterday"),
        (("dlq", "list", "--source-topic", "usage"), "", "those with dead letters are"),
        (("dlq", "show", "customer.context.v1"), "", "only the hub writes"),
        (("dlq", "show", "usage.record.v1", "--at", "17"), "", "PARTITION:OFFSET"),
        (("dlq", "replay", "usage.record.v1", "--reason", "lost"), "", "undecodable, unknown-schema"),
        (("config", "put", "colours"), "{}", "colours"),
        (("config", "put", "template"), '{"config_id": "a", "version": 0, "templates": []}', "at least 1"),
    ],
)
def test_wrong_use_is_refused_before_anything_connects(
    hub: Hub, nobody: str, arguments: tuple[str, ...], stdin: str, named: str
) -> None:
    if arguments[:2] == ("config", "put"):
        arguments = (*arguments, "-")
    done = hub(*arguments, stdin=stdin, HUB_BROKER=nobody)
    assert done.returncode == 2
    assert _is_one_sentence(done.stderr)
    assert named in done.stderr


def test_settings_are_listed_without_a_broker(hub: Hub) -> None:
    done = hub("settings")
    assert done.returncode == 0
    assert "HUB_PSEUDONYM_KEY" in done.stdout


def test_installed_program_refuses_as_well() -> None:
    environment = environment_without_settings()
    done = subprocess.run(  # our own program
        [sys.executable, "-m", "hub", "worker"],
        env=environment | {"HUB_CLOCK": "sundial"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert _is_one_sentence(done.stderr)


def test_no_command_waits_for_what_another_needs() -> None:
    heavy = {"faust", "aiohttp", "operator_day", "hub.composition"}
    program = f"import sys, hub.cli; print(*{heavy} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "\n"


def test_the_program_is_imported_with_few_collections(monkeypatch: pytest.MonkeyPatch) -> None:
    """They find nothing and cost a worker's restart a tenth of a second."""
    before, seen = gc.get_threshold(), list[int]()
    monkeypatch.setitem(sys.modules, "hub.cli", SimpleNamespace(main=lambda: seen.append(gc.get_threshold()[0])))
    try:
        gc.set_threshold(700, 10, 10)
        program()
    finally:
        gc.set_threshold(*before)
    assert seen > [700]
