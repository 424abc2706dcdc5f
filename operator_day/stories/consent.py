"""Consent is per class and channel, and a revocation counts at once, for what is on its way too."""

from collections.abc import Callable
from typing import Final

from operator_day.pen import CONSENT
from operator_day.scene import Scene
from operator_day.stories.balance import HIGH, LOW
from schemas import records


def revoked_everywhere(scene: Scene) -> None:
    """No service message on any channel: held back."""
    hour = scene.daytime(3)
    scene.balance(hour, HIGH)
    scene.revoke(hour + 1)
    scene.suppressed(scene.balance(hour + 2, LOW), "no-consent")


def revoked_one_channel(scene: Scene) -> None:
    """No SMS, but the app may be used."""
    scene.with_number()
    scene.cast(app=f"app-s{scene.spare:x}")
    hour = scene.daytime(3)
    scene.balance(hour, HIGH)
    scene.revoke(hour + 1, "sms")
    scene.message(scene.balance(hour + 2, LOW), channels=frozenset({"push"}))


def granted_again(scene: Scene) -> None:
    """Revoked everywhere, then granted for SMS: a message by SMS."""
    scene.with_number()
    hour = scene.daytime(4)
    scene.balance(hour, HIGH)
    scene.revoke(hour + 1)
    scene.happens(hour + 2, CONSENT, records.ConsentGranted, message_class="service", channel="sms")
    scene.message(scene.balance(hour + 3, LOW), channels=frozenset({"sms"}))


def revoked_another_class(scene: Scene) -> None:
    """Marketing is revoked, service is not: a message."""
    hour = scene.daytime(3)
    scene.balance(hour, HIGH)
    scene.revoke(hour + 1, message_class="marketing")
    scene.message(scene.balance(hour + 2, LOW))


def takes_back_what_is_out(scene: Scene) -> None:
    """Revoked before the gateway said anything about the message: it is cancelled."""
    scene.with_number()
    hour = scene.daytime(4)
    scene.balance(hour, HIGH)
    scene.message(scene.balance(hour + 1, LOW), answer="silent")
    scene.cancelled(scene.revoke(hour + 3, "sms"))


def leaves_alone_what_arrived(scene: Scene) -> None:
    """Revoked after the delivery: there is nothing to cancel."""
    scene.with_number()
    hour = scene.daytime(5)
    scene.balance(hour, HIGH)
    scene.message(scene.balance(hour + 1, LOW))
    scene.revoke(hour + 4, "sms")


def cannot_be_reached(scene: Scene) -> None:
    """A contract and no address: no channel."""
    scene.cast(msisdn=None, app=None, email=None, contract=f"DS{scene.spare:08d}", subject="contract")
    hour = scene.daytime(2)
    scene.balance(hour, HIGH)
    scene.suppressed(scene.balance(hour + 1, LOW), "no-channel")


STORIES: Final[tuple[Callable[[Scene], None], ...]] = (
    revoked_everywhere,
    revoked_one_channel,
    granted_again,
    revoked_another_class,
    takes_back_what_is_out,
    leaves_alone_what_arrived,
    cannot_be_reached,
)
