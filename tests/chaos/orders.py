"""What the harness tells a worker to do to itself: one order in a file, taken by whichever life of it comes there.

A file, because an order must outlast its worker: "end while you recover" is for the next life.
"""

import contextlib
from pathlib import Path
from signal import SIGKILL, Signals
from typing import Final, NamedTuple, Self

VARIABLE: Final = "CHAOS_ORDERS"
"""Environment variable: the path of a worker's order."""

COMMIT: Final = ("begin", "produced", "acknowledged", "committing", "committed")
"""Steps of a commit: the transaction is begun, records and offsets are on their way, all of it is acknowledged, its end
is on its way, it has ended."""

PLAIN_COMMIT: Final = ("produced", "acknowledged", "committed")
"""The same without transactions."""

RECOVERY: Final = ("fenced", "reading")
"""Steps of a recovery: the former owner is fenced, the changelog is being read."""


class Order(NamedTuple):
    """Something to do at a step.

    Attributes:
        step: One of the above.
        times: At which of its occurrences, from 1 on.
        signal: What the worker sends itself; None reads changelogs slowly instead.
        seconds: For how long it reads slowly.
    """

    step: str
    times: int = 1
    signal: Signals | None = SIGKILL
    seconds: float = 0.0


class Orders:
    """One worker's order, at a path that its every life knows. Not for two writers."""

    def __init__(self, path: Path) -> None:
        self._path, self._taken = path, path.with_suffix(".taken")

    @classmethod
    def of(cls, path: str) -> Self:
        """Return the orders at a path as the environment has it."""
        return cls(Path(path))

    def give(self, order: Order) -> None:
        """Give an order; an older one is forgotten."""
        self.withdraw()
        partial = self._path.with_suffix(".new")
        number = 0 if order.signal is None else int(order.signal)
        partial.write_text(f"{order.step} {order.times} {number} {order.seconds}")
        partial.rename(self._path)

    def withdraw(self) -> None:
        """Forget the order."""
        for path in (self._path, self._taken):
            path.unlink(missing_ok=True)

    def standing(self) -> Order | None:
        """Return the order that nobody has taken."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            step, times, number, seconds = self._path.read_text().split()
            return Order(step, int(times), Signals(int(number)) if int(number) else None, float(seconds))
        return None

    def take(self) -> None:
        """Take it: nobody will again."""
        self._path.rename(self._taken)

    @property
    def is_taken(self) -> bool:
        """Whether somebody took it."""
        return self._taken.exists()
