"""Planned works: told when they are planned, moved and cancelled; by day, and only to those who know of them."""

from collections.abc import Callable
from typing import Final

from operator_day.corner import CANCELLED, MOVED, PLANNED, Corner
from operator_day.pen import CONSENT
from operator_day.scene import Scene
from schemas import records

_WEST: Final = ("Europe/Kaliningrad", "Europe/Moscow")
"""Where it is night from the day's start until after its third hour, and day from its fifth on."""


def take_place(scene: Scene) -> None:
    """Planned, begun and finished: one message, when they were planned."""
    hour, corner = scene.daytime(6), Corner(scene)
    corner.planned(hour, hour + 3)
    corner.told(PLANNED, "w")
    corner.about(hour + 3, records.WorksStarted, "w")
    corner.about(hour + 5, records.WorksFinished, "w")
    corner.shown("w", is_open=False)


def go_on_at_the_days_end(scene: Scene) -> None:
    """Begun and not finished: the context shows them like an outage."""
    hour, corner = scene.daytime(6), Corner(scene)
    corner.planned(hour, hour + 3)
    corner.told(PLANNED, "w")
    corner.about(hour + 3, records.WorksStarted, "w")
    corner.shown("w", is_open=True)


def are_moved(scene: Scene) -> None:
    """Planned for the afternoon, moved by two hours: two messages."""
    hour, corner = scene.daytime(4), Corner(scene)
    corner.planned(hour, hour + 6)
    corner.told(PLANNED, "w")
    corner.moved(hour + 2, hour + 8)
    corner.told(MOVED, "w")


def are_cancelled(scene: Scene) -> None:
    """Planned and cancelled: two messages."""
    hour, corner = scene.daytime(4), Corner(scene)
    corner.planned(hour, hour + 6)
    corner.told(PLANNED, "w")
    corner.about(hour + 2, records.WorksCancelled, "w")
    corner.told(CANCELLED, "w")


def change_too_often(scene: Scene) -> None:
    """Planned, moved, cancelled: the third message of the day is one too many."""
    hour, corner = scene.daytime(6), Corner(scene)
    corner.planned(hour, hour + 8)
    corner.told(PLANNED, "w")
    corner.moved(hour + 2, hour + 10)
    corner.told(MOVED, "w")
    corner.about(hour + 4, records.WorksCancelled, "w")
    corner.suppressed(CANCELLED, "cap", "w")


def wait_for_the_morning(scene: Scene) -> None:
    """Planned by night for the afternoon: told in the morning."""
    scene.cast(timezone=scene.rng.choice(_WEST))
    corner = Corner(scene)
    corner.planned(1, 12)
    corner.told(PLANNED, "w")


def are_cancelled_by_night(scene: Scene) -> None:
    """Planned by night and cancelled before the morning: nobody is woken, and nobody told."""
    scene.cast(timezone=scene.rng.choice(_WEST))
    corner = Corner(scene)
    corner.planned(1, 12)
    corner.about(2, records.WorksCancelled, "w")
    corner.suppressed(PLANNED, "covered", "w")
    corner.impact(CANCELLED, "w")


def are_moved_by_night(scene: Scene) -> None:
    """Planned and moved by night: one message in the morning, of the new time."""
    scene.cast(timezone=scene.rng.choice(_WEST))
    corner = Corner(scene)
    corner.planned(1, 12)
    corner.suppressed(PLANNED, "covered", "w")
    corner.moved(2, 14)
    corner.message(PLANNED, "w")
    corner.impact(MOVED, "w")


def are_over_by_the_morning(scene: Scene) -> None:
    """Planned by night for the same night: of no use in the morning."""
    scene.cast(timezone=scene.rng.choice(_WEST))
    corner = Corner(scene)
    corner.planned(0, 3)
    corner.suppressed(PLANNED, "quiet-hours-expired", "w")


def are_not_to_be_told(scene: Scene) -> None:
    """Consent to service messages is revoked: held back, and that they are moved is nobody's news."""
    scene.with_number()
    hour, corner = scene.daytime(5), Corner(scene)
    for channel in ("sms", "push", "email"):
        scene.happens(hour, CONSENT, records.ConsentRevoked, message_class="service", channel=channel)
    corner.planned(hour + 1, hour + 8)
    corner.suppressed(PLANNED, "no-consent", "w")
    corner.moved(hour + 3, hour + 9)
    corner.impact(MOVED, "w")


def are_elsewhere(scene: Scene) -> None:
    """At another port: nothing."""
    hour, corner = scene.daytime(4), Corner(scene)
    corner.planned(hour, hour + 3, corner.sibling)


STORIES: Final[tuple[Callable[[Scene], None], ...]] = (
    take_place,
    go_on_at_the_days_end,
    are_moved,
    are_cancelled,
    change_too_often,
    wait_for_the_morning,
    are_cancelled_by_night,
    are_moved_by_night,
    are_over_by_the_morning,
    are_not_to_be_told,
    are_elsewhere,
)
