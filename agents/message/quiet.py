"""Quiet hours: from when until when a customer is left alone, on their own clock."""

from datetime import datetime, time, timedelta, tzinfo
from functools import lru_cache
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from agents.profile.model import zone_names
from streams.core.records import Millis

DAY_MINUTES: Final = 24 * 60
UTC_NAME: Final = "Etc/UTC"


class Window(msgspec.Struct, frozen=True, gc=False):
    """Minutes of the local day during which nothing is sent; it spans midnight when it begins later than it ends.

    Attributes:
        begin: The first quiet minute, 0 to 1440.
        end: The first minute that is not, 0 to 1440.
    """

    begin: int
    end: int

    def holds(self, minute: int) -> bool:
        """Return True when `minute` is quiet; a window that ends where it begins is none."""
        if self.begin <= self.end:
            return self.begin <= minute < self.end
        return minute >= self.begin or minute < self.end


def window(begin: int, end: int) -> Window:
    """Return the window.

    Raises:
        ValueError: a minute is none of the day.
    """
    if not (0 <= begin <= DAY_MINUTES and 0 <= end <= DAY_MINUTES):
        raise ValueError("quiet hours begin and end at a minute of the day, 0 to 1440")
    return Window(begin, end)


def quiet_until(quiet: Window, zone: tzinfo, now: Millis) -> Millis | None:
    """Return when the quiet hours end that `now` lies in, None when it lies in none.

    The end is the window's end on the local clock. Where the clock is set back over it, it is the first time that the
    clock shows it; where the clock is set forward over it, the same stretch of time later. So it never comes early.
    """
    local = datetime.fromtimestamp(now // 1000, zone)
    minute = local.hour * 60 + local.minute
    if not quiet.holds(minute):
        return None
    day = local.date() if minute < quiet.end else local.date() + timedelta(days=1)
    ends = datetime.combine(day, time.min) + timedelta(minutes=quiet.end)
    for fold in (0, 1):
        instant = int(ends.replace(tzinfo=zone, fold=fold).timestamp()) * 1000
        if instant > now:
            return instant
    return now + 60_000  # a zone that skips the day altogether: look again in a minute


def zone_of(name: str | None, default: str) -> tzinfo:
    """Return the zone called `name`, that called `default` when there is none, UTC when there is neither."""
    for candidate in (name, default):
        zone = _zone(candidate) if candidate else None
        if zone is not None:
            return zone
    return ZoneInfo(UTC_NAME)


@lru_cache(maxsize=1024)
def _zone(name: str) -> tzinfo | None:
    """Read a zone from the pinned tzdata package, so that every worker has the same rules; None for no zone."""
    if name not in zone_names():
        return None
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as stream:
        return ZoneInfo.from_file(stream, key=name)
