"""How long partitions were silent: the arithmetic of gaps between outputs. Pure: every time is handed in."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Gap:
    """A partition's silence.

    Attributes:
        seconds: How long.
        partition: Whose.
        began: When its last output before it came.
    """

    seconds: float
    partition: int
    began: float


def longest_of(arrivals: Sequence[float], since: float, until: float) -> tuple[float, float]:
    """Return how long the longest gap of one partition lasts, and when it began.

    A gap lies between two consecutive outputs and belongs to the window in which it ends: one that was there before
    `since` counts from its own beginning. What is still silent at `until` counts until then; a partition that had no
    output before `since` counts from there.

    Args:
        arrivals: When its outputs came, in order.
        since: The window's beginning, such as the strike.
        until: Its end.
    """
    first, last = bisect_right(arrivals, since), bisect_right(arrivals, until)
    before = arrivals[first - 1] if first else since
    points = [before, *arrivals[first:last], until]
    return max(((late - early, early) for early, late in pairwise(points)), key=lambda gap: gap[0])


def longest(
    arrivals: Mapping[int, Sequence[float]], partitions: Iterable[int], since: float, until: float
) -> Gap | None:
    """Return the longest gap of any of some partitions; None when there is no partition.

    A partition without an output at all was silent for the whole window.
    """
    gaps = []
    for partition in partitions:
        seconds, began = longest_of(arrivals.get(partition, ()), since, until)
        gaps.append(Gap(seconds, partition, began))
    return max(gaps, key=lambda gap: gap.seconds, default=None)


def silent(arrivals: Mapping[int, Sequence[float]], partitions: Collection[int], now: float) -> dict[int, float]:
    """Return for how long each partition has been silent; those without an output are left out."""
    last = {partition: arrivals[partition][-1] for partition in partitions if arrivals.get(partition)}
    return {partition: now - at for partition, at in last.items()}
