"""Service before sales: what closes the gate, and what is offered then."""

from collections.abc import Callable
from typing import Final

from operator_day import shelf
from operator_day.asking import Asking
from operator_day.corner import OPENED, PLANNED, RESOLVED, Corner
from operator_day.pen import CARE
from operator_day.scene import Scene
from operator_day.stories.nba import PLAIN
from operator_day.talk import Talk
from schemas import records

SERVICE: Final = ("promised-payment", "ticket-status")
"""What is left of `PLAIN` when nothing may be sold."""


def waits_for_a_ticket(scene: Scene) -> None:
    """While a ticket is open nothing is sold; when it is resolved, things are again."""
    asking, hour = Asking(scene), scene.rng.randrange(1, 18)
    ticket_id = f"nba-{scene.spare}"
    scene.happens(hour, CARE, records.TicketOpened, ticket_id=ticket_id, kind="billing", severity="normal")
    asking.gets(
        asking.asks(hour + 1, "app"),
        *SERVICE,
        gate="ticket",
        out={"unlimited": ("gate", "ticket"), "call-guard": ("gate", "ticket")},
    )
    scene.happens(hour + 2, CARE, records.TicketResolved, ticket_id=ticket_id)
    asking.gets(asking.asks(hour + 3, "app"), *PLAIN)


def comes_again(scene: Scene) -> None:
    """The same reason in another conversation: service only. Another reason, or after long enough: all of it."""
    asking, hour = Asking(scene), scene.rng.randrange(1, 9)
    for step, reason, actions, gate in (
        (0, shelf.MONEY_REASON, ("balance-control", *PLAIN[:2]), None),
        (2, shelf.MONEY_REASON.upper(), SERVICE, "repeat_contact"),
        (3, "обращение", ("promised-payment", "ticket-status", "unlimited"), None),
        (12, shelf.MONEY_REASON, ("balance-control", *PLAIN[:2]), None),
    ):
        talk = Talk(scene, f"again-{step}", "messenger")
        asking.gets(asking.begins(hour + step, talk), *PLAIN)
        asking.gets(asking.says(hour + step, talk, reason), *actions, gate=gate)
        talk.ends(hour + step)


def is_in_an_outage(scene: Scene) -> None:
    """What is broken comes first: somebody to mend it, a word when it is mended, and nothing to buy."""
    asking, corner, talk = Asking(scene), Corner(scene), Talk(scene, "fault")
    hour = scene.rng.randrange(2, 15)
    asking.gets(asking.asks(hour, "app"), *PLAIN)
    corner.opened(hour + 1)
    corner.told(OPENED)
    asking.gets(
        asking.begins(hour + 2, talk, shelf.FAULT_REASON),
        "technician",
        "callback",
        "ticket-status",
        gate="outage",
        out={"unlimited": ("gate", "outage"), "promised-payment": ("diversity", "callback")},
    )
    talk.ends(hour + 2)
    corner.resolved(hour + 4)
    corner.told(RESOLVED)
    _breaks(scene, hour + 1, hour + 5, corner.seen())
    asking.gets(asking.asks(hour + 6, "app"), *PLAIN)


def has_works_ahead(scene: Scene) -> None:
    """Works close the gate while they are on, not while they are planned."""
    asking, corner = Asking(scene), Corner(scene)
    hour = scene.daytime(4, end=16)
    corner.planned(hour, hour + 3)
    corner.told(PLANNED, "w")
    asking.gets(asking.asks(hour + 1, "app"), *PLAIN)
    corner.about(hour + 3, records.WorksStarted, "w")
    asking.gets(asking.asks(hour + 4, "app"), *SERVICE, gate="outage")
    corner.about(hour + 5, records.WorksFinished, "w")
    _breaks(scene, hour + 3, hour + 6)
    asking.gets(asking.asks(hour + 6, "app"), *PLAIN)


def is_in_all_of_it(scene: Scene) -> None:
    """An outage, a ticket and the same reason again: the outage is named, then the ticket, then the reason."""
    asking, corner = Asking(scene), Corner(scene)
    hour, ticket_id = scene.rng.randrange(2, 15), f"nba-{scene.spare}"
    before = Talk(scene, "before", "chat")
    asking.begins(hour, before, shelf.MONEY_REASON)
    before.ends(hour)
    corner.opened(hour + 1)
    corner.told(OPENED)
    scene.happens(hour + 1, CARE, records.TicketOpened, ticket_id=ticket_id, kind="billing", severity="normal")
    _breaks(scene, hour + 1, hour + 4, corner.seen())
    for step, gate in ((2, "outage"), (4, "ticket"), (6, "repeat_contact")):
        talk = Talk(scene, f"again-{step}", "chat")
        reason = shelf.MONEY_REASON if step == 6 else "обращение"  # noqa: PLR2004  # the last
        asking.gets(asking.begins(hour + step, talk, reason), *SERVICE, gate=gate)
        talk.ends(hour + step)
    corner.resolved(hour + 3)
    corner.told(RESOLVED)
    scene.happens(hour + 5, CARE, records.TicketResolved, ticket_id=ticket_id)


def _breaks(scene: Scene, first: int, end: int, shown: records.OpenOutage | None = None) -> None:
    """Enter that something of the customer's is broken from one hour to the other; nobody asks in either."""
    scene.pen.ledger.breaks(scene.person.customer_id, scene.plan.hour(first), scene.plan.hour(end), shown)


STORIES: Final[tuple[Callable[[Scene], None], ...]] = (
    waits_for_a_ticket,
    comes_again,
    is_in_an_outage,
    has_works_ahead,
    is_in_all_of_it,
)
