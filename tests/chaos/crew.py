"""The workers and their supervisor: whatever ends is started again, as in production. Ends only what it started."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final, Self

import aiohttp

from streams.kafka.probe import free_port
from streams.settings import environment_without_settings
from tests.chaos.orders import VARIABLE, Orders

CHECKOUT: Final = Path(__file__).resolve().parents[2]
REFUSED: Final = 2
"""Exit status of a worker that cannot start, as when the broker is away."""

_LOOK_SECONDS: Final = 0.05
_ASK_SECONDS: Final = 1.0
_RESTARTS: Final = (0.1, 0.1, 0.1, 1.0, 7.5)
"""A supervisor is back at once, mostly; the longest is longer than a session."""
_STOP_SECONDS: Final = 40.0


@dataclass(frozen=True, slots=True)
class End:
    """One life's end.

    Attributes:
        worker: Whose.
        status: As the operating system has it; negative is a signal.
        at: Monotonic seconds.
        lived: Seconds.
        was_wanted: Something the harness did led to it at once: its signal, its order.
    """

    worker: str
    status: int
    at: float
    lived: float
    was_wanted: bool


class Life:
    """One process."""

    def __init__(self, environment: Mapping[str, str], log: Path, orders: Path) -> None:
        self.port = free_port()
        self.began = time.monotonic()
        self.is_stopped = False
        given = {
            **environment_without_settings(),
            **environment,
            "HUB_HTTP_PORT": str(self.port),
            VARIABLE: str(orders),
        }
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                (sys.executable, "-m", "tests.chaos.worker", "worker"),
                cwd=CHECKOUT,
                env=given,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                process_group=0,  # Ctrl-C at the terminal is the harness's business
            )
            out.write(f"--- pid {self.process.pid}\n".encode())

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.process.poll() is not None

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if it lives."""
        if self.is_over:
            return
        self.process.send_signal(number)
        if number in (signal.SIGSTOP, signal.SIGCONT):
            self.is_stopped = number is signal.SIGSTOP

    def sleeps(self) -> bool:
        """Whether the process is stopped, by whomever."""
        try:
            return Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
        except OSError:
            return False


@dataclass
class Worker:
    """One name, and whoever lives under it.

    Attributes:
        name: Of the static member.
        life: The latest.
        orders: What it is to do to itself.
        is_kept: Started again when it ends.
        is_held: Its supervisor looks away: the harness has two lives of it in hand.
        is_expected: The harness has just done something that ends it.
        rest: Seconds before it is started again; None lets the supervisor draw.
    """

    name: str
    environment: Mapping[str, str]
    directory: Path
    is_kept: bool = True
    is_held: bool = False
    is_expected: bool = False
    rest: float | None = None
    lives: int = 0
    life: Life = field(init=False)
    orders: Orders = field(init=False)

    def __post_init__(self) -> None:
        self.orders = Orders(self._orders)

    @property
    def _orders(self) -> Path:
        return self.directory / f"{self.name}.order"

    def begin(self) -> Life:
        """Start a life; it becomes this worker's."""
        self.life = self.another()
        self.is_expected = False
        return self.life

    def another(self) -> Life:
        """Start a life beside the one that there may be, under the same name."""
        self.lives += 1
        return Life(self.environment, self.directory / f"{self.name}.log", self._orders)

    def end(self, number: signal.Signals) -> None:
        """Send a signal that ends it."""
        self.is_expected = True
        self.life.send(number)

    @property
    def is_up(self) -> bool:
        """Whether it lives and is not stopped."""
        return not (self.life.is_over or self.life.is_stopped or self.life.sleeps())


class Crew:
    """All workers of a run, supervised for as long as the `async with` block lasts.

    Attributes:
        workers: By name.
        ends: Every life's end, in order.
        strange: What must not happen and is no matter of topics, in words.
    """

    def __init__(self, environment: Mapping[str, str], directory: Path, rng: Random) -> None:
        self.workers: dict[str, Worker] = {}
        self.ends: list[End] = []
        self.strange: list[str] = []
        self._environment, self._directory, self._rng = environment, directory, rng
        self._keeping: dict[str, asyncio.Task[None]] = {}
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *_: object) -> None:
        for worker in self.workers.values():
            worker.is_kept = False
            worker.life.send(signal.SIGCONT)
            worker.end(signal.SIGTERM)
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await asyncio.gather(*self._keeping.values())
        except TimeoutError:
            for worker in self.workers.values():
                worker.life.send(signal.SIGKILL)
        if self._session:
            await self._session.close()

    def add(self, name: str) -> Worker:
        """Start a worker and keep it."""
        settings = {**self._environment, "HUB_INSTANCE_ID": name}
        worker = self.workers[name] = Worker(name, settings, self._directory)
        worker.begin()
        self._keeping[name] = asyncio.create_task(self._keep(worker), name=f"keep-{name}")
        return worker

    async def remove(self, worker: Worker) -> None:
        """Stop a worker for good; returns when it has ended."""
        worker.is_kept = False
        worker.end(signal.SIGTERM)
        await self._keeping.pop(worker.name)
        del self.workers[worker.name]

    def up(self) -> list[Worker]:
        """Return who lives and is not stopped."""
        return [worker for worker in self.workers.values() if worker.is_up]

    async def is_ready(self, worker: Worker) -> bool:
        """Return whether a worker says so of itself."""
        if self._session is None or worker.life.is_over:
            return False
        try:
            url = f"http://127.0.0.1:{worker.life.port}/readyz"
            async with self._session.get(url, timeout=aiohttp.ClientTimeout(_ASK_SECONDS)) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False

    async def all_ready(self, limit_seconds: float) -> bool:
        """Wait until all workers are ready, for at most so long; returns whether they are."""
        return await until(self._are_ready, limit_seconds)

    async def _are_ready(self) -> bool:
        states = [await self.is_ready(worker) for worker in list(self.workers.values())]
        return all(states)

    async def _keep(self, worker: Worker) -> None:
        while True:
            life = worker.life
            while not life.is_over or worker.is_held:
                await asyncio.sleep(_LOOK_SECONDS)
                life = worker.life
            self.note(worker, life)
            if not await self._is_to_live_again(worker, life):
                return
            worker.begin()

    async def _is_to_live_again(self, worker: Worker, life: Life) -> bool:
        """Rest, then say whether it is still kept."""
        if not worker.is_kept:
            return False
        rest = worker.rest if worker.rest is not None else self._rng.choice(_RESTARTS)
        worker.rest = None
        await asyncio.sleep(max(rest, 1.0) if life.process.returncode == REFUSED else rest)
        return worker.is_kept

    def note(self, worker: Worker, life: Life) -> None:
        """Enter the end of a life."""
        now = time.monotonic()
        status = int(life.process.returncode)
        wanted = worker.is_expected or worker.orders.is_taken
        self.ends.append(End(worker.name, status, now, now - life.began, wanted))


async def until(is_so: Callable[[], bool | Awaitable[bool]], limit_seconds: float, look_seconds: float = 0.1) -> bool:
    """Wait until something, plain or awaitable, is so; returns whether it was within the limit."""
    limit = time.monotonic() + limit_seconds
    while time.monotonic() < limit:
        answer = is_so()
        if answer if isinstance(answer, bool) else await answer:
            return True
        await asyncio.sleep(look_seconds)
    return False
