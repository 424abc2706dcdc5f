"""The process that is measured: on a core of its own, paused while its load comes, ended by its pid."""

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, Self

from bench.machine import Cores
from bench.meter import Usage, usage_of
from hub.refusal import CommandRefused
from streams.settings import environment_without_settings

_ROOT: Final = Path(__file__).resolve().parents[2]
_STOP_SECONDS: Final = 20.0
_LAST_LINES: Final = 3


class EngineProcess:
    """A running engine.

    Args:
        label: Names it to people.
        process: Its process.
        log: Where it writes what it says.
    """

    def __init__(self, label: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self._label, self._process, self._log = label, process, log

    @classmethod
    @asynccontextmanager
    async def started(cls, label: str, command: Sequence[str], cores: Cores, log: Path) -> AsyncIterator[Self]:
        """Start it on its core; at the block's end it is told to stop, and killed when it does not."""
        with log.open("wb") as out, cores.on(cores.worker):
            process = subprocess.Popen(  # noqa: ASYNC220, S603 - returns at once; our own programs
                command,
                env=environment_without_settings(),
                cwd=_ROOT,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                process_group=0,  # Ctrl-C at the terminal is the benchmark's business
            )
        engine = cls(label, process, log)
        try:
            yield engine
        finally:
            await engine.stop()

    @property
    def usage(self) -> Usage:
        """What it has cost so far."""
        return usage_of(self._process.pid)

    def pause(self) -> None:
        """Let it do nothing: it costs nothing either."""
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self.signal(signal.SIGCONT)

    def signal(self, number: int) -> None:
        """Send it a signal."""
        os.kill(self._process.pid, number)

    def check(self) -> None:
        """Do nothing while it runs.

        Raises:
            CommandRefused: it ended by itself; what it said last is in the text.
        """
        status = self._process.poll()
        if status is not None:
            raise CommandRefused(f"{self._label} ended with status {status}: {self._last_words()}")

    async def stop(self) -> None:
        """Ask it to stop, wait, then kill. A stopped process hears nothing, so it is let go on first."""
        if self._process.poll() is not None:
            return
        self.resume()
        self._process.terminate()
        try:
            await asyncio.to_thread(self._process.wait, _STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _last_words(self) -> str:
        lines = [line.strip() for line in self._log.read_text(errors="replace").splitlines() if line.strip()]
        return " | ".join(lines[-_LAST_LINES:]) or "its log is empty"
