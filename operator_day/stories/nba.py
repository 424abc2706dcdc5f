"""What is offered: by what the customer has, says, searches and pays."""

from collections.abc import Callable
from typing import Final

from operator_day import shelf
from operator_day.asking import Asking
from operator_day.decisions import Response
from operator_day.scene import Scene
from operator_day.talk import Talk
from operator_day.zones import HOUR
from schemas import records

PLAIN: Final = ("promised-payment", "unlimited", "ticket-status")
"""What the app offers to who has nothing and says nothing."""

FALLS: Final = {
    "balance-control": ("applicability", "context"),
    "call-guard": ("rank", None),
    "callback": ("diversity", "promised-payment"),
    "home-towns": ("suitability", "saving"),
    "internet-pack": ("eligibility", "required"),
    "roaming-pack": ("eligibility", "balance"),
    "super-plus": ("eligibility", "tariff"),
    "technician": ("applicability", "channel"),
}
"""Where all the others fall out then."""


def explains_the_tariff(scene: Scene) -> None:
    """The call of the planning table: «Родные города» for dear calls, then «Баланс под контролем» for the money."""
    asking, talk = Asking(scene), Talk(scene, "call")
    hour = scene.rng.randrange(1, 16)
    asking.has(shelf.SUPER, is_tariff=True)
    asking.calls(hour, 168, 840_00)
    for number in range(2):
        charge = {"charge_id": f"v-{scene.spare}-{number}", "amount_minor": 420_00, "currency": "RUB", "units": 84}
        scene.billing(hour, records.ChargePosted, kind="voice", unit_price_minor=5_00, **charge)
    greeting = asking.begins(hour + 1, talk)
    asking.gets(greeting, "home-towns", "promised-payment", "super-plus", savings={"home-towns": 315_00})
    calls = asking.says(hour + 1, talk, shelf.CALLS_REASON.upper())
    asking.gets(
        calls,
        "home-towns",
        "promised-payment",
        "super-plus",
        savings={"home-towns": 315_00, "super-plus": 240_00},
        out={"unlimited": ("diversity", "super-plus"), "ticket-status": ("rank", None)},
    )
    asking.responds(calls, Response("home-towns", "impression"), Response("home-towns", "accepted"))
    money = asking.says(hour + 3, talk, shelf.MONEY_REASON)
    asking.gets(
        money,
        "balance-control",
        "unlimited",
        "callback",
        out={
            "home-towns": ("suppression", "offered"),
            "super-plus": ("suppression", "offered"),
            "ticket-status": ("rank", None),
        },
    )
    asking.responds(money, Response("balance-control", "impression"), Response("unlimited", "impression"))
    talk.ends(hour + 6)


def asks_in_the_app(scene: Scene) -> None:
    """Nothing is known and nothing is said; the same question once more is the same question."""
    asking, hour = Asking(scene), scene.rng.randrange(1, 20)
    asking.gets(asking.asks(hour, "app"), *PLAIN, out=FALLS)
    scene.repeat(scene.events[-1], hour)
    scene.repeat(scene.events[-1], hour + 1)


def asks_too_late(scene: Scene) -> None:
    """A question of two hours ago wants no answer; it is applied all the same."""
    hour = scene.rng.randrange(4, 20)
    Asking(scene).asks(hour, "web", early=2 * HOUR)


def has_things(scene: Scene) -> None:
    """Who has it is not offered it; some need another product, and some are ruled out by one."""
    asking, hour = Asking(scene), scene.rng.randrange(1, 20)
    asking.has("super-plus", is_tariff=True)
    asking.has("home-towns")
    asking.has(shelf.MOBILE_INTERNET)
    asking.gets(
        asking.asks(hour, "office", shelf.TARIFF_REASON),
        "promised-payment",
        "internet-pack",
        "ticket-status",
        out={
            "home-towns": ("eligibility", "owned"),
            "unlimited": ("eligibility", "excluded"),
            "super-plus": ("eligibility", "tariff"),
            "call-guard": ("applicability", "channel"),
        },
    )


def calls_too_little(scene: Scene) -> None:
    """The offer would cost more than it saves: it does not suit, whatever the reason."""
    asking, hour = Asking(scene), scene.rng.randrange(1, 19)
    asking.calls(hour, 20, 100_00)
    asking.gets(asking.asks(hour + 1, "chat", shelf.CALLS_REASON), *PLAIN, out={"home-towns": FALLS["home-towns"]})


def searches(scene: Scene) -> None:
    """A search says what is wanted, for some hours and wherever they ask then; of a set-top box nobody asks."""
    asking, hour = Asking(scene), scene.rng.randrange(1, 12)
    scene.balance(hour, 500_00)
    asking.gets(asking.searches(hour + 1, "Интернет и РОУМИНГ в Турции", "web"), "roaming-pack", "unlimited", PLAIN[0])
    asking.gets(asking.asks(hour + 2, "messenger"), "roaming-pack", "unlimited", "promised-payment")
    asking.gets(asking.asks(hour + 8, "app"), *PLAIN, out={"roaming-pack": ("applicability", "context")})
    asking.looks_up(hour + 9, "roaming", "tv")


def has_too_little_money(scene: Scene) -> None:
    """What is wanted needs a balance that is not there."""
    asking, hour = Asking(scene), scene.rng.randrange(1, 19)
    scene.balance(hour, 299_99)
    asking.gets(asking.searches(hour + 1, "travel insurance"), *PLAIN, out={"roaming-pack": FALLS["roaming-pack"]})


def is_called(scene: Scene) -> None:
    """The operator calls: nothing is decided until a reason is typed."""
    asking, talk = Asking(scene), Talk(scene, "out")
    hour = scene.rng.randrange(1, 20)
    talk.begins(hour, direction="outbound")
    asking.gets(asking.says(hour, talk, shelf.FAULT_REASON), "technician", "callback", "unlimited")
    talk.ends(hour)


def is_left_alone(scene: Scene) -> None:
    """In the day's last hour everybody is in the control group: all that stands is held back, and it says so."""
    asking = Asking(scene)
    asking.gets(asking.asks(shelf.CONTROL_HOUR - 2, "app"), *PLAIN)
    asking.gets(
        asking.asks(shelf.CONTROL_HOUR, "app"),
        out={"unlimited": ("suppression", "control"), "promised-payment": ("suppression", "control")},
    )


STORIES: Final[tuple[Callable[[Scene], None], ...]] = (
    explains_the_tariff,
    asks_in_the_app,
    asks_too_late,
    has_things,
    calls_too_little,
    searches,
    has_too_little_money,
    is_called,
    is_left_alone,
)
