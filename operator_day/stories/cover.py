"""Money is on its way: autopay and promised payments keep the hub silent, and it says so."""

from collections.abc import Callable
from typing import Final

from operator_day.scene import Scene
from operator_day.stories.balance import HIGH, LOW
from operator_day.zones import DAY
from schemas import records


def has_autopay(scene: Scene) -> None:
    """Autopay is on: covered."""
    hour = scene.daytime(3)
    scene.balance(hour, HIGH)
    scene.billing(hour + 1, records.AutopayChanged, is_enabled=True)
    scene.suppressed(scene.balance(hour + 2, LOW), "covered")


def switches_autopay_off(scene: Scene) -> None:
    """Autopay is off again: a message."""
    hour = scene.daytime(4)
    scene.balance(hour, HIGH)
    scene.billing(hour + 1, records.AutopayChanged, is_enabled=True)
    scene.billing(hour + 2, records.AutopayChanged, is_enabled=False)
    scene.message(scene.balance(hour + 3, LOW))


def promised_to_pay(scene: Scene) -> None:
    """A promise is open: covered."""
    hour = _with_promise(scene, 3)
    scene.suppressed(scene.balance(hour + 2, LOW), "covered")


def repaid_a_promise(scene: Scene) -> None:
    """The promise is repaid: a message."""
    hour = _with_promise(scene, 4)
    scene.billing(hour + 2, records.PromisedPaymentRepaid, promise_id=_promise(scene))
    scene.message(scene.balance(hour + 3, LOW))


def broke_a_promise(scene: Scene) -> None:
    """The promise is overdue and covers nothing any more: a message."""
    hour = _with_promise(scene, 4)
    scene.billing(hour + 2, records.PromisedPaymentOverdue, promise_id=_promise(scene))
    scene.message(scene.balance(hour + 3, LOW))


def _with_promise(scene: Scene, hours: int) -> int:
    hour = scene.daytime(hours)
    scene.balance(hour, HIGH)
    scene.billing(
        hour + 1,
        records.PromisedPaymentOpened,
        promise_id=_promise(scene),
        amount_minor=1_000_00,
        currency="RUB",
        due_at=scene.plan.day_start + 3 * DAY,
    )
    return hour


def _promise(scene: Scene) -> str:
    return f"p-{scene.spare}"


STORIES: Final[tuple[Callable[[Scene], None], ...]] = (
    has_autopay,
    switches_autopay_off,
    promised_to_pay,
    repaid_a_promise,
    broke_a_promise,
)
