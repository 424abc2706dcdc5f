"""Section `usage`, and the day sums that it and the accounts' spend are made of."""

from typing import Final

import msgspec

from streams.core.records import Millis

DAY_MILLIS: Final = 86_400_000
DAYS: Final = 30
PLAUSIBLE: Final = 10**13
"""Largest amount of one event: 10 TB, or a hundred billion in major units. 900,000 such events still fit a long."""


class Implausible(ValueError):  # noqa: N818 - reads as what is wrong
    """An amount that no event can have; the event is not applied."""


class Days(msgspec.Struct, array_like=True, gc=False):
    """Sums by UTC day of the event's own time, 30 days back from the newest.

    Adding is commutative: the same amounts in any order give the same sums.

    Attributes:
        newest: Number of the newest day with an amount, days since the epoch.
        sums: Sums of `newest` and the days before it, without trailing zeros.
    """

    newest: int = 0
    sums: list[int] = []

    def add(self, occurred_at: Millis, amount: int) -> None:
        """Add to the day of `occurred_at`; what is 30 days older than the newest day is let go.

        Raises:
            Implausible: the amount is beyond `PLAUSIBLE`.
        """
        if not amount:
            return
        if not -PLAUSIBLE <= amount <= PLAUSIBLE:
            raise Implausible("an amount is beyond what one event can have")
        sums = self.sums
        back = self.newest - occurred_at // DAY_MILLIS
        if 0 <= back < len(sums):
            sums[back] += amount
        elif back >= 0:
            if back < DAYS:
                sums += [0] * (back - len(sums))
                sums.append(amount)
        else:
            self.newest -= back
            sums[:0] = [amount] + [0] * (min(-back, DAYS) - 1 if sums else 0)
            del sums[DAYS:]
        while sums and not sums[-1]:
            sums.pop()

    def total(self, now: Millis, days: int) -> int:
        """Return the sum of the last `days` UTC days, that of `now` included."""
        sums = self.sums
        covered = self.newest - now // DAY_MILLIS + days
        if covered <= 0 or not sums:
            return 0
        return sum(sums) if covered >= len(sums) else sum(sums[:covered])


class KindUsage(msgspec.Struct, array_like=True, gc=False):
    """Usage of one kind.

    Attributes:
        units: Seconds, messages or bytes by day.
        cost: Minor units by day; an operator rates in one currency.
    """

    units: Days = msgspec.field(default_factory=Days)
    cost: Days = msgspec.field(default_factory=Days)


class Usage(msgspec.Struct, array_like=True, gc=False):
    """Section `usage`. At most one entry per kind of the contract; about 1 KB when every day of 30 has data.

    Attributes:
        kinds: By kind of usage.
    """

    kinds: dict[str, KindUsage] = {}


SECTION: Final = "usage"
