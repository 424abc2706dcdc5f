"""The same event again, however it comes, is counted once and told once."""

from collections.abc import Callable
from typing import Final

from operator_day.city import spell
from operator_day.pen import cloud_event
from operator_day.scene import Scene
from operator_day.stories.balance import HIGH, LOW


def comes_twice(scene: Scene) -> None:
    """The same bytes, at once and an hour later: one message."""
    hour = scene.daytime(3)
    scene.balance(hour, HIGH)
    scene.message(scene.balance(hour + 1, LOW))
    event = scene.events[-1]
    scene.repeat(event, hour + 1)
    scene.repeat(event, hour + 2)


def comes_under_other_spellings(scene: Scene) -> None:
    """The number is spelt otherwise, so the record stands on another partition: still the same event."""
    scene.with_number(spelling=0)
    hour = scene.daytime(4)
    scene.balance(hour, HIGH)
    scene.message(scene.balance(hour + 1, LOW))
    event = scene.events[-1]
    for step, spelling in enumerate((1, 3)):
        scene.repeat(event, hour + 2 + step, key=f"msisdn:{spell(scene.person.msisdn or '', spelling)}".encode())


def comes_under_other_identifiers(scene: Scene) -> None:
    """Under the number first, under the customer's own id then."""
    scene.with_number()
    hour = scene.daytime(3)
    scene.balance(hour, HIGH)
    scene.message(scene.balance(hour + 1, LOW))
    scene.repeat(scene.events[-1], hour + 2, key=scene.person.customer_key())


def comes_as_json_too(scene: Scene) -> None:
    """Avro first, the same event as a JSON CloudEvent then."""
    hour = scene.daytime(3)
    scene.balance(hour, HIGH)
    scene.message(scene.balance(hour + 1, LOW, as_json=False))
    value, headers = cloud_event(scene.last())
    scene.repeat(scene.events[-1]._replace(value=value, headers=headers), hour + 2)


def lives_a_day_of_json(scene: Scene) -> None:
    """Everything as JSON CloudEvents: one message all the same."""
    hour = scene.daytime(3)
    scene.balance(hour, HIGH, as_json=True)
    for _ in range(3):
        scene.usage(hour + 1, as_json=True)
    scene.message(scene.balance(hour + 2, LOW, as_json=True))


def repeats_usage(scene: Scene) -> None:
    """The mediation resends the tail of a file: its sequences are known already."""
    hour = scene.daytime(2)
    sent = [scene.usage(hour) for _ in range(6)]
    for event in sent[2:5]:
        scene.repeat(event, hour)
    scene.usage(hour + 1)
    scene.repeat(sent[0], hour + 1)
    scene.usage(hour + 1)


STORIES: Final[tuple[Callable[[Scene], None], ...]] = (
    comes_twice,
    comes_under_other_spellings,
    comes_under_other_identifiers,
    comes_as_json_too,
    lives_a_day_of_json,
    repeats_usage,
)
