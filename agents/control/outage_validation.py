"""What an outage policy must be before it is kept."""

from collections.abc import Iterator
from typing import Final

from agents.control.checks import UNKNOWN, Check, has_twice
from schemas.records import OutagePolicy

MAX_WAIT_SECONDS: Final = 86_400
"""News that is held back for longer than a day is no news."""
MAX_SECONDS: Final = 366 * 86_400


def outage_checks(config: OutagePolicy) -> Iterator[Check]:
    """Yield everything that can be wrong with an outage policy."""
    for name in ("hold_down_seconds", "settle_seconds"):
        yield not 0 <= getattr(config, name) <= MAX_WAIT_SECONDS, f"{name} is not between 0 and a day"
    yield not 0 <= config.eta_shift_seconds <= MAX_SECONDS, "eta_shift_seconds is not between 0 and a year"
    yield not 0 < config.useful_for_seconds <= MAX_SECONDS, "useful_for_seconds is not above 0 and within a year"
    yield UNKNOWN in config.severe, "severe names an unknown severity"
    yield has_twice(config.severe), "severe names a severity twice"
    yield has_twice(each.service_kind for each in config.dead_channels), "two dead channels are for one service"
    for each in config.dead_channels:
        yield UNKNOWN in (each.service_kind, *each.channels), "dead channels name an unknown service or channel"
        yield not each.channels, "dead channels name no channel"
        yield has_twice(each.channels), "dead channels name a channel twice"
