"""What is done to a worker while its partitions' outputs are read; each says when it did what."""

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

from bench.silence_plan import Scenario
from bench.worker import MeasuredWorker

_ASLEEP_SECONDS: Final = 8.0
"""How much longer than its session a zombie sleeps: its tasks are elsewhere by then."""


@dataclass(frozen=True, slots=True)
class Struck:
    """Whom it concerns.

    Attributes:
        worker: A running one; the one that joins, not started yet.
        session_seconds: After which the group gives it up.
        mark: Told what is done, right before it is.
    """

    worker: MeasuredWorker
    session_seconds: float
    mark: Callable[[str], None]


async def kill(struck: Struck) -> None:
    """SIGKILL."""
    struck.mark("kill -9")
    struck.worker.kill()


async def zombie(struck: Struck) -> None:
    """SIGSTOP until others have its tasks, then SIGCONT."""
    pid = struck.worker.pid
    struck.mark("SIGSTOP")
    os.kill(pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(struck.session_seconds + _ASLEEP_SECONDS)
    finally:
        struck.mark("SIGCONT")
        os.kill(pid, signal.SIGCONT)


async def stop(struck: Struck) -> None:
    """SIGTERM."""
    struck.mark("SIGTERM")
    await struck.worker.stop()


async def restart(struck: Struck) -> None:
    """SIGKILL, and started again at once."""
    struck.mark("kill -9, back at once")
    struck.worker.kill()
    struck.worker.restart()


async def join(struck: Struck) -> None:
    """Start a further worker."""
    struck.mark("a third joins")
    struck.worker.start()


STRIKES: Final[dict[Scenario, Callable[[Struck], Coroutine[Any, Any, None]]]] = {
    "kill": kill,
    "zombie": zombie,
    "stop": stop,
    "restart": restart,
    "join": join,
}
