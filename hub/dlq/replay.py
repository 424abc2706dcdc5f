"""`hub dlq replay`: puts originals back where they came from, one after the other, each acknowledged before the next.

Safe to interrupt and to run again: what went back twice is one event with one `event_id`, and the second is counted as
a duplicate like any producer's.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from aiokafka.errors import MessageSizeTooLargeError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from hub.connection import writer
from hub.dlq.letter import Letter
from hub.dlq.plan import record_to_replay
from streams.core.records import Output
from streams.settings import Settings

PutBack = Callable[[Output], Awaitable[None]]
_IN_FLIGHT: Final = "the one in flight when it was interrupted may have gone back too"


@dataclass
class Replayed:
    """How far a replay has come; true at any moment.

    Attributes:
        total: How many are to go back.
        back: How many went, by reason.
        refused: How many the broker does not take any more: the topic's limit is lower now.
        last: The last that went.
    """

    total: int = 0
    back: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    last: Letter | None = None

    @property
    def done(self) -> int:
        """How many are over."""
        return self.back.total() + self.refused

    def summary(self, topic: str) -> str:
        """Say in one sentence what was done."""
        by_reason = ", ".join(f"{reason} {count}" for reason, count in sorted(self.back.items()))
        said = f"{self.back.total()} of {self.total} replayed to {topic}" + (f" ({by_reason})" if by_reason else "")
        if self.refused:
            said += f"; {self.refused} are larger than the topic takes now"
        if self.done < self.total:
            after = f" after the letter at {self.last.at}" if self.last else ""
            said += f"; it ended{after}, {_IN_FLIGHT}; running it again is safe"
        return said + "."


async def replay(settings: Settings, ready: Sequence[Letter], rate: float, state: Replayed) -> None:
    """Put letters back, at most `rate` a second, showing how far it is where somebody watches.

    Raises:
        StartRefused: no broker answers.
        KafkaError: it does not take a record; those before it are back.
    """
    is_log_clock = settings.clock == "log"
    console = Console(stderr=True)
    columns = (TextColumn("replaying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as shown:
        task = shown.add_task("", total=len(ready))
        async with writer(settings) as target:
            await put_back(
                ready, target.put_back, rate, state, is_log_clock=is_log_clock, tell=lambda: shown.advance(task)
            )


async def put_back(
    ready: Sequence[Letter],
    write: PutBack,
    rate: float,
    state: Replayed,
    *,
    is_log_clock: bool,
    tell: Callable[[], object] = lambda: None,
) -> None:
    """Write letters in their order, none before its turn at `rate` a second, and count them in `state`."""
    state.total, began = len(ready), time.monotonic()
    for number, letter in enumerate(ready):
        await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
        try:
            await write(record_to_replay(letter, is_log_clock=is_log_clock))
        except MessageSizeTooLargeError:
            state.refused += 1
        else:
            state.back[letter.reason] += 1
            state.last = letter
        tell()
