"""In the app and on the site: what customers do there, and what their searches say they want."""

from collections.abc import Callable
from typing import Any, Final

from operator_day import shelf
from operator_day.pen import DIGITAL
from operator_day.scene import Scene
from operator_day.talk import Talk
from operator_day.zones import HOUR, MINUTE, SECOND
from schemas import records

_RUN_OUT: Final = shelf.INTENT_SECONDS * SECOND // HOUR + 2
"""Hours after which a search says nothing any more, whenever in its slice it is decided on."""


def looks_around_in_the_app(scene: Scene) -> None:
    """A session with everything that one can do in it: each event counts, and nothing follows."""
    session = f"s-{scene.spare}"
    scene.happens(6, DIGITAL, records.AppInstalled, product_id="my-operator", device="phone")
    _does(scene, 6, records.SessionStarted, session, device="phone")
    _does(scene, 6, records.LoggedIn, session)
    scene.happens(6, DIGITAL, records.PermissionGranted, product_id="my-operator", permission="notifications")
    for screen in ("home", "balance", "tariff"):
        _does(scene, 6, records.ScreenViewed, session, screen=screen)
    _does(scene, 6, records.FormSubmitted, session, form_id="details", product_id=shelf.MOBILE_INTERNET)
    scene.repeat(scene.events[-1], 7)


def searches_and_calls(scene: Scene) -> None:
    """What they searched for counts when they call; the record says it while it lasts."""
    _searches(scene, 20, "Roaming in Turkey")
    Talk(scene, "calls").goes(21, shelf.CALLS_REASON)


def searches_and_forgets(scene: Scene) -> None:
    """Hours later a search says nothing any more."""
    _searches(scene, 3, "gigabytes")
    Talk(scene, "calls").goes(3 + _RUN_OUT, shelf.CALLS_REASON)


def searches_on_the_television(scene: Scene) -> None:
    """A search on the television says what they want as well, but nobody asks there what to offer."""
    _searches(scene, 21, "long-distance trains", surface="tv")


def searches_again_and_again(scene: Scene) -> None:
    """Several searches count at once, each for its own time."""
    for words in ("roaming", "my request", "travel"):
        _searches(scene, 21, words)


def is_told_of_a_session_late(scene: Scene) -> None:
    """The app was offline: hours old, its events count and trigger nothing."""
    session = f"s-{scene.spare}"
    _does(scene, 23, records.SessionStarted, session, early=2 * HOUR)
    _searches(scene, 23, "spam calls", early=2 * HOUR - 5 * MINUTE)


def _searches(scene: Scene, hour: int, words: str, **more: Any) -> None:  # noqa: ANN401  # the record's
    _does(scene, hour, records.SearchPerformed, f"s-{scene.spare}-{hour}", query=words, **more)


def _does(scene: Scene, hour: int, kind: type[Any], session: str, **fields: Any) -> None:  # noqa: ANN401  # the record's
    scene.happens(hour, DIGITAL, kind, session_id=session, **{"surface": "app", **fields})


STORIES: Final[tuple[Callable[[Scene], None], ...]] = (
    looks_around_in_the_app,
    searches_and_calls,
    searches_and_forgets,
    searches_on_the_television,
    searches_again_and_again,
    is_told_of_a_session_late,
)
