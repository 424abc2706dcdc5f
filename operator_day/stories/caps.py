"""Caps are exact: what is over is held back with a reason, and a failed delivery gives its slot back once."""

from collections.abc import Callable
from typing import Final

from operator_day.scene import Scene
from operator_day.stories.balance import HIGH, LOW


def reaches_the_cap(scene: Scene) -> None:
    """Three accounts fall on one day, two messages are allowed: the third is held back."""
    hour = _with_accounts(scene, 3, hours=4)
    scene.message(scene.balance(hour + 1, LOW))
    scene.message(scene.balance(hour + 2, LOW, account=1))
    scene.suppressed(scene.balance(hour + 3, LOW, account=2), "cap")


def gets_a_slot_back(scene: Scene) -> None:
    """The second message fails: a third one goes, and only the fourth is held back."""
    hour = _with_accounts(scene, 4, hours=7)
    scene.message(scene.balance(hour + 1, LOW))
    scene.message(scene.balance(hour + 2, LOW, account=1), answer="failed")
    # The gateway's answer arrives with the next slice, which must be through before the third account falls.
    scene.message(scene.balance(hour + 4, LOW, account=2))
    scene.suppressed(scene.balance(hour + 6, LOW, account=3), "cap")


def _with_accounts(scene: Scene, count: int, hours: int) -> int:
    account = scene.person.accounts[0]
    scene.cast(accounts=(account, *(f"{account}-{number}" for number in range(2, count + 1))))
    hour = scene.daytime(hours)
    for number in range(count):
        scene.balance(hour, HIGH, account=number)
    return hour


STORIES: Final[tuple[Callable[[Scene], None], ...]] = (reaches_the_cap, gets_a_slot_back)
