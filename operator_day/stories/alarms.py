"""Alarms: never a message each; grave ones confirm an outage, so that it is told without waiting."""

from collections.abc import Callable
from typing import Final

from operator_day.corner import OPENED, RESOLVED, Corner
from operator_day.scene import Scene
from operator_day.stories.outage import begin
from schemas import records


def confirm_at_once(scene: Scene) -> None:
    """A critical alarm stands below the element that fails: told, although it is over within the hold-down."""
    hour, corner = begin(scene, 4), Corner(scene)
    corner.alarm(hour, corner.port)
    corner.opened(hour + 1, corner.site)
    corner.told(OPENED)
    corner.resolved(hour + 1)
    corner.told(RESOLVED)


def confirm_when_they_grow(scene: Scene) -> None:
    """A minor alarm becomes a major one: the same."""
    hour, corner = begin(scene, 5), Corner(scene)
    corner.alarm(hour, corner.port, severity="minor")
    corner.alarm(hour + 1, corner.port, records.AlarmChanged, severity="major")
    corner.opened(hour + 2)
    corner.told(OPENED)
    corner.resolved(hour + 2)
    corner.told(RESOLVED)


def confirm_nothing(scene: Scene) -> None:
    """Minor, cleared, planned, not felt, beside it, above it: none of them confirms, and the outage blinks."""
    hour, corner = begin(scene, 5), Corner(scene)
    corner.alarm(hour, corner.port, name="minor", severity="minor")
    corner.alarm(hour, corner.port, name="planned", is_planned=True)
    corner.alarm(hour, corner.port, name="unfelt", is_service_affecting=False)
    corner.alarm(hour, corner.sibling, name="beside")
    corner.alarm(hour, corner.site, name="above")
    corner.alarm(hour, corner.port, name="cleared")
    corner.alarm(hour + 1, corner.port, records.AlarmCleared, name="cleared")
    corner.opened(hour + 2)
    corner.resolved(hour + 2)


def come_as_a_storm(scene: Scene) -> None:
    """A dozen critical alarms about one outage: one message when it begins, one when it ends."""
    hour, corner = begin(scene, 5), Corner(scene)
    corner.opened(hour, corner.site)
    for number in range(12):
        corner.alarm(hour, (corner.port, corner.sibling)[number % 2], name=str(number))
    corner.told(OPENED)
    for number in range(12):
        corner.alarm(hour + 2, (corner.port, corner.sibling)[number % 2], records.AlarmCleared, name=str(number))
    corner.resolved(hour + 3)
    corner.told(RESOLVED)


def come_alone(scene: Scene) -> None:
    """Alarms without an outage are nobody's news."""
    hour, corner = begin(scene, 3), Corner(scene)
    corner.alarm(hour, corner.port)
    corner.alarm(hour + 1, corner.port, records.AlarmCleared)


STORIES: Final[tuple[Callable[[Scene], None], ...]] = (
    confirm_at_once,
    confirm_when_they_grow,
    confirm_nothing,
    come_as_a_storm,
    come_alone,
)
