"""Balance levels: when one is crossed, when it may warn again, and which one a message is about."""

from typing import Final

import msgspec

from agents.balance.money import LevelState, Money
from agents.customer.model import ActiveConfig
from schemas.records import BalanceLevels, Level
from streams.core.records import Millis

PERCENT: Final = 100


class LevelPlan(msgspec.Struct, frozen=True):
    """The levels in force, ready for use.

    Attributes:
        by_currency: Levels of each currency, lowest first.
        rearm_percent: A level re-arms when the balance is above this share of it.
        rearm_topup_minor: A top-up of this or more re-arms every level.
        min_gap: Milliseconds between two messages about one level.
        useful_for: Milliseconds for which a message is of use.
    """

    by_currency: dict[str, tuple[Level, ...]]
    rearm_percent: int = 0
    rearm_topup_minor: int = 0
    min_gap: Millis = 0
    useful_for: Millis = 0

    def of(self, currency: str) -> tuple[Level, ...]:
        """Return the levels that an account in this currency is held against, lowest first."""
        return self.by_currency.get(currency, ())


def level_plan(config: ActiveConfig) -> LevelPlan:
    """Read the active levels; without any, a plan that never warns."""
    active = config.of(BalanceLevels)
    if active is None:
        return LevelPlan({})
    by_currency: dict[str, list[Level]] = {}
    for level in sorted(active.levels, key=lambda level: (level.amount_minor, level.level_id)):
        by_currency.setdefault(level.currency, []).append(level)
    return LevelPlan(
        {currency: tuple(levels) for currency, levels in by_currency.items()},
        active.rearm_percent,
        active.rearm_topup_minor,
        active.min_gap_seconds * 1000,
        active.useful_for_seconds * 1000,
    )


def cross(money: Money, levels: tuple[Level, ...], before: int, occurred_at: Millis) -> list[Level]:
    """Fire every armed level that lies between `before` and the new balance; return them, lowest first.

    A level is crossed when the balance was at it or above and is below it now.
    """
    after = money.balance_minor
    fired = []
    for level in levels:
        if after < level.amount_minor <= before:
            state = money.levels.get(level.level_id)
            if state is None:
                state = money.levels[level.level_id] = LevelState()
            if not state.is_fired:
                state.is_fired, state.crossed_at = True, occurred_at
                fired.append(level)
    if fired:
        _forget_others(money, levels)
    return fired


def rearm_risen(money: Money, levels: tuple[Level, ...], rearm_percent: int) -> bool:
    """Arm again what the balance has risen well above; return whether anything was."""
    is_changed = False
    if not money.levels:
        return is_changed
    for level in levels:
        state = money.levels.get(level.level_id)
        if state is not None and state.is_fired:
            margin = abs(level.amount_minor) * max(0, rearm_percent - PERCENT)
            if (money.balance_minor - level.amount_minor) * PERCENT > margin:
                state.is_fired, is_changed = False, True
    return is_changed


def rearm_paid(money: Money, levels: tuple[Level, ...], paid_at: Millis) -> bool:
    """Arm again every level that was crossed before a top-up was paid; return whether anything was."""
    is_changed = False
    for level in levels:
        state = money.levels.get(level.level_id)
        if state is not None and state.is_fired and state.crossed_at <= paid_at:
            state.is_fired, is_changed = False, True
    return is_changed


def wants_message(money: Money, fired: list[Level], occurred_at: Millis, min_gap: Millis) -> bool:
    """Return whether a message about the lowest of the fired levels is due, and note it as wanted for all of them.

    Within the minimum gap after the last message about that level nothing more is wanted.
    """
    wanted_at = money.levels[fired[0].level_id].wanted_at
    if wanted_at and occurred_at - wanted_at < min_gap:
        return False
    for level in fired:
        money.levels[level.level_id].wanted_at = occurred_at
    return True


def lowest_fired(money: Money, levels: tuple[Level, ...]) -> str | None:
    """Return the id of the lowest level that fired and is not armed again."""
    if not money.levels:
        return None
    for level in levels:
        state = money.levels.get(level.level_id)
        if state is not None and state.is_fired:
            return level.level_id
    return None


def _forget_others(money: Money, levels: tuple[Level, ...]) -> None:
    """Drop the standing towards levels that are no longer in force, so that it cannot grow."""
    known = {level.level_id for level in levels}
    for level_id in [level_id for level_id in money.levels if level_id not in known]:
        del money.levels[level_id]
