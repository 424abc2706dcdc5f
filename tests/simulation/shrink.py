"""Makes a failing run small: troubles and stories that do not matter are left out, and it still fails."""

from collections.abc import Callable
from typing import NamedTuple

from tests.simulation.run import Outcome, play

Play = Callable[[int, frozenset[int], frozenset[str]], Outcome]


class Shrunk(NamedTuple):
    """A failing run and what can be left out of it."""

    outcome: Outcome
    disabled: frozenset[int]
    without: frozenset[str]


def shrink(failing: Outcome, run: Play = play) -> Shrunk:
    """Leave out stories, then troubles, one at a time, for as long as the run still fails.

    Leaving something out changes what follows, so the result is small and not the smallest.
    """
    best = Shrunk(failing, frozenset(), frozenset())
    for story in failing.stories:
        best = _try(best, best.disabled, best.without | {story}, run)
    numbers = [number for number, _ in best.outcome.struck]
    for number in reversed(numbers):
        best = _try(best, best.disabled | {number}, best.without, run)
    return best


def _try(best: Shrunk, disabled: frozenset[int], without: frozenset[str], run: Play) -> Shrunk:
    outcome = run(best.outcome.seed, disabled, without)
    return Shrunk(outcome, disabled, without) if outcome.findings else best
