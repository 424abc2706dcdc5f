"""What goes wrong in a run: drawn from the seed, each occurrence with a number, so that it can be left out again."""

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Final

AT_ANY_TIME: Final = ("crash", "leave", "zombie", "redeliver", "crash-all", "repeat")
IN_A_COMMIT: Final = ("refused", "lost")
PLAIN_CANNOT: Final = frozenset({"zombie"})
"""Without transactions nothing keeps a zombie from writing, which is why production needs them."""


@dataclass
class Chaos:
    """Draws troubles.

    Attributes:
        seed: Of everything.
        is_transactional: Kind of broker.
        budget: Troubles left, so that every run comes to rest.
        disabled: Numbers of occurrences that do not happen, to find out which ones matter.
        struck: What happened, in order: (number, kind).
        counts: How often, by kind.
    """

    seed: int
    is_transactional: bool
    budget: int
    disabled: frozenset[int] = frozenset()
    struck: list[tuple[int, str]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._rng = Random(f"chaos/{self.seed}")
        self._number = 0

    def at_any_time(self) -> str | None:
        """Draw what happens between two steps of the world, seldom anything."""
        return self._draw(0.02, AT_ANY_TIME)

    def in_a_commit(self, step: str) -> str | None:
        """Draw what happens at a step of a commit; before it is visible it can be refused, after it be lost."""
        kind = self._draw(0.01, IN_A_COMMIT)
        return None if kind is None or (kind == "lost") != (step == "committed") else kind

    def slowness(self) -> int:
        """Draw how long an answer of the broker takes: mostly a moment, sometimes as long as a rebalance."""
        return self._rng.choice((1, 1, 1, 1, 1, 1, 1, 3, 25))

    def _draw(self, probability: float, kinds: tuple[str, ...]) -> str | None:
        if self._rng.random() >= probability:
            return None
        kind = self._rng.choice(kinds)
        number, self._number = self._number, self._number + 1
        if self.budget <= 0 or number in self.disabled or (not self.is_transactional and kind in PLAIN_CANNOT):
            return None
        self.budget -= 1
        self.struck.append((number, kind))
        self.counts[kind] += 1
        return kind
