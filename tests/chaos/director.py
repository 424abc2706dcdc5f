"""Deals the strikes out, one after the other, until it is told to stop."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from tests.chaos.schedule import Draw
from tests.chaos.strikes import STRIKES, Field, Missed

_READY_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Struck:
    """A strike that is over.

    Attributes:
        kind: What it was.
        began: Monotonic seconds.
        ended: The same.
        words: What it did.
        is_missed: It found no victim.
    """

    kind: str
    began: float
    ended: float
    words: str
    is_missed: bool


class Director:
    """Strikes a field.

    Args:
        field: Where.
        draws: What.
        say: Told before and after each strike.

    Attributes:
        struck: What happened.
        now: What strikes at the moment.
    """

    def __init__(self, field: Field, draws: Iterator[Draw], say: Callable[[str], None]) -> None:
        self.struck: list[Struck] = []
        self.now = ""
        self._field, self._draws, self._say = field, draws, say
        self._is_over = asyncio.Event()

    def stop(self) -> None:
        """Begin no further strike."""
        self._is_over.set()

    async def run(self) -> None:
        """Strike until `stop`; returns when the last strike is over."""
        for draw in self._draws:
            if draw.is_rested:
                await self._field.crew.all_ready(_READY_SECONDS)
            if await self._is_stopped_within(draw.pause):
                return
            await self._strike(draw)

    @property
    def counts(self) -> Counter[str]:
        """How often each kind has struck."""
        return Counter(each.kind for each in self.struck if not each.is_missed)

    async def _is_stopped_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._is_over.wait()
        except TimeoutError:
            return False
        return True

    async def _strike(self, draw: Draw) -> None:
        began, is_missed, self.now = time.monotonic(), False, draw.kind
        self._say(f"{draw.kind} ...")
        try:
            words = await STRIKES[draw.kind](self._field, draw.rng)
        except Missed as why:
            words, is_missed = str(why), True
        self.struck.append(Struck(draw.kind, began, time.monotonic(), words, is_missed))
        self._say(f"{draw.kind}{' missed' if is_missed else ''}: {words}")
        self.now = ""
