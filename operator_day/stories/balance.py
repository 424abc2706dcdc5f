"""Balances on their way down: once per level, re-armed with hysteresis, never more often than the gap allows."""

from collections.abc import Callable
from typing import Final

from operator_day import config
from operator_day.scene import Scene

HIGH: Final = 500_00
LOW: Final = 80_00
"""Below the level of 100, above the one of 50."""

AFTER_THE_GAP: Final = config.GAP_HOURS + 2
"""Hours between two falls that lie apart by more than the gap, whenever in their slices they are decided."""


def falls_below_a_level(scene: Scene) -> None:
    """Once below a level: one message."""
    hour = scene.daytime(2)
    scene.balance(hour, HIGH)
    scene.message(scene.balance(hour + 1, LOW))


def moves_about_a_level(scene: Scene) -> None:
    """Up and down about a level without re-arming it: one message."""
    hour = scene.daytime(4)
    scene.balance(hour, HIGH)
    scene.message(scene.balance(hour + 1, LOW))
    for minor in (95_00, 70_00, 110_00, 99_00):
        scene.balance(hour + 2, minor)
    scene.balance(hour + 3, 119_00)
    scene.balance(hour + 3, 60_00)


def falls_below_two_levels_at_once(scene: Scene) -> None:
    """Below 100 and 50 in one step: one message, and 50 is the lowest level fired."""
    hour = scene.daytime(2)
    scene.balance(hour, HIGH)
    scene.message(scene.balance(hour + 1, 40_00))
    scene.pen.ledger.know(scene.person.customer_id, ("level", scene.person.accounts[0]), config.LEVEL_50)


def falls_level_by_level(scene: Scene) -> None:
    """Below 100 and, after the gap, below 50: a message each."""
    hour = scene.daytime(AFTER_THE_GAP + 2)
    scene.balance(hour, HIGH)
    scene.message(scene.balance(hour + 1, LOW))
    scene.message(scene.balance(hour + 1 + AFTER_THE_GAP, 40_00))


def tops_up_and_falls_again(scene: Scene) -> None:
    """A top-up re-arms; the next fall is after the gap: two messages."""
    hour = scene.daytime(AFTER_THE_GAP + 2)
    scene.balance(hour, HIGH)
    scene.message(scene.balance(hour + 1, LOW))
    scene.topup(hour + 2, config.REARM_TOPUP)
    scene.balance(hour + 2, LOW + config.REARM_TOPUP)
    scene.message(scene.balance(hour + 1 + AFTER_THE_GAP, LOW))


def tops_up_and_falls_within_the_gap(scene: Scene) -> None:
    """The second fall comes too soon after the first message: nothing more."""
    hour = scene.daytime(4)
    scene.balance(hour, HIGH)
    scene.message(scene.balance(hour + 1, LOW))
    scene.topup(hour + 2, config.REARM_TOPUP)
    scene.balance(hour + 2, LOW + config.REARM_TOPUP)
    scene.balance(hour + 3, LOW)


def rises_above_the_hysteresis(scene: Scene) -> None:
    """Above 120 % of the level it re-arms without a top-up: two messages."""
    hour = scene.daytime(AFTER_THE_GAP + 2)
    scene.balance(hour, HIGH)
    scene.message(scene.balance(hour + 1, LOW))
    scene.balance(hour + 2, 130_00)
    scene.message(scene.balance(hour + 1 + AFTER_THE_GAP, LOW))


def tops_up_a_debt(scene: Scene) -> None:
    """Deep in debt, a top-up lifts it just above 100, not to 120 %: it alone re-arms. Two messages."""
    hour = scene.daytime(AFTER_THE_GAP + 2)
    scene.balance(hour, HIGH)
    scene.message(scene.balance(hour + 1, -190_00))
    scene.topup(hour + 2, config.REARM_TOPUP)
    scene.balance(hour + 2, 110_00)
    scene.message(scene.balance(hour + 1 + AFTER_THE_GAP, LOW))
    scene.pen.ledger.know(scene.person.customer_id, ("level", scene.person.accounts[0]), config.LEVEL_100)


def is_low_when_first_seen(scene: Scene) -> None:
    """The first balance known is no crossing: nothing."""
    hour = scene.daytime(2)
    scene.balance(hour, LOW)
    scene.balance(hour + 1, 75_00)


def stays_high_enough(scene: Scene) -> None:
    """Before noon 150 is above every level: nothing."""
    scene.cast(timezone=config.DEFAULT_TIMEZONE)
    hour = scene.daytime(3, end=config.NOON)
    for step, minor in enumerate((HIGH, 150_00, 130_00)):
        scene.balance(hour + step, minor)


def falls_below_the_level_of_noon(scene: Scene) -> None:
    """From noon on the second version warns at 200: the same fall is a message now."""
    scene.cast(timezone=config.DEFAULT_TIMEZONE)
    hour = scene.daytime(2, first=config.NOON)
    scene.balance(hour, HIGH)
    scene.message(scene.balance(hour + 1, 150_00))


def was_between_the_versions(scene: Scene) -> None:
    """Between 100 and 200 before noon, lower after it without a crossing: nothing."""
    scene.cast(timezone=config.DEFAULT_TIMEZONE)
    hour = scene.daytime(2, end=config.NOON)
    scene.balance(hour, HIGH)
    scene.balance(hour + 1, 150_00)
    scene.balance(config.NOON + 2, 140_00)


def has_two_accounts(scene: Scene) -> None:
    """Levels and gap are per account: a message for each."""
    account = scene.person.accounts[0]
    scene.cast(accounts=(account, f"{account}-2"))
    hour = scene.daytime(3)
    scene.balance(hour, HIGH)
    scene.balance(hour, HIGH, account=1)
    scene.message(scene.balance(hour + 1, LOW))
    scene.message(scene.balance(hour + 2, LOW, account=1))


COMMON: Final[tuple[Callable[[Scene], None], ...]] = (falls_below_a_level,)
STORIES: Final[tuple[Callable[[Scene], None], ...]] = (
    moves_about_a_level,
    falls_below_two_levels_at_once,
    falls_level_by_level,
    tops_up_and_falls_again,
    tops_up_and_falls_within_the_gap,
    rises_above_the_hysteresis,
    tops_up_a_debt,
    is_low_when_first_seen,
    stays_high_enough,
    falls_below_the_level_of_noon,
    was_between_the_versions,
    has_two_accounts,
)
