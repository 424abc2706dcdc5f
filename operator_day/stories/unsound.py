"""What is not right about the network goes to the dead letters, and changes nothing."""

from collections.abc import Callable
from typing import Any, Final

from operator_day.corner import Corner
from operator_day.events import Fate
from operator_day.pen import ALARM, OUTAGE
from operator_day.scene import Scene
from operator_day.stories.outage import begin
from schemas import records

_WRONG_KEY: Final[dict[str, Any]] = {"key": b"another", "fate": Fate(reason="bad-identifier")}


def stands_under_another_key(scene: Scene) -> None:
    """Key and content name different elements and outages: nobody is told of a critical one."""
    hour, corner = begin(scene, 3), Corner(scene)
    corner.opened(hour, severity="critical", **_WRONG_KEY)
    corner.alarm(hour, corner.port, **_WRONG_KEY)
    corner.element(hour, corner.third, "port", None, **_WRONG_KEY)


def hangs_below_itself(scene: Scene) -> None:
    """A site on one of its own ports: the tree stays as it was."""
    hour, corner = begin(scene, 3), Corner(scene)
    corner.element(hour, corner.site, "site", corner.port, fate=Fate(reason="rule-failed"))


def cannot_be_read(scene: Scene) -> None:
    """Cut off, of a type that does not belong there, and without a value where that says nothing."""
    hour, corner = begin(scene, 3), Corner(scene)
    corner.opened(hour, severity="critical", fate=Fate(reason="undecodable"), as_json=False)
    scene.events[-1] = scene.events[-1]._replace(value=(scene.events[-1].value or b"")[:-1])
    corner.alarm(hour, corner.port, fate=Fate(reason="unknown-type"), as_json=False)
    scene.events[-1] = scene.events[-1]._replace(topic=OUTAGE)
    corner.alarm(hour, corner.port, fate=Fate(reason="no-value"), as_json=False)
    scene.events[-1] = scene.events[-1]._replace(value=None, topic=ALARM)


def lacks_a_key(scene: Scene) -> None:
    """Without a key."""
    hour, corner = begin(scene, 3), Corner(scene)
    corner.about(hour, records.OutageResolved, "a", resolved_at=scene.plan.hour(hour), fate=Fate(reason="no-key"))
    scene.events[-1] = scene.events[-1]._replace(key=None)


STORIES: Final[tuple[Callable[[Scene], None], ...]] = (
    stands_under_another_key,
    hangs_below_itself,
    cannot_be_read,
    lacks_a_key,
)
