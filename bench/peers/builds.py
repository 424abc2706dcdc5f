"""What a peer needs beyond the hub's own environment: made once, under build/bench, when it is first asked for."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

from bench.command import BUILD, Say
from bench.peers.engines import JAVA, QUIX
from hub.refusal import CommandRefused

_ROOT: Final = Path(__file__).resolve().parents[2]
_SOURCES: Final = Path(__file__).resolve().parent / "java"
_LOCK: Final = _ROOT / "requirements" / "quix.txt"
_STAMP: Final = "made-of"
_LAST_LINES: Final = 3


def prepare(engines: Iterable[str], say: Say, which: Callable[[str], str | None] = shutil.which) -> None:
    """Make what the engines need and is not there yet.

    Raises:
        CommandRefused: Java or Maven is missing, or something cannot be made; the text says which.
    """
    kinds = {name.partition("-")[0] for name in engines}
    if "streams" in kinds:
        _prepare_java(say, which)
    if "quix" in kinds:
        _prepare_quix(say)


def digest(paths: Iterable[Path]) -> str:
    """Return what changes with the content or the names of any of these files."""
    found = sha256()
    for path in sorted(paths):
        found.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def _prepare_java(say: Say, which: Callable[[str], str | None]) -> None:
    for program, words in (("java", "Java 17"), ("mvn", "Maven")):
        if which(program) is None:
            raise CommandRefused(f"Kafka Streams needs {words}: the command {program} is not on the PATH")
    made_of = digest(path for path in _SOURCES.rglob("*") if path.is_file())
    if _is_made(JAVA, made_of):
        return
    say("building the Kafka Streams application (once) ...")
    shutil.rmtree(JAVA, ignore_errors=True)
    _run(("mvn", "-q", "-B", "-f", str(_SOURCES / "pom.xml"), "package"), "building the Kafka Streams application")
    (JAVA / _STAMP).write_text(made_of)


def _prepare_quix(say: Say) -> None:
    made_of = digest([_LOCK])
    if _is_made(QUIX, made_of):
        return
    say("installing Quix Streams into an environment of its own (once) ...")
    shutil.rmtree(QUIX, ignore_errors=True)
    BUILD.mkdir(parents=True, exist_ok=True)
    _run((sys.executable, "-m", "venv", str(QUIX)), "making an environment for Quix Streams")
    pip = (str(QUIX / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet")
    _run((*pip, "--require-hashes", "-r", str(_LOCK)), "installing Quix Streams")
    (QUIX / _STAMP).write_text(made_of)


def _is_made(directory: Path, made_of: str) -> bool:
    stamp = directory / _STAMP
    return stamp.exists() and stamp.read_text() == made_of


def _run(command: Sequence[str], doing: str) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise CommandRefused(f"{doing} failed: {' | '.join(lines[-_LAST_LINES:])}")
