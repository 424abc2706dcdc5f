"""What a configuration must be before it is kept. A version that is kept never changes, so nothing bad may enter."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from schemas.records import BalanceLevels, ContactPolicy, Templates

_CONFIG_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_CURRENCY: Final = re.compile(r"[A-Z]{3}", re.ASCII)
_MINUTES_OF_A_DAY: Final = 24 * 60
_UNKNOWN: Final = "UNKNOWN"

Config = BalanceLevels | ContactPolicy | Templates


def fault_of(config: Config) -> str | None:
    """Return the first thing wrong with a configuration, in words without its values; None when it may be kept."""
    return next(_faults(config), None)


def _faults(config: Config) -> Iterator[str]:
    if not _CONFIG_ID.fullmatch(config.config_id):
        yield "config_id is no name"
    if config.version < 1:
        yield "version must be at least 1"
    yield from _RULES[type(config)](config)


def _levels(config: BalanceLevels) -> Iterator[str]:
    if not config.levels:
        yield "there is no level"
    if _has_twice(level.level_id for level in config.levels):
        yield "two levels have the same level_id"
    for level in config.levels:
        if not level.level_id:
            yield "a level has no level_id"
        if level.amount_minor < 0:
            yield "a level's amount_minor is negative"
        if not _CURRENCY.fullmatch(level.currency):
            yield "a level's currency is no ISO 4217 code"
    if config.rearm_percent < 100:  # noqa: PLR2004 - a level that re-arms below itself would fire at every event
        yield "rearm_percent must be at least 100"
    if config.rearm_topup_minor < 0:
        yield "rearm_topup_minor is negative"
    if config.min_gap_seconds < 0:
        yield "min_gap_seconds is negative"
    if config.useful_for_seconds <= 0:
        yield "useful_for_seconds must be above 0"


def _policy(config: ContactPolicy) -> Iterator[str]:
    if not _is_zone(config.default_timezone):
        yield "default_timezone is no IANA zone"
    if _has_twice(order.message_class for order in config.channel_orders):
        yield "two channel orders are for the same class"
    for order in config.channel_orders:
        if order.message_class == _UNKNOWN or _UNKNOWN in order.channels:
            yield "a channel order names an unknown class or channel"
        if not order.channels or _has_twice(order.channels):
            yield "a channel order is empty or names a channel twice"
    if _has_twice(quiet.message_class for quiet in config.quiet_hours):
        yield "two quiet hours are for the same class"
    for quiet in config.quiet_hours:
        if quiet.message_class == _UNKNOWN:
            yield "quiet hours name an unknown class"
        if not (0 <= quiet.from_minute < _MINUTES_OF_A_DAY and 0 <= quiet.to_minute <= _MINUTES_OF_A_DAY):
            yield "quiet hours lie outside the day"
        if quiet.from_minute == quiet.to_minute:
            yield "quiet hours begin when they end"
    for cap in config.caps:
        if _UNKNOWN in {cap.message_class, cap.channel}:
            yield "a cap names an unknown class or channel"
        if cap.limit is not None and cap.limit < 0:
            yield "a cap's limit is negative"
        if cap.window_seconds <= 0:
            yield "a cap's window_seconds must be above 0"


def _templates(config: Templates) -> Iterator[str]:
    if not config.templates:
        yield "there is no template"
    if _has_twice(template.purpose for template in config.templates):
        yield "two templates are for the same purpose"
    for template in config.templates:
        if not template.purpose:
            yield "a template has no purpose"
        if not template.template_id:
            yield "a template has no template_id"
        if template.message_class == _UNKNOWN:
            yield "a template is of an unknown class"
        if "" in template.parameters or _has_twice(template.parameters):
            yield "a template names a parameter twice or not at all"


def _has_twice(values: Iterable[str]) -> bool:
    listed = list(values)
    return len(set(listed)) < len(listed)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a name that is a path, or a directory of the database
        return False
    return True


_RULES: Final[dict[type[Config], Callable[[Any], Iterator[str]]]] = {
    BalanceLevels: _levels,
    ContactPolicy: _policy,
    Templates: _templates,
}
