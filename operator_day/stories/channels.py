"""Channels: no notice goes where the outage itself keeps it from arriving, and none that failed counts as told."""

from collections.abc import Callable
from typing import Final

from operator_day.corner import OPENED, RESOLVED, Corner
from operator_day.pen import CONSENT
from operator_day.scene import Scene
from operator_day.stories.outage import begin
from schemas import records


def lose_mobile_data(scene: Scene) -> None:
    """No push and no mail without mobile data: by SMS."""
    _with_every_address(scene)
    _lives(scene, Corner(scene, "mobile_data"), "sms")


def lose_mobile_voice(scene: Scene) -> None:
    """No SMS where nobody can be called: by push or mail."""
    _with_every_address(scene)
    _lives(scene, Corner(scene, "mobile_voice"), "push", "email")


def lose_the_line_at_home(scene: Scene) -> None:
    """No mail without the line at home: by SMS or push."""
    _with_every_address(scene)
    _lives(scene, Corner(scene, "home_internet"), "sms", "push")


def lose_everything_mobile(scene: Scene) -> None:
    """Voice and data fail: there is no channel left, and the end is not told either."""
    _with_every_address(scene)
    hour, corner = begin(scene, 5), Corner(scene, "mobile_data", "mobile_voice")
    corner.opened(hour, kinds=("mobile_data", "mobile_voice"))
    corner.suppressed(OPENED, "no-channel")
    corner.resolved(hour + 2)
    corner.impact(RESOLVED)


def have_sms_alone(scene: Scene) -> None:
    """Reached by SMS alone, and that is what fails: no channel."""
    scene.with_number()
    hour, corner = begin(scene, 5), Corner(scene, "mobile_voice")
    corner.opened(hour)
    corner.suppressed(OPENED, "no-channel")
    corner.resolved(hour + 2)
    corner.impact(RESOLVED)


def refuse_to_be_told(scene: Scene) -> None:
    """Consent to critical messages is revoked: held back, and the end is not told either."""
    scene.with_number()
    hour, corner = begin(scene, 6), Corner(scene)
    for channel in ("sms", "push", "email"):
        scene.happens(hour, CONSENT, records.ConsentRevoked, message_class="critical", channel=channel)
    corner.opened(hour + 1)
    corner.suppressed(OPENED, "no-consent")
    corner.resolved(hour + 3)
    corner.impact(RESOLVED)


def fail_to_deliver(scene: Scene) -> None:
    """The message did not arrive: who was not told that it began is not told that it is over."""
    hour, corner = begin(scene, 6), Corner(scene)
    corner.opened(hour)
    corner.told(OPENED, answer="failed")
    corner.resolved(hour + 3)
    corner.impact(RESOLVED)


def say_nothing(scene: Scene) -> None:
    """The channel says nothing of the message: it counts as told."""
    hour, corner = begin(scene, 6), Corner(scene)
    corner.opened(hour)
    corner.told(OPENED, answer="silent")
    corner.resolved(hour + 3)
    corner.told(RESOLVED)


def _with_every_address(scene: Scene) -> None:
    scene.with_number()
    scene.cast(app=f"app-n{scene.spare:x}", email=f"n{scene.spare}@example.org")


def _lives(scene: Scene, corner: Corner, *channels: str) -> None:
    hour = begin(scene, 5)
    corner.opened(hour)
    corner.told(OPENED, channels=frozenset(channels))
    corner.resolved(hour + 2)
    corner.told(RESOLVED)


STORIES: Final[tuple[Callable[[Scene], None], ...]] = (
    lose_mobile_data,
    lose_mobile_voice,
    lose_the_line_at_home,
    lose_everything_mobile,
    have_sms_alone,
    refuse_to_be_told,
    fail_to_deliver,
    say_nothing,
)
