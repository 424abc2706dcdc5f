"""A customer's day in sentences: `a_customer().with_balance(100_00).who(opened_promise(50_00), spent(95_00))`."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from agents.customer.model import ActiveConfig
from schemas.records import (
    AutopayChanged,
    BalanceChanged,
    BalanceLevels,
    Cancelled,
    Cap,
    Channel,
    ChannelOrder,
    ChargePosted,
    ConsentGranted,
    ConsentRevoked,
    ContactPolicy,
    Context,
    CustomerUpserted,
    IdentifierLinked,
    IdentifierUnlinked,
    Level,
    MessageClass,
    PreferenceSet,
    PromisedPaymentOpened,
    PromisedPaymentOverdue,
    PromisedPaymentRepaid,
    QuietHours,
    Requested,
    Suppressed,
    Template,
    Templates,
    TopupSucceeded,
    UsageRated,
)
from tests.builders.machine import Machine

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
ADDRESSES: Final = {
    "sms": ("msisdn", "+7 916 123-45-67"),
    "push": ("app", "app-1"),
    "email": ("email", "a@example.org"),
}

Step = Callable[["Day"], None]


def millis(moment: str, zone: str = "UTC") -> int:
    """Return an instant given on a zone's clock, such as `2026-03-10 12:00`."""
    return int(datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(zone)).timestamp()) * 1000


class Day:
    """A customer with a number, under a policy that the sentence may change."""

    def __init__(self) -> None:
        self.now = millis("2026-03-10 12:00")
        self.balance: dict[str, int] = {}
        self.machine = Machine(ActiveConfig())
        self._events = self._version = 0
        self._levels = [("low", 100_00, "RUB"), ("empty", 0, "RUB")]
        self._gap_seconds, self._topup = 0, 100_00
        self._caps: list[Cap] = []
        self._quiet: list[QuietHours] = []
        self._class: MessageClass = "service"
        self._channels: tuple[Channel, ...] = ("sms", "push", "email")
        self._useful_seconds = 24 * 3600
        self._configure()
        self.with_address("sms")

    # given

    def with_levels(self, *levels: tuple[str, int, str], gap_seconds: int = 0, topup: int = 100_00) -> "Day":
        self._levels, self._gap_seconds, self._topup = list(levels), gap_seconds, topup
        return self._configure()

    def with_gap(self, seconds: int) -> "Day":
        self._gap_seconds = seconds
        return self._configure()

    def with_cap(self, limit: int | None, hours: int, *, message_class: Any = None, channel: Any = None) -> "Day":
        self._caps.append(Cap(hours * 3600, message_class, channel, limit))
        return self._configure()

    def with_quiet_hours(self, begin: int, end: int) -> "Day":
        self._quiet = [QuietHours(self._class, begin, end)]
        return self._configure()

    def told_as(self, message_class: MessageClass, *channels: Channel, useful_seconds: int | None = None) -> "Day":
        self._class = message_class
        self._channels = channels or self._channels
        self._useful_seconds = useful_seconds or self._useful_seconds
        return self._configure()

    def in_zone(self, zone: str) -> "Day":
        return self.who(lambda day: day.happens(CustomerUpserted, customer_id="c-1", timezone=zone))

    def with_address(self, channel: str, valid_to: int | None = None) -> "Day":
        scheme, value = ADDRESSES[channel]
        link: dict[str, Any] = {
            "customer_id": "c-1",
            "scheme": scheme,
            "value": value,
            "valid_from": 0,
            "valid_to": valid_to,
        }
        return self.who(lambda day: day.happens(IdentifierLinked, **link))

    def with_consent(self, message_class: MessageClass, channel: Channel, valid_to: int | None = None) -> "Day":
        return self.who(granted(message_class, channel, valid_to))

    def with_balance(self, minor: int, account: str = "a-1") -> "Day":
        return self.who(has_balance(minor, account))

    def at(self, moment: str, zone: str = "UTC") -> "Day":
        self.now = millis(moment, zone)
        self.machine.advance(self.now)
        return self

    # when

    def who(self, *steps: Step) -> "Day":
        for step in steps:
            self.now += 1000
            step(self)
        return self

    def happens(self, kind: type, /, *, ago: int = 0, is_silent: bool = False, **fields: Any) -> None:
        """Let an event of that kind happen `ago` milliseconds before now."""
        self._events += 1
        common = {"event_id": f"e-{self._events}", "source": "test", "occurred_at": self.now - ago}
        event = kind(**{**common, **fields})
        self.machine.apply(event, self.now, is_silent=is_silent)

    def next_version(self) -> int:
        self._version += 1
        return self._version

    # then

    @property
    def requests(self) -> list[Requested]:
        return [each.record for each in self.machine.emitted if isinstance(each.record, Requested)]

    @property
    def messages(self) -> list[str]:
        return [request.purpose for request in self.requests]

    @property
    def told_levels(self) -> list[object]:
        return [request.parameters["level_id"] for request in self.requests]

    @property
    def suppressions(self) -> list[tuple[str, str]]:
        records = [each.record for each in self.machine.emitted]
        return [(record.purpose, record.reason) for record in records if isinstance(record, Suppressed)]

    @property
    def cancellations(self) -> list[tuple[str, str]]:
        records = [each.record for each in self.machine.emitted]
        return [(record.message_id, record.reason) for record in records if isinstance(record, Cancelled)]

    @property
    def context(self) -> Context:
        return self.machine.view(self.now)

    def _configure(self) -> "Day":
        levels = tuple(Level(*level) for level in self._levels)
        orders = tuple(ChannelOrder(each, self._channels) for each in ("service", "critical", self._class))
        parameters = ("account_id", "balance_minor", "currency", "level_id", "level_minor", "days_left", "absent")
        self.machine.config = ActiveConfig(
            7,
            BalanceLevels("levels", 1, levels, self._topup, self._gap_seconds, self._useful_seconds, 120),
            ContactPolicy("policy", 1, "UTC", orders, tuple(self._quiet), tuple(self._caps)),
            Templates("templates", 1, (Template("balance.low", "tpl-1", self._class, 5, parameters),)),
        )
        return self


def a_customer() -> Day:
    """Begin a sentence."""
    return Day()


def has_balance(minor: int, account: str = "a-1", *, currency: str = "RUB", **how: Any) -> Step:
    def step(day: Day) -> None:
        day.balance[account] = minor
        fields: dict[str, Any] = {"account_id": account, "balance_minor": minor, "currency": currency}
        day.happens(BalanceChanged, **{**fields, "balance_version": day.next_version(), **how})

    return step


def spent(minor: int, account: str = "a-1", **how: Any) -> Step:
    return lambda day: has_balance(day.balance[account] - minor, account, **how)(day)


def charged(minor: int, charge: str = "ch-1", account: str = "a-1", **how: Any) -> Step:
    fields: dict[str, Any] = {
        "account_id": account,
        "charge_id": charge,
        "amount_minor": minor,
        "currency": "RUB",
        "kind": "voice",
    }
    return lambda day: day.happens(ChargePosted, **{**fields, "units": 60, "unit_price_minor": 250, **how})


def used(kind: str, units: int, cost: int = 0, **how: Any) -> Step:
    fields: dict[str, Any] = {"sequence": 1, "kind": kind, "units": units, "cost_minor": cost, "currency": "RUB"}
    return lambda day: day.happens(UsageRated, **fields, **how)


def topped_up(minor: int, account: str = "a-1", **how: Any) -> Step:
    def step(day: Day) -> None:
        day.happens(TopupSucceeded, account_id=account, topup_id="t", amount_minor=minor, currency="RUB", **how)
        has_balance(day.balance[account] + minor, account)(day)

    return step


def enabled_autopay(*, is_enabled: bool = True, account: str = "a-1", **how: Any) -> Step:
    return lambda day: day.happens(AutopayChanged, account_id=account, is_enabled=is_enabled, **how)


def opened_promise(minor: int, *, hours: float = 72, promise: str = "p-1", **how: Any) -> Step:
    def step(day: Day) -> None:
        fields: dict[str, Any] = {"account_id": "a-1", "promise_id": promise, "amount_minor": minor, "currency": "RUB"}
        day.happens(PromisedPaymentOpened, **fields, due_at=day.now + int(hours * HOUR), **how)

    return step


def repaid_promise(promise: str = "p-1", **how: Any) -> Step:
    return lambda day: day.happens(PromisedPaymentRepaid, account_id="a-1", promise_id=promise, **how)


def let_promise_pass(promise: str = "p-1", **how: Any) -> Step:
    return lambda day: day.happens(PromisedPaymentOverdue, account_id="a-1", promise_id=promise, **how)


def granted(message_class: MessageClass, channel: Channel, valid_to: int | None = None, **how: Any) -> Step:
    fields: dict[str, Any] = {
        "message_class": message_class,
        "channel": channel,
        "valid_to": valid_to,
        "proof_ref": "proof-1",
    }
    return lambda day: day.happens(ConsentGranted, **fields, **how)


def revoked(message_class: MessageClass, channel: Channel, **how: Any) -> Step:
    return lambda day: day.happens(ConsentRevoked, message_class=message_class, channel=channel, **how)


def prefers(channel: Any = None, begin: int | None = None, end: int | None = None, **how: Any) -> Step:
    fields: dict[str, Any] = {"quiet_from_minute": begin, "quiet_to_minute": end, "preferred_channel": channel}
    return lambda day: day.happens(PreferenceSet, **fields, **how)


def lost_address(channel: str, **how: Any) -> Step:
    scheme, value = ADDRESSES[channel]
    fields: dict[str, Any] = {"customer_id": "c-1", "scheme": scheme, "value": value}
    return lambda day: day.happens(IdentifierUnlinked, **fields, valid_to=day.now, **how)


def after(*, hours: float = 0, minutes: float = 0) -> Step:
    def step(day: Day) -> None:
        day.now += int(hours * HOUR + minutes * MINUTE)
        day.machine.advance(day.now)

    return step


def heard(kind: type, request: int = -1, channel: Channel = "sms", **how: Any) -> Step:
    """The gateway reports on the request of that place."""
    return lambda day: day.happens(kind, message_id=day.requests[request].message_id, channel=channel, **how)
