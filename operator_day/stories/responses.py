"""What became of what was offered: each outcome once, silence in its time, what was taken or refused not again."""

from collections.abc import Callable
from typing import Final

from operator_day.asking import Asking
from operator_day.decisions import Response
from operator_day.scene import Scene
from operator_day.stories.nba import PLAIN
from operator_day.talk import Talk


def refuses(scene: Scene) -> None:
    """What is refused is not offered again before its cooldown is over."""
    asking, hour = Asking(scene), scene.rng.randrange(1, 13)
    first = asking.asks(hour, "app")
    asking.gets(first, *PLAIN)
    asking.responds(first, Response(PLAIN[0], "impression"), Response(PLAIN[0], "rejected"))
    asking.gets(
        asking.asks(hour + 2, "web"),
        "unlimited",
        "callback",
        "ticket-status",
        out={"promised-payment": ("suppression", "refused")},
    )
    asking.gets(asking.asks(hour + 7, "app"), *PLAIN)


def accepts(scene: Scene) -> None:
    """What is accepted is never offered again; a channel that says so twice says it once."""
    asking, hour = Asking(scene), scene.rng.randrange(1, 17)
    first = asking.asks(hour, "app")
    asking.responds(first, Response("unlimited", "impression", times=2), Response("unlimited", "accepted", times=3))
    asking.gets(
        asking.asks(hour + 2, "app"),
        "promised-payment",
        "ticket-status",
        "call-guard",
        out={"unlimited": ("suppression", "accepted")},
    )


def says_nothing(scene: Scene) -> None:
    """What was shown and not answered had no response by its time; what was not shown had nothing."""
    asking = Asking(scene)
    asking.responds(asking.asks(scene.rng.randrange(1, 17), "app"), Response("unlimited", "impression"))


def answers_after_all(scene: Scene) -> None:
    """No response, and accepted in the end: both are told, and the last word counts."""
    asking, hour = Asking(scene), scene.rng.randrange(1, 13)
    first = asking.asks(hour, "app")
    asking.responds(first, Response("unlimited", "impression"), Response("unlimited", "accepted", hours=6))
    asking.gets(asking.asks(hour + 6, "app"), *PLAIN)
    last = asking.asks(hour + 9, "app")
    asking.gets(last, "promised-payment", "ticket-status", "call-guard", out={"unlimited": ("suppression", "accepted")})


def hangs_up(scene: Scene) -> None:
    """In a conversation its end counts: no response to what was shown, long before the time is over."""
    asking, talk = Asking(scene), Talk(scene, "short", "chat")
    hour = scene.rng.randrange(1, 18)
    greeting = asking.begins(hour, talk)
    asking.responds(greeting, Response("unlimited", "impression"), Response("promised-payment", "impression"))
    again = asking.asks(hour + 2, "chat", talk=talk)
    asking.gets(
        again,
        "callback",
        "ticket-status",
        out={"unlimited": ("suppression", "offered"), "promised-payment": ("suppression", "offered")},
    )
    talk.ends(hour + 2)


def is_shown_something_else(scene: Scene) -> None:
    """What nobody offered, or no decision, cannot be accepted: nothing comes of it, and nothing is held back."""
    asking, hour = Asking(scene), scene.rng.randrange(1, 17)
    first = asking.asks(hour, "app")
    unknown = Response("unlimited", "accepted", decision_id=f"no-decision-{scene.spare}")
    asking.responds(first, unknown, Response("callback", "accepted"))
    asking.gets(asking.asks(hour + 2, "app"), *PLAIN, out={"callback": ("diversity", "promised-payment")})


def is_told_too_late(scene: Scene) -> None:
    """The word of two hours ago is heard: no outcome is told of it, nor silence, and nothing is offered again."""
    asking, hour = Asking(scene), scene.rng.randrange(1, 15)
    first = asking.asks(hour, "app")
    late = Response("unlimited", "accepted", hours=2, is_late=True)
    asking.responds(first, Response("unlimited", "impression"), late)
    last = asking.asks(hour + 6, "app")
    asking.gets(last, "promised-payment", "ticket-status", "call-guard", out={"unlimited": ("suppression", "accepted")})


STORIES: Final[tuple[Callable[[Scene], None], ...]] = (
    refuses,
    accepts,
    says_nothing,
    answers_after_all,
    hangs_up,
    is_shown_something_else,
    is_told_too_late,
)
