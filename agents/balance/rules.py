"""When to tell somebody that their balance runs low, and when to keep silent.

- A level warns when the balance falls below it, once, until it is armed again: by a balance well above the level
  (`rearm_percent` of it) or by a top-up of `rearm_topup_minor` or more.
- Several levels crossed at once are one message, about the lowest of them.
- The first balance known of an account is where it starts: it crosses nothing.
- While autopay is on or a promised payment is open and not due, the message is suppressed as `covered`; the level
  counts as fired all the same, so that it is not said later about yesterday's balance.
- About one level there is at most one message in `min_gap_seconds`; a crossing within it fires the level in silence.
- What waits for the end of the night does not outlive its truth: a newer balance that reaches the level withdraws the
  message about it; autopay switched on, or a promise that covers, withdraws all about the account. It is suppressed as
  `covered`. A late event withdraws as well, for it says what is true.
- The billing system's `balance_version` decides which balance is the newest. An older one changes nothing, and a late
  one (or one that has expired) changes the record and tells nobody.
- A level in another currency than the balance does not concern it.

All order and gaps go by the events' own time, so that it does not matter how long they took to arrive.
"""

from collections.abc import Sequence

from agents.balance.levels import LevelPlan, cross, level_plan, rearm_paid, rearm_risen, wants_message
from agents.balance.money import ACCOUNTS, MONEY, Accounts, Money, account
from agents.customer.model import Capability, Customer, Moment
from agents.message.model import NOTHING, Covered, Effect, Notice, Withdraw
from schemas.reasons import SuppressionReason
from schemas.records import (
    AutopayChanged,
    BalanceChanged,
    ChargePosted,
    Level,
    PromisedPaymentOpened,
    PromisedPaymentOverdue,
    PromisedPaymentRepaid,
    TopupSucceeded,
)

BALANCE_LOW = "balance.low"
"""Purpose of the message, and name of its template."""


def on_balance_changed(customer: Customer, event: BalanceChanged, moment: Moment) -> Sequence[Effect]:
    """Warn once per level on the way down; silent while the money is on its way."""
    money = account(customer, event.account_id, event.occurred_at)
    before = money.balance_in(event.currency)
    if not money.take_balance(event):
        return NOTHING  # a newer balance is known
    if before is None:  # the first one, or the first in this currency: what waits is about another balance
        return [Withdraw(BALANCE_LOW, event.account_id)]
    plan = moment.config.derived(level_plan)
    levels = plan.of(event.currency)
    fired = cross(money, levels, before, event.occurred_at)
    if rearm_risen(money, levels, plan.rearm_percent) or fired:
        customer.mark_material()
    if event.balance_minor > before:
        return [Withdraw(BALANCE_LOW, event.account_id, reached=event.balance_minor)]
    if not fired or moment.is_silent or not wants_message(money, fired, event.occurred_at, plan.min_gap):
        return NOTHING
    notice = low_balance(money, event, fired[0], plan, moment)
    if money.is_covered(moment.now):  # autopay, or a promise is open
        return [Covered(notice, SuppressionReason.COVERED)]
    return [notice]


def low_balance(money: Money, event: BalanceChanged, level: Level, plan: LevelPlan, moment: Moment) -> Notice:
    """Say that the account is below `level`; one crossing is one message, told apart by the balance's version."""
    parameters: dict[str, int | str] = {
        "account_id": event.account_id,
        "balance_minor": event.balance_minor,
        "currency": event.currency,
        "level_id": level.level_id,
        "level_minor": level.amount_minor,
    }
    days_left = money.days_left(moment.now)
    if days_left is not None:
        parameters["days_left"] = days_left
    phase = f"{level.level_id}@{event.balance_version}"
    useless_from = moment.now + plan.useful_for
    return Notice(BALANCE_LOW, event.account_id, phase, parameters, useless_from, true_below=level.amount_minor)


def on_topup(customer: Customer, event: TopupSucceeded, moment: Moment) -> Sequence[Effect]:
    """Arm the levels again after a top-up that is large enough, unless they were crossed after it."""
    money = account(customer, event.account_id, event.occurred_at)
    plan = moment.config.derived(level_plan)
    if event.amount_minor >= plan.rearm_topup_minor and rearm_paid(money, plan.of(event.currency), event.occurred_at):
        customer.mark_material()
    return NOTHING


def on_charge(customer: Customer, event: ChargePosted, _moment: Moment) -> Sequence[Effect]:
    """Keep what was charged, to say why there is less money now."""
    account(customer, event.account_id, event.occurred_at).add_charge(event)
    return NOTHING


def on_autopay(customer: Customer, event: AutopayChanged, _moment: Moment) -> Sequence[Effect]:
    """Know whether the account pays itself; once it does, nothing waits to be said about it."""
    if not account(customer, event.account_id, event.occurred_at).set_autopay(event.is_enabled, event.occurred_at):
        return NOTHING
    customer.mark_material()
    return [Withdraw(BALANCE_LOW, event.account_id)] if event.is_enabled else NOTHING


def on_promise_opened(customer: Customer, event: PromisedPaymentOpened, moment: Moment) -> Sequence[Effect]:
    """Know that money is promised, even when its end was heard of before; while it is, nothing waits to be said."""
    money = account(customer, event.account_id, event.occurred_at)
    before = money.shown_promise()
    money.promise(event.promise_id, event.occurred_at).tell_opening(event)
    _tell_promise(customer, money, before)
    return [Withdraw(BALANCE_LOW, event.account_id)] if money.is_covered(moment.now) else NOTHING


def on_promise_overdue(customer: Customer, event: PromisedPaymentOverdue, _moment: Moment) -> Sequence[Effect]:
    """Rely on the promise no longer."""
    money = account(customer, event.account_id, event.occurred_at)
    before = money.shown_promise()
    money.promise(event.promise_id, event.occurred_at).reach("overdue")
    _tell_promise(customer, money, before)
    return NOTHING


def on_promise_repaid(customer: Customer, event: PromisedPaymentRepaid, _moment: Moment) -> Sequence[Effect]:
    """Know that the promise was kept; it covers nothing any more."""
    money = account(customer, event.account_id, event.occurred_at)
    before = money.shown_promise()
    money.promise(event.promise_id, event.occurred_at).reach("repaid")
    _tell_promise(customer, money, before)
    return NOTHING


def _tell_promise(customer: Customer, money: Money, before: tuple[object, ...] | None) -> None:
    if money.shown_promise() != before:
        customer.mark_material()


def capability() -> Capability:
    """Return what balance contributes."""
    return Capability(
        name="balance",
        sections={ACCOUNTS: Accounts, MONEY: Money},
        handlers={
            BalanceChanged: on_balance_changed,
            TopupSucceeded: on_topup,
            ChargePosted: on_charge,
            AutopayChanged: on_autopay,
            PromisedPaymentOpened: on_promise_opened,
            PromisedPaymentOverdue: on_promise_overdue,
            PromisedPaymentRepaid: on_promise_repaid,
        },
        timers={},
    )
