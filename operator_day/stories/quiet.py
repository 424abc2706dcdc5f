"""Nobody is woken: what falls into quiet hours waits in the hub, and is looked at again when they end."""

from collections.abc import Callable
from typing import Final

from operator_day import config
from operator_day.ledger import Contactable
from operator_day.pen import CONSENT
from operator_day.scene import Scene
from operator_day.stories.balance import HIGH, LOW
from operator_day.zones import MINUTE, is_within, local_minute
from schemas import records

_WEST: Final = ("Europe/Kaliningrad", "Europe/Moscow", "Europe/Samara")
_EAST: Final = ("Asia/Magadan", "Asia/Kamchatka")
_MIDDLE: Final = ("Asia/Yekaterinburg", "Asia/Omsk", "Asia/Krasnoyarsk")


def waits_for_the_morning(scene: Scene) -> None:
    """Low by night: one message, in the morning."""
    scene.cast(timezone=scene.rng.choice(_WEST))
    _fall(scene, 1)
    scene.message(scene.cause())


def waits_through_an_eastern_night(scene: Scene) -> None:
    """The same where night falls before noon UTC; what was decided before noon keeps its twelve hours."""
    scene.cast(timezone=scene.rng.choice(_EAST))
    _fall(scene, config.NOON - 1)
    scene.message(scene.cause())


def revokes_while_it_waits(scene: Scene) -> None:
    """Low by night, consent revoked before the morning: looked at again at release, and not sent."""
    scene.cast(timezone=scene.rng.choice(_WEST[:2]))
    cause = _fall(scene, 1)
    scene.revoke(2)
    scene.suppressed(cause, "no-consent")


def outlives_its_use_by_night(scene: Scene) -> None:
    """Since noon a notice is useful for two hours, and the night is longer."""
    scene.cast(timezone=scene.rng.choice(_MIDDLE))
    hour = next(hour for hour in range(config.NOON + 1, 22) if _is_night(scene, hour) and _is_night(scene, hour - 1))
    scene.suppressed(_fall(scene, hour), "quiet-hours-expired")


def keeps_hours_of_their_own(scene: Scene) -> None:
    """Their own quiet hours, by day, stand in for the policy's."""
    first, end = 12 * 60, 15 * 60
    scene.cast(timezone="Europe/Moscow")
    scene.happens(4, CONSENT, records.PreferenceSet, quiet_from_minute=first, quiet_to_minute=end)
    scene.message(_fall(scene, 10))
    scene.pen.ledger.contactable[scene.person.customer_id] = Contactable("Europe/Moscow", first, end)


def _fall(scene: Scene, hour: int) -> str:
    scene.balance(hour - 1, HIGH)
    return scene.balance(hour, LOW)


def _is_night(scene: Scene, hour: int) -> bool:
    minute = local_minute(scene.plan.hour(hour) + MINUTE, scene.zone)
    return is_within(minute, config.QUIET_FIRST, config.QUIET_END)


STORIES: Final[tuple[Callable[[Scene], None], ...]] = (
    waits_for_the_morning,
    waits_through_an_eastern_night,
    revokes_while_it_waits,
    outlives_its_use_by_night,
    keeps_hours_of_their_own,
)
