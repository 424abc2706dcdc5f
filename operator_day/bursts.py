"""Who of the background does what in which hour: drawn once, before anything is written."""

from collections import defaultdict
from collections.abc import Sequence
from random import Random
from typing import Final, Literal

from operator_day import blackout, config
from operator_day.city import Person
from operator_day.plan import DayPlan
from operator_day.zones import local_minute

Kind = Literal["usage", "charges", "session", "search", "conversation", "ticket"]
Bursts = dict[int, list[tuple[int, Kind]]]
"""Hour -> (index of the person, what they do)."""

BY_LOCAL_HOUR: Final = (2, 1, 1, 1, 1, 2, 3, 5, 6, 6, 6, 6, 7, 7, 6, 6, 7, 9, 12, 14, 14, 12, 8, 4)
"""How lively each hour of the local day is."""

_SHARES: Final[dict[Kind, float]] = {
    "usage": 63,
    "charges": 27.5,
    "session": 4,
    "search": 2,
    "conversation": 3,
    "ticket": 0.5,
}
"""Of a hundred bursts."""
_ASKING: Final = frozenset({"search", "conversation"})
_UNSETTLED: Final = frozenset({blackout.BREAKS_AT, blackout.ENDS_AT})
"""Hours in which nobody asks anything: the answer would depend on whether the large node is known to fail yet."""


def draw(plan: DayPlan, people: Sequence[Person]) -> Bursts:
    """Draw the day's bursts.

    Never two of one person in one hour: they could overlap, a sequence never goes back, and nothing may depend on the
    order of a slice's topics. Nobody asks twice a day: what two questions hours apart come to, the stories try.
    """
    rng = Random(f"bursts/{plan.seed}")
    bursts: defaultdict[int, list[tuple[int, Kind]]] = defaultdict(list)
    hours = range(plan.hours)
    weights: dict[str | None, list[int]] = {}
    whole, rest = divmod(plan.bursts, 100)
    kinds, shares = list(_SHARES), list(_SHARES.values())
    for index, person in enumerate(people):
        if person.timezone not in weights:
            zone = person.timezone or config.DEFAULT_TIMEZONE
            local = (local_minute(plan.hour(hour), zone) // 60 for hour in hours)
            weights[person.timezone] = [BY_LOCAL_HOUR[hour] for hour in local]
        count = whole + (rng.random() * 100 < rest)
        has_asked = False
        for hour in sorted(set(rng.choices(hours, weights[person.timezone], k=count))):
            kind = rng.choices(kinds, shares)[0]
            if kind in _ASKING and (has_asked or hour in _UNSETTLED):
                kind = "usage"
            has_asked = has_asked or kind in _ASKING
            bursts[hour].append((index, kind))
    return bursts
