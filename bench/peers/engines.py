"""The engines: how each is started, what its changelog is called, and how its states are read."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.command import BUILD
from bench.peers.names import RunNames
from bench.peers.states import Read, from_binary, from_json, from_msgpack

JAVA: Final = BUILD / "java"
QUIX: Final = BUILD / "quix"
_HEAP: Final = ("-Xms2g", "-Xmx2g", "-XX:+UseSerialGC")
"""One core: collectors that work beside the application would have nowhere to."""

Command = Callable[[str, RunNames, Path], tuple[str, ...]]
"""Gives the command line for a broker, the run's names and a directory of its own."""


@dataclass(frozen=True, slots=True)
class Engine:
    """One engine.

    Attributes:
        name: By which it is chosen.
        label: By which it is told of.
        guarantee: Of what it writes.
        command: Starts it.
        read: Reads its states.
        changelog: Its name, or None where there is none.
    """

    name: str
    label: str
    guarantee: str
    command: Command
    read: Read
    changelog: Callable[[RunNames], str | None]


def _python(module: str, *more: str, python: str | Path = sys.executable, variables: tuple[str, ...] = ()) -> Command:
    def command(broker: str, names: RunNames, directory: Path) -> tuple[str, ...]:
        given = (each.replace("DIRECTORY", str(directory)) for each in more)
        before = ("env", *variables) if variables else ()
        return (*before, str(python), "-m", module, broker, names.prefix, *given)

    return command


def _java(guarantee: str) -> Command:
    def command(broker: str, names: RunNames, directory: Path) -> tuple[str, ...]:
        path = f"{JAVA / 'classes'}:{JAVA / 'lib'}/*"
        quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
        program = ("java", *_HEAP, quiet, "-cp", path, "hub.bench.Reference")
        return (*program, broker, names.group, names.source, names.output, guarantee, str(directory))

    return command


def _quix(guarantee: str) -> Command:
    return _python("bench.peers.quix_engine", guarantee, "DIRECTORY", python=QUIX / "bin" / "python")


def _changelog(names: RunNames) -> str:
    return names.changelog


def _quix_changelog(names: RunNames) -> str:
    return names.quix_changelog


def _none(_: RunNames) -> None:
    return None


_ONCE, _LEAST = "exactly once", "at least once"
_PURE: Final = ("HUB_COMPILED=off",)
_HUB, _FLOOR = "bench.peers.hub_engine", "bench.peers.floor"

ALL: Final = {
    engine.name: engine
    for engine in (
        Engine("hub", "hub", _ONCE, _python(_HUB), from_msgpack, _changelog),
        Engine("hub-python", "hub in Python", _ONCE, _python(_HUB, variables=_PURE), from_msgpack, _changelog),
        Engine("faust", "stock Faust", _LEAST, _python("bench.peers.faust_engine"), from_json, _changelog),
        Engine("quix", "Quix Streams", _LEAST, _quix("at-least-once"), from_json, _quix_changelog),
        Engine("quix-eos", "Quix Streams", _ONCE, _quix("exactly-once"), from_json, _quix_changelog),
        Engine("streams", "Kafka Streams", _LEAST, _java("at_least_once"), from_binary, _changelog),
        Engine("streams-eos", "Kafka Streams", _ONCE, _java("exactly_once_v2"), from_binary, _changelog),
        Engine("floor", "bare loop, no state", _LEAST, _python(_FLOOR), from_msgpack, _none),
        Engine("floor-python", "bare loop in Python", _LEAST, _python(_FLOOR, variables=_PURE), from_msgpack, _none),
    )
}
