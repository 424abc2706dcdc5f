"""What a configuration must be before it is kept. A version that is kept never changes, so nothing bad may enter."""

import re
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, Final, TypeAlias

from agents.control.checks import CURRENCY, UNKNOWN, WHOLE, Check, has_twice
from agents.control.offers_validation import offers_checks, propensities_checks
from agents.control.outage_validation import outage_checks
from agents.profile.model import zone_names
from schemas.records import BalanceLevels, ContactPolicy, Offers, OutagePolicy, Propensities, Templates

_CONFIG_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_MINUTES_OF_A_DAY: Final = 24 * 60

Config: TypeAlias = BalanceLevels | ContactPolicy | Templates | OutagePolicy | Offers | Propensities


def fault_of(config: Config) -> str | None:
    """Return the first thing wrong with a configuration, in words without its values; None when it may be kept."""
    checks = chain(_head(config), _RULES[type(config)](config))
    return next((words for is_wrong, words in checks if is_wrong), None)


def _head(config: Config) -> Iterator[Check]:
    yield not _CONFIG_ID.fullmatch(config.config_id), "config_id is no name"
    yield config.version < 1, "version must be at least 1"


def _levels(config: BalanceLevels) -> Iterator[Check]:
    yield not config.levels, "there is no level"
    yield has_twice(level.level_id for level in config.levels), "two levels have the same level_id"
    for level in config.levels:
        yield not level.level_id, "a level has no level_id"
        yield level.amount_minor < 0, "a level's amount_minor is negative"
        yield not CURRENCY.fullmatch(level.currency), "a level's currency is no ISO 4217 code"
    yield config.rearm_percent < WHOLE, "rearm_percent is below 100: a level would re-arm below itself"
    yield config.rearm_topup_minor < 0, "rearm_topup_minor is negative"
    yield config.min_gap_seconds < 0, "min_gap_seconds is negative"
    yield config.useful_for_seconds <= 0, "useful_for_seconds must be above 0"


def _policy(config: ContactPolicy) -> Iterator[Check]:
    yield config.default_timezone not in zone_names(), "default_timezone is no IANA zone"
    yield has_twice(order.message_class for order in config.channel_orders), "two channel orders are for one class"
    for order in config.channel_orders:
        yield UNKNOWN in (order.message_class, *order.channels), "a channel order names an unknown class or channel"
        yield not order.channels, "a channel order names no channel"
        yield has_twice(order.channels), "a channel order names a channel twice"
    yield has_twice(quiet.message_class for quiet in config.quiet_hours), "two quiet hours are for one class"
    for quiet in config.quiet_hours:
        yield quiet.message_class == UNKNOWN, "quiet hours name an unknown class"
        yield not 0 <= quiet.from_minute < _MINUTES_OF_A_DAY, "quiet hours begin outside the day"
        yield not 0 <= quiet.to_minute <= _MINUTES_OF_A_DAY, "quiet hours end outside the day"
        yield quiet.from_minute == quiet.to_minute, "quiet hours begin when they end"
    for cap in config.caps:
        yield UNKNOWN in (cap.message_class, cap.channel), "a cap names an unknown class or channel"
        yield cap.limit is not None and cap.limit < 0, "a cap's limit is negative"
        yield cap.window_seconds <= 0, "a cap's window_seconds must be above 0"


def _templates(config: Templates) -> Iterator[Check]:
    yield not config.templates, "there is no template"
    yield has_twice(template.purpose for template in config.templates), "two templates are for one purpose"
    for template in config.templates:
        yield not template.purpose, "a template has no purpose"
        yield not template.template_id, "a template has no template_id"
        yield template.message_class == UNKNOWN, "a template is of an unknown class"
        yield "" in template.parameters, "a template's parameter has no name"
        yield has_twice(template.parameters), "a template names a parameter twice"


_RULES: Final[dict[type[Config], Callable[[Any], Iterator[Check]]]] = {
    BalanceLevels: _levels,
    ContactPolicy: _policy,
    Templates: _templates,
    OutagePolicy: outage_checks,
    Offers: offers_checks,
    Propensities: propensities_checks,
}
