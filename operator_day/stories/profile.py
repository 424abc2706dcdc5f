"""What CRM says of a person: the newest word counts, whatever order the words come in."""

from collections.abc import Callable
from typing import Any, Final

from operator_day.pen import CRM
from operator_day.scene import Scene
from operator_day.zones import MINUTE
from schemas import records


def takes_another_name(scene: Scene) -> None:
    """A second profile in the middle of the day: name and language are the newer ones."""
    scene.cast(first_name="Olga", language="ru")
    hour = scene.daytime(2)
    _upsert(scene, hour, first_name="Helga", language="de")
    scene.usage(hour + 1)
    _ends_as(scene, "Helga", "de")


def is_told_old_news(scene: Scene) -> None:
    """The profile before the newest comes after it: it counts as an event, and changes nothing."""
    scene.cast(first_name="Timur", language="ru")
    hour = scene.daytime(3)
    _upsert(scene, hour, first_name="Temur", language="uz")
    _upsert(scene, hour + 1, first_name="Tim", language="en", early=100 * MINUTE)
    _ends_as(scene, "Temur", "uz")


def _upsert(scene: Scene, hour: int, **profile: Any) -> None:  # noqa: ANN401  # the record's
    who: dict[str, Any] = {"customer_id": scene.person.customer_id, "timezone": scene.person.timezone}
    scene.happens(hour, CRM, records.CustomerUpserted, **who, **profile)


def _ends_as(scene: Scene, first_name: str, language: str) -> None:
    scene.pen.ledger.know(scene.person.customer_id, ("first_name",), first_name)
    scene.pen.ledger.know(scene.person.customer_id, ("language",), language)


STORIES: Final[tuple[Callable[[Scene], None], ...]] = (takes_another_name, is_told_old_news)
