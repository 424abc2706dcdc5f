"""Roots: what is a part of a larger outage stays silent, and the whole is over with its last part."""

from collections.abc import Callable
from typing import Final

from operator_day.corner import LASTED, OPENED, RESOLVED, Corner
from operator_day.impacts import ANY
from operator_day.scene import Scene
from operator_day.stories.outage import begin
from operator_day.zones import HOUR


def names_its_parent(scene: Scene) -> None:
    """The child names its parent: told of the parent alone."""
    hour, corner = begin(scene, 6), Corner(scene)
    corner.opened(hour, corner.site)
    corner.opened(hour, outage="child", parent="a", severity="critical")
    corner.told(OPENED)
    corner.resolved(hour + 2, outage="child")
    corner.resolved(hour + 3)
    corner.told(RESOLVED)


def lies_within(scene: Scene) -> None:
    """The child does not, but all its leaves lie within: the same."""
    hour, corner = begin(scene, 6), Corner(scene)
    corner.opened(hour, corner.site)
    corner.opened(hour, outage="child")
    corner.told(OPENED)
    corner.resolved(hour + 2, outage="child")
    corner.resolved(hour + 3)
    corner.told(RESOLVED)


def outlives_its_parent(scene: Scene) -> None:
    """The parent is over and the child is not: nothing is over for who is under the child."""
    hour, corner = begin(scene, 7), Corner(scene)
    corner.opened(hour, corner.site)
    corner.opened(hour, outage="child", parent="a")
    corner.told(OPENED)
    corner.resolved(hour + 2)
    corner.resolved(hour + 4, outage="child")
    corner.told(RESOLVED, lasted=4 * HOUR + LASTED)


def is_over_for_them(scene: Scene) -> None:
    """The parent is over and the child is not, but they were under the parent alone: told the end."""
    hour, corner = begin(scene, 5), Corner(scene, is_attached=False)
    corner.attach(-1, corner.sibling)
    corner.opened(hour, corner.site)
    corner.opened(hour, outage="child", parent="a")
    corner.told(OPENED)
    corner.resolved(hour + 2)
    corner.told(RESOLVED, lasted=ANY)
    corner.shown(is_open=False)


def grows_a_parent(scene: Scene) -> None:
    """Told of the child, then the parent is found: not told again, and told once that all of it is over."""
    hour, corner = begin(scene, 8), Corner(scene)
    corner.opened(hour, outage="child")
    corner.told(OPENED, "child")
    corner.opened(hour + 2, corner.site)
    corner.impact(OPENED)
    corner.resolved(hour + 4, outage="child")
    corner.impact(RESOLVED, "child")
    corner.resolved(hour + 6)
    corner.told(RESOLVED)


def is_another_matter(scene: Scene) -> None:
    """Two services of one line fail, one of them at the site: two outages, told apart."""
    hour, corner = begin(scene, 6), Corner(scene)
    corner.opened(hour, corner.site)
    corner.opened(hour, outage="tv", kinds=("tv",))
    corner.told(OPENED)
    corner.told(OPENED, "tv")
    corner.resolved(hour + 2)
    corner.told(RESOLVED)
    corner.resolved(hour + 3, outage="tv")
    corner.told(RESOLVED, "tv")


STORIES: Final[tuple[Callable[[Scene], None], ...]] = (
    names_its_parent,
    lies_within,
    outlives_its_parent,
    is_over_for_them,
    grows_a_parent,
    is_another_matter,
)
