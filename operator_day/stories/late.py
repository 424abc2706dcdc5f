"""Late events are history: they count, and contradict nobody."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from operator_day import config
from operator_day.events import Fate
from operator_day.scene import Scene
from operator_day.stories.balance import HIGH, LOW
from operator_day.zones import HOUR, MINUTE


def is_low_in_the_past(scene: Scene) -> None:
    """A low balance overtaken by a top-up: a newer version is known, nothing."""
    hour = scene.daytime(4)
    scene.balance(hour, HIGH, version=1)
    scene.topup(hour + 1, config.REARM_TOPUP)
    scene.balance(hour + 1, 800_00, version=3)
    scene.balance(hour + 2, LOW, version=2, early=10 * MINUTE)
    scene.balance(hour + 3, LOW, version=2, early=100 * MINUTE)


def falls_two_hours_ago(scene: Scene) -> None:
    """The newest balance, and low, but it arrives later than it may: state, and no message."""
    hour = scene.daytime(4)
    scene.balance(hour, HIGH)
    scene.balance(hour + 3, LOW, early=2 * HOUR + 30 * MINUTE)


def outlives_its_expiry(scene: Scene) -> None:
    """The producer said until when the event is worth something: state, and no message."""
    hour = scene.daytime(2)
    scene.balance(hour, HIGH)
    until = datetime.fromtimestamp((scene.plan.hour(hour + 1) - MINUTE) / 1000, UTC)
    expiry = ("ce_expirytime", until.strftime("%Y-%m-%dT%H:%M:%SZ").encode())
    scene.balance(hour + 1, LOW, as_json=True, early=4 * MINUTE, headers=(expiry,))


def uses_days_ago(scene: Scene) -> None:
    """Usage of the day before yesterday still counts."""
    hour = scene.daytime(2)
    scene.usage(hour, early=50 * HOUR)
    scene.usage(hour, early=MINUTE)


def is_too_old(scene: Scene) -> None:
    """Older than its type may be at arrival: a dead letter."""
    hour = scene.daytime(2)
    scene.balance(hour, HIGH)
    scene.balance(hour + 1, LOW, version=7, early=80 * HOUR, fate=Fate(reason="late"))


STORIES: Final[tuple[Callable[[Scene], None], ...]] = (
    is_low_in_the_past,
    falls_two_hours_ago,
    outlives_its_expiry,
    uses_days_ago,
    is_too_old,
)
