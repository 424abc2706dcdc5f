"""Local time of a city that spans eleven zones."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

Millis = int

SECOND: Final = 1_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

MINUTES_A_DAY: Final = 1_440

ZONES: Final = (
    "Europe/Kaliningrad",
    "Europe/Moscow",
    "Europe/Samara",
    "Asia/Yekaterinburg",
    "Asia/Omsk",
    "Asia/Krasnoyarsk",
    "Asia/Irkutsk",
    "Asia/Yakutsk",
    "Asia/Vladivostok",
    "Asia/Magadan",
    "Asia/Kamchatka",
)
"""One place for each of Russia's eleven zones, west to east."""

WEIGHTS: Final = (1, 55, 6, 10, 6, 7, 5, 3, 4, 1, 2)
"""About how many people live by each."""


@cache
def zone(name: str) -> ZoneInfo:
    """Give the zone of the IANA name `name`."""
    return ZoneInfo(name)


def local_minute(at: Millis, zone_name: str) -> int:
    """Give the minute of the local day, 0 to 1439, at the UTC time `at`."""
    local = (datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=at)).astimezone(zone(zone_name))
    return local.hour * 60 + local.minute


def is_within(minute: int, first: int, end: int) -> bool:
    """Tell whether `minute` lies in [first, end) of a day that wraps at midnight; first == end is never."""
    if first <= end:
        return first <= minute < end
    return minute >= first or minute < end
