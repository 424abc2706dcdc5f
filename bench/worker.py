"""The `hub worker` process that is measured: on a core of its own, under the profiler when that is wanted."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.machine import Cores
from bench.profiled import BEGIN, WRITE
from hub.demo.workers import Worker
from hub.refusal import CommandRefused
from streams.kafka.probe import free_port
from streams.settings import Settings, environment_of, environment_without_settings

_CHECK_SECONDS: Final = 0.5


def environment(settings: Settings) -> dict[str, str]:
    """Give the environment of a worker that is measured: a dynamic member, with a key for the while."""
    key = "a key for the length of a benchmark"
    return environment_of(settings, "compiled") | {"HUB_INSTANCE_ID": "none", "HUB_PSEUDONYM_KEY": key}


@dataclass
class MeasuredWorker(Worker):
    """A worker that is told its core.

    Attributes:
        cores: Who runs where.
        profile: Where its profile goes; None runs it as it is.
    """

    cores: Cores = Cores(None, None)  # noqa: RUF009  # frozen
    profile: Path | None = None

    @property
    def pid(self) -> int:
        """Its process id.

        Raises:
            CommandRefused: it was not started.
        """
        if self._process is None:
            raise CommandRefused(f"{self.name} was not started")
        return self._process.pid

    @property
    def status(self) -> int | None:
        """With which it ended; a signal is negative. None while it runs, before its start and after `kill`."""
        return None if self._process is None else self._process.poll()

    def start(self) -> None:
        """Start the process on its core; nobody waits for it here."""
        self._port = free_port()
        program = ("hub", "worker") if self.profile is None else ("bench.profiled", str(self.profile))
        with self.log.open("ab") as out, self.cores.on(self.cores.worker):
            self._process = subprocess.Popen(  # noqa: S603  # our own program
                (sys.executable, "-m", *program),
                env=environment_without_settings() | dict(self.environment) | {"HUB_HTTP_PORT": str(self._port)},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                process_group=0,  # Ctrl-C at the terminal is the benchmark's business
            )

    async def unless_it_ends(self, work: Coroutine[Any, Any, None]) -> None:
        """Wait for `work`.

        Raises:
            CommandRefused: the process ended before.
        """
        waiting = asyncio.create_task(work)
        try:
            while not waiting.done():
                self.check()
                await asyncio.wait([waiting], timeout=_CHECK_SECONDS)
            waiting.result()
        finally:
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)

    def begin_profile(self) -> None:
        """Let the profiler begin."""
        os.kill(self.pid, BEGIN)

    def write_profile(self) -> None:
        """Let the profiler write what it has."""
        os.kill(self.pid, WRITE)
