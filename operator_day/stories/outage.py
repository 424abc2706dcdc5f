"""Outages: told once when they have stood for long enough, and over only to those who were told."""

from collections.abc import Callable
from typing import Final

from operator_day.corner import DISCARDED, ETA_CHANGED, OPENED, RESOLVED, Corner
from operator_day.scene import Scene
from operator_day.zones import HOUR, MINUTE


def begin(scene: Scene, hours: int) -> int:
    """Draw the first of `hours` hours of the day; who is told of an outage may be woken."""
    return scene.rng.randrange(2, 25 - hours)


def stands_and_ends(scene: Scene) -> None:
    """An outage that stands past the hold-down, and its end: a message each."""
    hour, corner = begin(scene, 5), Corner(scene)
    corner.opened(hour)
    corner.told(OPENED)
    corner.held(OPENED)
    corner.resolved(hour + 2)
    corner.told(RESOLVED)
    corner.held(RESOLVED)
    corner.shown(is_open=False)


def stands_to_this_day(scene: Scene) -> None:
    """It is not over when the day is: told once, and the context shows it."""
    hour, corner = begin(scene, 3), Corner(scene)
    corner.opened(hour)
    corner.told(OPENED)
    corner.shown(is_open=True)


def blinks(scene: Scene) -> None:
    """It is over before the hold-down is: nothing."""
    hour, corner = begin(scene, 3), Corner(scene)
    corner.opened(hour)
    corner.resolved(hour)
    corner.shown(is_open=False)


def is_severe(scene: Scene) -> None:
    """The same, but critical: told at once, and told when it ended."""
    hour, corner = begin(scene, 3), Corner(scene)
    corner.opened(hour, severity="critical")
    corner.told(OPENED)
    corner.resolved(hour)
    corner.told(RESOLVED)


def becomes_severe(scene: Scene) -> None:
    """It is found to be critical while the hold-down runs: told at once."""
    hour, corner = begin(scene, 3), Corner(scene)
    corner.opened(hour, severity="minor")
    corner.updated(hour, severity="critical")
    corner.told(OPENED)
    corner.resolved(hour)
    corner.told(RESOLVED)


def flaps(scene: Scene) -> None:
    """It ends and begins again five times within the settling: one beginning, one end."""
    hour, corner = begin(scene, 7), Corner(scene)
    corner.opened(hour)
    corner.told(OPENED)
    for _ in range(5):
        corner.resolved(hour + 2)
        corner.opened(hour + 2)
    corner.resolved(hour + 4)
    corner.told(RESOLVED)


def is_no_problem(scene: Scene) -> None:
    """Discarded before anybody was told: nothing."""
    hour, corner = begin(scene, 3), Corner(scene)
    corner.opened(hour)
    corner.discarded(hour)


def was_no_problem(scene: Scene) -> None:
    """Discarded after it was told: put right."""
    hour, corner = begin(scene, 4), Corner(scene)
    corner.opened(hour)
    corner.told(OPENED)
    corner.discarded(hour + 2)
    corner.told(DISCARDED)


def takes_longer(scene: Scene) -> None:
    """The estimate moves by 20 minutes, then by 25 more: only together are they worth a message."""
    hour, corner = begin(scene, 7), Corner(scene)
    eta = scene.plan.hour(hour) + 4 * HOUR
    corner.opened(hour, eta=eta)
    corner.told(OPENED)
    corner.updated(hour + 2, eta=eta + 20 * MINUTE)
    corner.updated(hour + 3, eta=eta + 45 * MINUTE)
    corner.told(ETA_CHANGED)
    corner.resolved(hour + 5)
    corner.told(RESOLVED)


def is_another_service(scene: Scene) -> None:
    """What is broken at their port is nothing that they have: nothing."""
    hour, corner = begin(scene, 5), Corner(scene)
    corner.opened(hour, kinds=("fixed_voice",), severity="critical")
    corner.resolved(hour + 2)


def comes_again_and_late(scene: Scene) -> None:
    """Its beginning is sent twice, and a word about it comes long after its end: nothing more."""
    hour, corner = begin(scene, 7), Corner(scene)
    corner.opened(hour)
    corner.told(OPENED)
    opened = scene.events[-1]
    scene.events.append(opened._replace(timestamp=scene.time(hour + 2)))
    corner.resolved(hour + 3)
    corner.told(RESOLVED)
    scene.events.append(opened._replace(timestamp=scene.time(hour + 5)))
    corner.updated(hour + 5, early=4 * HOUR, severity="critical")


STORIES: Final[tuple[Callable[[Scene], None], ...]] = (
    stands_and_ends,
    stands_to_this_day,
    blinks,
    is_severe,
    becomes_severe,
    flaps,
    is_no_problem,
    was_no_problem,
    takes_longer,
    is_another_service,
    comes_again_and_late,
)
