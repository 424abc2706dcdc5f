"""Worker processes of the demo: started with an environment of their own, asked over HTTP, ended by their pid."""

import asyncio
import contextlib
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp

from hub.refusal import CommandRefused
from streams.kafka.probe import free_port
from streams.settings import environment_without_settings

_READY_SECONDS: Final = 90.0
_ASK_SECONDS: Final = 2.0
_POLL_SECONDS: Final = 0.2
_STOP_SECONDS: Final = 20.0
_LAST_LINES: Final = 3


@dataclass
class Worker:
    """One `hub worker` process.

    Attributes:
        name: Shown to people; the static member's name where there is one.
        environment: Its settings, `HUB_*`.
        log: Where its log lines go.
        tasks: State by task as last heard; empty while it does not answer.
        restarts: How often it was started again.
        has_served: It entered events into customers' records, in this life or an earlier one.
    """

    name: str
    environment: Mapping[str, str]
    log: Path
    tasks: dict[str, str] = field(default_factory=dict)
    restarts: int = 0
    has_served: bool = False
    _port: int = 0
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """Where it serves its metrics and health."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start the process; nobody waits for it here."""
        self._port = free_port()
        environment = environment_without_settings() | dict(self.environment) | {"HUB_HTTP_PORT": str(self._port)}
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(  # our own program
                (sys.executable, "-m", "hub", "worker"),
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                process_group=0,  # Ctrl-C at the terminal is the demo's business
            )

    def kill(self) -> None:
        """End it as a power cut would: SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process, self.tasks = None, {}  # an end that was wanted is no failure

    def restart(self) -> None:
        """Start it again after `kill`."""
        self.restarts += 1
        self.start()

    async def stop(self) -> None:
        """Ask it to stop, wait, then kill."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            await asyncio.to_thread(process.wait, _STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def check(self) -> None:
        """Do nothing while it runs.

        Raises:
            CommandRefused: it ended by itself; the log's last lines are in the text.
        """
        status = None if self._process is None else self._process.poll()
        if status is not None:
            raise CommandRefused(f"{self.name} ended with status {status}: {self._last_words()}")

    async def ask(self, session: aiohttp.ClientSession, path: str) -> str | None:
        """Get `path` from it, whatever the status; None when it does not answer."""
        with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
            async with session.get(self.url + path, timeout=aiohttp.ClientTimeout(_ASK_SECONDS)) as answer:
                return await answer.text()
        return None

    async def refresh(self, session: aiohttp.ClientSession) -> None:
        """Ask for the states of its tasks."""
        status: dict[str, Any] = {}
        with contextlib.suppress(ValueError):
            status = decoded(await self.ask(session, "/readyz"))
        tasks = status.get("tasks")
        self.tasks = dict(tasks) if isinstance(tasks, dict) else {}

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            lines = [line.strip() for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
            return " | ".join(lines[-_LAST_LINES:]) or "its log is empty"
        return "it left no log"


def decoded(text: str | None) -> dict[str, Any]:
    """Decode a JSON object; anything else is an empty one."""
    value = json.loads(text) if text else {}
    return value if isinstance(value, dict) else {}


async def await_open(workers: Sequence[Worker], tasks: Mapping[str, int]) -> None:
    """Return when every task is open on exactly one worker and every worker serves customers.

    Args:
        workers: All of them, started.
        tasks: How many tasks each box has.

    Raises:
        CommandRefused: a worker ended, or it takes too long.
    """
    async with aiohttp.ClientSession() as session:
        try:
            async with asyncio.timeout(_READY_SECONDS):
                while not is_shared(workers, tasks):
                    await asyncio.sleep(_POLL_SECONDS)
                    for worker in workers:
                        worker.check()
                        await worker.refresh(session)
        except TimeoutError:
            found = ", ".join(f"{worker.name} {len(worker.tasks)} tasks" for worker in workers)
            raise CommandRefused(f"the workers are not ready after {_READY_SECONDS:.0f} s: {found}.") from None


def is_shared(workers: Sequence[Worker], tasks: Mapping[str, int]) -> bool:
    """Tell whether every task is open on exactly one worker and every worker serves customers."""
    opened = Counter(
        name.rpartition("-")[0] for worker in workers for name, state in worker.tasks.items() if state == "open"
    )
    serve = all(any(name.startswith("customer-") for name in worker.tasks) for worker in workers)
    return serve and opened == Counter(tasks)
