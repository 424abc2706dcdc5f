"""Sections `accounts` and `money:<account>`: what we know of a customer's money."""

from bisect import insort
from typing import Final, Literal, TypeAlias

import msgspec

from agents.customer.model import Customer, short
from agents.usage.model import DAY_MILLIS, Days
from schemas.records import BalanceChanged, ChargePosted, PromisedPaymentOpened
from streams.core.records import Millis

ACCOUNTS: Final = "accounts"
MONEY: Final = "money:"

MAX_ACCOUNTS: Final = 8
"""Live accounts of a customer. With one more, the one longest without news goes; should it come back, its next balance
counts as its first and warns of nothing."""
MAX_CHARGES: Final = 10
"""Charges kept per account: what the next bill is explained with."""
MAX_PROMISES: Final = 4
"""Promised payments kept per account; one can be open at a time, the others wait for stragglers of theirs."""

PromiseState: TypeAlias = Literal["open", "overdue", "repaid"]
_PROGRESS: Final[tuple[PromiseState, ...]] = ("open", "overdue", "repaid")


class LevelState(msgspec.Struct, array_like=True, gc=False):
    """Where an account stands towards one balance level.

    Attributes:
        is_fired: Crossed on the way down and not re-armed since.
        crossed_at: When it was crossed last, by the event's own time.
        wanted_at: When a message about it was wanted last, by the event's own time; 0 for never.
    """

    is_fired: bool = False
    crossed_at: Millis = 0
    wanted_at: Millis = 0


class Promise(msgspec.Struct, array_like=True, gc=False):
    """A promised payment. Its end may become known before its beginning.

    Attributes:
        promise_id: The promise.
        state: It moves from open to overdue to repaid, never back.
        opened_at: When it was opened; 0 while that is not known.
        due_at: When it must be paid.
        amount_minor: What was promised.
        heard_at: Time of its newest event.
    """

    promise_id: str
    state: PromiseState = "open"
    opened_at: Millis = 0
    due_at: Millis = 0
    amount_minor: int = 0
    heard_at: Millis = 0

    def reach(self, state: PromiseState) -> None:
        """Move on to `state`; a step back is old news."""
        if _PROGRESS.index(state) > _PROGRESS.index(self.state):
            self.state = state

    def tell_opening(self, event: PromisedPaymentOpened) -> None:
        """Fill in how it began; the newest such event counts."""
        self.opened_at, self.due_at, self.amount_minor = max(
            (event.occurred_at, event.due_at, event.amount_minor), (self.opened_at, self.due_at, self.amount_minor)
        )

    def is_running(self, now: Millis) -> bool:
        """Return True while the payment is promised, and neither made nor due."""
        return self.state == "open" and now < self.due_at


class Charge(msgspec.Struct, array_like=True, gc=False):
    """One charge as it was posted."""

    occurred_at: Millis
    charge_id: str
    kind: str
    amount_minor: int
    units: int
    unit_price_minor: int | None


class Money(msgspec.Struct, array_like=True, gc=False):
    """Section `money:<account>`, about 1 KB when full. An account has one currency.

    Attributes:
        balance_minor: The balance of the highest version known.
        currency: Its currency.
        balance_version: That version; None before the first balance.
        levels: Standing towards each balance level by its id.
        is_autopay_enabled: Whether the account pays itself, by the newest event.
        autopay_at: Time of that event; -1 before the first.
        promises: Promised payments, by id.
        charges: The newest charges, oldest first.
        spend: Charges by day.
        balance_at: When the balance was so; -1 before the first.
    """

    balance_minor: int = 0
    currency: str = ""
    balance_version: int | None = None
    levels: dict[str, LevelState] = {}
    is_autopay_enabled: bool = False
    autopay_at: Millis = -1
    promises: list[Promise] = []
    charges: list[Charge] = []
    spend: Days = msgspec.field(default_factory=Days)
    balance_at: Millis = -1

    @property
    def heard_at(self) -> Millis:
        """Time of the newest balance or charge; -1 before the first."""
        return max(self.balance_at, self.charges[-1].occurred_at if self.charges else -1)

    def balance_in(self, currency: str) -> int | None:
        """Return the balance when it is known and in that currency."""
        return self.balance_minor if self.balance_version is not None and self.currency == currency else None

    def take_balance(self, event: BalanceChanged) -> bool:
        """Take over the balance when its version is the highest yet; return whether it was."""
        if self.balance_version is not None and event.balance_version <= self.balance_version:
            return False
        self.balance_minor, self.balance_version = event.balance_minor, event.balance_version
        self.balance_at = event.occurred_at
        self.currency = event.currency if event.currency == self.currency else short(event.currency, "currency")
        return True

    def is_covered(self, now: Millis) -> bool:
        """Return True while the money is on its way: the account pays itself, or a payment is promised and not due."""
        return self.is_autopay_enabled or any(promise.is_running(now) for promise in self.promises)

    def set_autopay(self, is_enabled: bool, occurred_at: Millis) -> bool:  # noqa: FBT001 - the event's own field
        """Take over the newest word on autopay; of two at the same time, "off". Return whether it changed."""
        if (occurred_at, not is_enabled) <= (self.autopay_at, not self.is_autopay_enabled):
            return False
        was_enabled, self.is_autopay_enabled, self.autopay_at = self.is_autopay_enabled, is_enabled, occurred_at
        return was_enabled != is_enabled

    def promise(self, promise_id: str, occurred_at: Millis) -> Promise:
        """Return the promise of that id, known from now on; the one longest without news makes room."""
        for promise in self.promises:
            if promise.promise_id == promise_id:
                promise.heard_at = max(promise.heard_at, occurred_at)
                return promise
        promise = Promise(short(promise_id, "promise_id"), heard_at=occurred_at)
        self.promises.append(promise)
        if len(self.promises) > MAX_PROMISES:
            self.promises.remove(min(self.promises, key=lambda known: (known.heard_at, known.promise_id)))
        self.promises.sort(key=lambda known: known.promise_id)
        return promise

    def current_promise(self) -> Promise | None:
        """Return the promise opened last, None when none was."""
        if not self.promises:
            return None
        opened = [promise for promise in self.promises if promise.opened_at]
        return max(opened, key=lambda known: (known.opened_at, known.promise_id), default=None)

    def shown_promise(self) -> tuple[object, ...] | None:
        """Return what others see of the current promise, for telling whether that changed."""
        promise = self.current_promise()
        return None if promise is None else (promise.promise_id, promise.state, promise.due_at, promise.amount_minor)

    def add_charge(self, event: ChargePosted) -> None:
        """Count the charge on its day and keep it when it is among the newest."""
        self.spend.add(event.occurred_at, event.amount_minor)
        charge = Charge(
            event.occurred_at,
            short(event.charge_id, "charge_id"),
            short(event.kind, "kind"),
            event.amount_minor,
            event.units,
            event.unit_price_minor,
        )
        insort(self.charges, charge, key=_charge_order)
        if len(self.charges) > MAX_CHARGES:
            del self.charges[0]

    def days_left(self, now: Millis) -> int | None:
        """Return for how many days the balance lasts at the pace of the last 7 days; None without spend."""
        spent = self.spend.total(now, 7)
        return max(self.balance_minor, 0) * 7 // spent if spent > 0 else None


def _charge_order(charge: Charge) -> tuple[Millis, str]:
    return charge.occurred_at, charge.charge_id


class Accounts(msgspec.Struct, array_like=True, gc=False):
    """Section `accounts`: which accounts have a section of their own.

    Attributes:
        heard: Newest day with news by account id; by day, so that an event seldom rewrites it.
    """

    heard: dict[str, int] = {}


def account(customer: Customer, account_id: str, occurred_at: Millis) -> Money:
    """Return the account's section for change, known from now on; the one longest without news makes room."""
    heard = customer.section(ACCOUNTS, Accounts).heard
    day = occurred_at // DAY_MILLIS
    known = heard.get(account_id)
    if known is None or known < day:
        heard[short(account_id, "account_id")] = day
        if len(heard) > MAX_ACCOUNTS:
            oldest = min((each for each in heard if each != account_id), key=lambda each: (heard[each], each))
            del heard[oldest]
            customer.drop(MONEY + oldest)
    return customer.section(MONEY + account_id, Money)


def accounts_by_news(customer: Customer) -> list[Money]:
    """Return the customer's accounts for reading, the one with the newest balance or charge last."""
    accounts = customer.peek(ACCOUNTS, Accounts)
    if accounts is None:
        return []
    known = [(name, money) for name in accounts.heard if (money := customer.peek(MONEY + name, Money)) is not None]
    return [money for _, money in sorted(known, key=_news_order)]


def _news_order(known: tuple[str, Money]) -> tuple[Millis, str]:
    return known[1].heard_at, known[0]
