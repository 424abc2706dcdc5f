"""How a worker stands: what health shows of it, and what its watchdog looks at. Only reads."""

import asyncio
from typing import TYPE_CHECKING, Any, Final

from streams.core.task import Task
from streams.kafka.owned import OwnedTask
from streams.kafka.watchdog import Sign, Watchdog

if TYPE_CHECKING:
    from streams.kafka.runtime import Runtime

_BEAT_SECONDS: Final = 0.2
_SILENCE_SECONDS: Final = 10.0
"""A fetch is answered twice a second although nothing came; a broker that moves its leaders is back within this."""


class Standing:
    """Looks at a worker's runtime, from its first assignment on with a watchdog.

    Args:
        runtime: Of the worker; ended when something does not get on.
    """

    def __init__(self, runtime: "Runtime") -> None:
        self._runtime = runtime
        self._watchdog = Watchdog(runtime.settings.stuck_seconds, self._signs, runtime.die)
        self._beats = 0
        self._heart: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Let the watchdog look after the worker; a second time does nothing."""
        if self._heart is not None:
            return

        async def beat() -> None:
            while True:
                self._beats += 1
                await asyncio.sleep(_BEAT_SECONDS)

        self._heart = asyncio.create_task(beat(), name="heart")
        self._watchdog.start()

    def end(self) -> None:
        """Look no more."""
        self._watchdog.stop()
        if self._heart:
            self._heart.cancel()

    @property
    def stuck(self) -> tuple[str, ...]:
        """What does not get on: a kind, and what of that kind."""
        return self._watchdog.stuck

    @property
    def is_cut_off(self) -> bool:
        """True when no broker has answered a fetch for longer than the session lasts: nothing can come in."""
        runtime = self._runtime
        silence = runtime.thread.silence_seconds() if runtime.thread and runtime.owned else None
        return silence is not None and silence > max(runtime.settings.session_timeout_seconds, _SILENCE_SECONDS)

    def status(self) -> dict[str, Any]:
        """Return what health shows: the worker's state, and of each task its state and lag in offsets."""
        tasks = [
            {"box": box, "partition": partition, "state": _state_of(owned.task), "lag": self._lag_of(owned)}
            for (box, partition), owned in sorted(self._runtime.owned.items())
        ]
        state = self._runtime.state
        if state in ("ready", "recovering"):
            state = "stuck" if self.stuck else "cut off" if self.is_cut_off else state
        return {
            "state": state,
            "is_ready": state == "ready",
            "recovered_records": self._runtime.recovered,
            "stuck": list(self.stuck),
            "tasks": tasks,
        }

    def _signs(self) -> dict[str, Sign]:
        """Return how everything stands that must get on; asked from the watchdog's thread."""
        runtime = self._runtime
        owned_tasks = list(runtime.owned.items())
        opened = sum(1 for _, owned in owned_tasks if owned.task.is_open)
        signs = {
            "loop": Sign(is_waiting=True, marker=self._beats),
            "recovery": Sign(is_waiting=runtime.state == "recovering", marker=runtime.recovered + opened),
        }
        for (box, partition), owned in owned_tasks:
            task, name = owned.task, f"{box}-{partition}"
            signs[f"commit {name}"] = Sign(is_waiting=task.is_open and not task.is_settled, marker=task.commits)
            has_backlog = runtime.state == "ready" and not task.is_braked and not self.is_cut_off
            lag = self._lag_of(owned) if has_backlog else None
            signs[f"backlog {name}"] = Sign(is_waiting=bool(lag), marker=task.position)
        return signs

    def _lag_of(self, owned: OwnedTask) -> int | None:
        thread = self._runtime.thread
        lags = [thread.lag_of(tp) for tp in owned.sources] if thread and owned.positions else [None]
        known = [lag for lag in lags if lag is not None]
        return sum(known) if known else None


def _state_of(task: Task) -> str:
    if task.is_braked:
        return "braked"
    return "open" if task.is_open else "recovering"
