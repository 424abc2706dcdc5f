"""Overtaken by night: what waits for the morning is withdrawn when it is no longer true, and the hub says so."""

from collections.abc import Callable
from typing import Final

from operator_day import config
from operator_day.scene import Scene
from operator_day.stories.balance import HIGH, LOW
from operator_day.zones import DAY
from schemas import records

_ZONES: Final = ("Europe/Kaliningrad", "Europe/Moscow")
"""Where it is night from the day's start until after its third hour."""


def tops_up_by_night(scene: Scene) -> None:
    """Low by night and back on the level before the morning: covered, no message. The level is not re-armed by that."""
    cause = _fall(scene, LOW)
    scene.topup(2, 20_00)
    scene.balance(2, 100_00)
    scene.suppressed(cause, "covered")
    scene.pen.ledger.know(scene.person.customer_id, ("level", scene.person.accounts[0]), config.LEVEL_100)


def tops_up_too_little_by_night(scene: Scene) -> None:
    """Low by night, topped up and still below the level: the message comes in the morning."""
    cause = _fall(scene, LOW)
    scene.topup(2, 15_00)
    scene.balance(2, 95_00)
    scene.message(cause)


def rises_above_one_level_of_two_by_night(scene: Scene) -> None:
    """Warned of two levels; one is reached again before the morning: covered for that one, a message for the other."""
    higher = _fall(scene, LOW)
    lower = scene.balance(1, 40_00)
    scene.balance(2, 60_00)
    scene.suppressed(lower, "covered")
    scene.message(higher)


def enables_autopay_by_night(scene: Scene) -> None:
    """Low by night, autopay switched on before the morning: covered, no message."""
    cause = _fall(scene, LOW)
    scene.billing(2, records.AutopayChanged, is_enabled=True)
    scene.suppressed(cause, "covered")


def promises_to_pay_by_night(scene: Scene) -> None:
    """Low by night, a payment promised before the morning: covered, no message."""
    cause = _fall(scene, LOW)
    scene.billing(
        2,
        records.PromisedPaymentOpened,
        promise_id=f"p-{scene.spare}",
        amount_minor=100_00,
        currency=config.CURRENCY,
        due_at=scene.plan.day_start + 3 * DAY,
    )
    scene.suppressed(cause, "covered")


def _fall(scene: Scene, minor: int) -> str:
    scene.cast(timezone=scene.rng.choice(_ZONES))
    scene.balance(0, HIGH)
    return scene.balance(1, minor)


STORIES: Final[tuple[Callable[[Scene], None], ...]] = (
    tops_up_by_night,
    tops_up_too_little_by_night,
    rises_above_one_level_of_two_by_night,
    enables_autopay_by_night,
    promises_to_pay_by_night,
)
