"""The screen of a demo: a live picture on a terminal, plain lines elsewhere."""

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.live import Live

from hub.demo.board import drawn, one_line
from hub.demo.workers import Worker
from operator_day import Progress

_LINE_SECONDS: Final = 2.0
_FRAMES_PER_SECOND: Final = 4


class Stage:
    """Shows how far a demo is. `show` is called a few times a second and is quick."""

    def __init__(self, console: Console, workers: Sequence[Worker]) -> None:
        self._console, self._workers = console, workers
        self._live: Live | None = None
        if console.is_terminal:
            self._live = Live(console=console, refresh_per_second=_FRAMES_PER_SECOND, transient=True)
        self._progress: Progress | None = None
        self._note, self._said_at = "", 0.0

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def say(self, sentence: str) -> None:
        """Say what happens now."""
        self._note = sentence
        if self._live is None:
            self._console.print(sentence, highlight=False, soft_wrap=True)
        else:
            self._draw()

    def show(self, progress: Progress) -> None:
        """Show how far the day is."""
        self._progress = progress
        if self._live is not None:
            self._draw()
        elif time.monotonic() - self._said_at >= _LINE_SECONDS:
            self._said_at = time.monotonic()
            self._console.print(one_line(progress, self._workers), highlight=False, soft_wrap=True)

    def _draw(self) -> None:
        if self._live is not None:
            self._live.update(drawn(self._progress, self._workers, self._note))
