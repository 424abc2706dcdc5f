"""The configuration that the city's operator has in force, in the words of its contracts."""

from typing import Final

from operator_day import shelf
from operator_day.events import Event, Fate
from operator_day.pen import configuration
from operator_day.zones import HOUR, SECOND, Millis
from schemas import records

LEVEL_100: Final = "low-100"
LEVEL_50: Final = "low-50"
LEVEL_10: Final = "low-10"
LEVEL_200: Final = "low-200"
"""Only from the second version on, which takes effect at noon."""

NOON: Final = 12
QUIET_FIRST: Final = 22 * 60
QUIET_END: Final = 7 * 60
DEFAULT_TIMEZONE: Final = "Europe/Moscow"
PURPOSE: Final = "balance.low"
CHANNELS: Final = ("push", "sms", "email")
URGENT_CHANNELS: Final = ("sms", "push", "email")
CAP: Final = 2
GAP_HOURS: Final = 4
REARM_TOPUP: Final = 300_00
CURRENCY: Final = "RUB"

HOLD_DOWN_SECONDS: Final = HOUR // SECOND
"""As long as the longest slice, the settling too: within a slice a partition's time may be ahead of any event's, so
what is to stay silent ends in the slice that it began in, and what is to be told is told by the end of the next."""
ETA_SHIFT: Final = HOUR // 2
USEFUL_FOR_SECONDS: Final = 6 * HOUR // SECOND
DEAD_CHANNELS: Final = (
    records.DeadChannels("mobile_data", ("push", "email")),
    records.DeadChannels("mobile_voice", ("sms",)),
    records.DeadChannels("home_internet", ("email",)),
)

_OUTAGE: Final = {
    "outage.opened": ("outage_id", "service", "eta", "cause_public"),
    "outage.eta_changed": ("outage_id", "service", "eta"),
    "outage.resolved": ("outage_id", "service"),
    "outage.discarded": ("outage_id", "service"),
}
_WORKS: Final = {
    "works.planned": ("outage_id", "service", "starts_at", "ends_at", "cause_public"),
    "works.moved": ("outage_id", "service", "starts_at", "ends_at"),
    "works.cancelled": ("outage_id", "service"),
}
"""Purposes of the network's notices, with what their templates need."""

_AMOUNTS: Final = {LEVEL_100: 100_00, LEVEL_50: 50_00, LEVEL_10: 10_00}


def levels(version: int) -> records.BalanceLevels:
    """Give version 1 (notices useful for 12 h) or 2 (a level more, useful for 2 h)."""
    amounts = _AMOUNTS if version == 1 else {LEVEL_200: 200_00, **_AMOUNTS}
    return records.BalanceLevels(
        config_id="city",
        version=version,
        levels=tuple(records.Level(name, amount, CURRENCY) for name, amount in amounts.items()),
        rearm_percent=120,
        rearm_topup_minor=REARM_TOPUP,
        min_gap_seconds=GAP_HOURS * HOUR // SECOND,
        useful_for_seconds=(12 if version == 1 else 2) * HOUR // SECOND,
    )


def policy() -> records.ContactPolicy:
    """Give the contact policy: two service messages in a rolling day, no service message by night."""
    return records.ContactPolicy(
        config_id="city",
        version=1,
        default_timezone=DEFAULT_TIMEZONE,
        channel_orders=(
            records.ChannelOrder(message_class="critical", channels=URGENT_CHANNELS),
            records.ChannelOrder(message_class="service", channels=CHANNELS),
            records.ChannelOrder(message_class="marketing", channels=("email",)),
        ),
        quiet_hours=(
            records.QuietHours(message_class="service", from_minute=QUIET_FIRST, to_minute=QUIET_END),
            records.QuietHours(message_class="marketing", from_minute=21 * 60, to_minute=9 * 60),
        ),
        caps=(
            records.Cap(message_class="service", channel=None, limit=CAP, window_seconds=24 * HOUR // SECOND),
            records.Cap(message_class="marketing", channel=None, limit=0, window_seconds=24 * HOUR // SECOND),
            records.Cap(message_class=None, channel=None, limit=None, window_seconds=24 * HOUR // SECOND),
        ),
    )


def templates() -> records.Templates:
    """Give the templates: outages are critical, planned works and balances service."""
    return records.Templates(
        config_id="city",
        version=1,
        templates=(
            _template(PURPOSE, "service", 50, ("balance_minor", "currency")),
            *(_template(purpose, "critical", 90, needs) for purpose, needs in _OUTAGE.items()),
            *(_template(purpose, "service", 60, needs) for purpose, needs in _WORKS.items()),
        ),
    )


def _template(
    purpose: str, message_class: records.MessageClass, priority: int, parameters: tuple[str, ...]
) -> records.Template:
    name = f"{purpose.replace('.', '-').replace('_', '-')}-1"
    return records.Template(
        purpose=purpose, template_id=name, message_class=message_class, priority=priority, parameters=parameters
    )


def outage_policy() -> records.OutagePolicy:
    """Give the outage policy: an hour's hold-down, none for critical outages."""
    return records.OutagePolicy(
        config_id="city",
        version=1,
        hold_down_seconds=HOLD_DOWN_SECONDS,
        severe=("critical",),
        settle_seconds=HOLD_DOWN_SECONDS,
        eta_shift_seconds=ETA_SHIFT // SECOND,
        useful_for_seconds=USEFUL_FOR_SECONDS,
        dead_channels=DEAD_CHANNELS,
    )


def first(at: Millis) -> list[Event]:
    """Write every version that the day will use, and put the first ones in force."""
    kept = [configuration("config.levels.v1", f"city@{version}", levels(version), at) for version in (1, 2)]
    kept.append(configuration("config.policy.v1", "city@1", policy(), at))
    kept.append(configuration("config.template.v1", "city@1", templates(), at))
    kept.append(configuration("config.outage.v1", "city@1", outage_policy(), at))
    kept += [configuration("config.offers.v1", f"city@{version}", shelf.offers(version), at) for version in (1, 2)]
    kept.append(configuration("config.propensities.v1", "city@1", shelf.propensities(), at))
    return kept


KINDS: Final = ("levels", "policy", "template", "outage", "offers", "propensities")


def activations(at: Millis, kinds: tuple[str, ...] = KINDS, version: int = 1) -> list[Event]:
    """Put `version` of each of `kinds` in force."""
    return [
        configuration(
            "config.activation.v1",
            kind,
            records.ConfigActivated(kind=kind, config_id="city", version=version),
            at,
        )
        for kind in kinds
    ]


def unknown(at: Millis) -> Event:
    """Activate a version that was never published."""
    record = records.ConfigActivated(kind="levels", config_id="city", version=99)
    event = configuration("config.activation.v1", "levels", record, at)
    return event._replace(fate=Fate(reason="unknown-config"), story="unknown configuration")
