"""Places: who is under an outage goes by where their lines and phones are, and by the tree as it is now."""

from collections.abc import Callable
from typing import Final

from operator_day.corner import OPENED, PHONE, RESOLVED, Corner
from operator_day.impacts import ANY
from operator_day.scene import Scene
from operator_day.stories.outage import begin


def moves_out_in_time(scene: Scene) -> None:
    """The line moves to another port within the hold-down: nothing."""
    hour, corner = begin(scene, 5), Corner(scene)
    corner.opened(hour)
    corner.attach(hour, corner.sibling)
    corner.resolved(hour + 2)


def leaves_altogether(scene: Scene) -> None:
    """The line is given up within the hold-down: nothing."""
    hour, corner = begin(scene, 5), Corner(scene)
    corner.opened(hour)
    corner.attach(hour)
    corner.resolved(hour + 2)


def moves_out_when_told(scene: Scene) -> None:
    """The line moves after the customer was told: they are told the end as well."""
    hour, corner = begin(scene, 6), Corner(scene)
    corner.opened(hour)
    corner.told(OPENED)
    corner.attach(hour + 2, corner.sibling)
    corner.resolved(hour + 3)
    corner.told(RESOLVED)


def moves_in(scene: Scene) -> None:
    """The line comes to a port that has been out for hours: told at once, and told the end."""
    hour, corner = begin(scene, 6), Corner(scene, is_attached=False)
    corner.attach(-1, corner.sibling)
    corner.opened(hour)
    corner.attach(hour + 2, corner.port, outage="a")
    corner.told(OPENED)
    corner.resolved(hour + 3)
    corner.told(RESOLVED)


def has_two_lines(scene: Scene) -> None:
    """Two lines at one port: told once."""
    hour, corner = begin(scene, 5), Corner(scene)
    corner.attach(-1, corner.port, subscription="second")
    corner.opened(hour)
    corner.told(OPENED)
    corner.resolved(hour + 2)
    corner.told(RESOLVED)


def was_there_this_morning(scene: Scene) -> None:
    """A phone that was last seen in the cell seven hours before it was seen elsewhere: nothing."""
    hour, corner = begin(scene, 5), Corner(scene, *PHONE, is_attached=False)
    corner.attach(-1, corner.sibling, corner.port, seen=(0, 7))
    corner.opened(hour)
    corner.resolved(hour + 2)


def was_there_a_while_ago(scene: Scene) -> None:
    """A phone that was seen in the cell two hours before: told."""
    hour, corner = begin(scene, 5), Corner(scene, *PHONE, is_attached=False)
    corner.attach(-1, corner.sibling, corner.port, seen=(0, 2))
    corner.opened(hour)
    corner.told(OPENED)
    corner.resolved(hour + 2)
    corner.told(RESOLVED)


def grows_to_them(scene: Scene) -> None:
    """The outage takes in their port, hours after it began: told at once."""
    hour, corner = begin(scene, 6), Corner(scene)
    corner.opened(hour, corner.sibling)
    corner.updated(hour + 2, affected_resources=(corner.port,), is_incremental=True)
    corner.told(OPENED)
    corner.resolved(hour + 3)
    corner.told(RESOLVED)


def shrinks_in_time(scene: Scene) -> None:
    """Their port is taken off the list within the hold-down: nothing."""
    hour, corner = begin(scene, 5), Corner(scene)
    corner.opened(hour, corner.port, corner.sibling)
    corner.updated(hour, affected_resources=(corner.sibling,))
    corner.resolved(hour + 2)


def shrinks_when_told(scene: Scene) -> None:
    """Their port is taken off the list after they were told: told the end, once."""
    hour, corner = begin(scene, 7), Corner(scene)
    corner.opened(hour, corner.port, corner.sibling)
    corner.told(OPENED)
    corner.updated(hour + 2, affected_resources=(corner.sibling,))
    corner.told(RESOLVED, lasted=ANY)
    corner.resolved(hour + 5)


def is_unknown_to_the_tree(scene: Scene) -> None:
    """The tree does not know their port, but the outage names it: told."""
    hour, corner = begin(scene, 5), Corner(scene, is_attached=False)
    strange = f"{corner.site}-strange"
    corner.attach(-1, strange)
    corner.opened(hour, strange)
    corner.told(OPENED)
    corner.resolved(hour + 2)
    corner.told(RESOLVED)


def is_hung_elsewhere(scene: Scene) -> None:
    """Their port is hung on the site that has been out for hours: told at once."""
    hour, corner = begin(scene, 6), Corner(scene, is_attached=False)
    moving = f"{corner.site}-moving"
    corner.element(-1, moving, "port", None)
    corner.attach(-1, moving)
    corner.opened(hour, corner.site)
    corner.element(hour + 2, moving, "port", corner.site)
    corner.told(OPENED)
    corner.resolved(hour + 3)
    corner.told(RESOLVED)


def is_taken_down(scene: Scene) -> None:
    """Their port was removed from the tree before the site fails: nothing."""
    hour, corner = begin(scene, 5), Corner(scene)
    corner.removed(hour, corner.port)
    corner.opened(hour + 1, corner.site)
    corner.resolved(hour + 3)


STORIES: Final[tuple[Callable[[Scene], None], ...]] = (
    moves_out_in_time,
    leaves_altogether,
    moves_out_when_told,
    moves_in,
    has_two_lines,
    was_there_this_morning,
    was_there_a_while_ago,
    grows_to_them,
    shrinks_in_time,
    shrinks_when_told,
    is_unknown_to_the_tree,
    is_hung_elsewhere,
    is_taken_down,
)
