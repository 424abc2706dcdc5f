"""Trouble tickets: open until they are solved, and service before sales while they are."""

from collections.abc import Callable
from typing import Any, Final

from operator_day import shelf
from operator_day.pen import CARE
from operator_day.scene import Scene
from operator_day.talk import Talk
from operator_day.zones import DAY, HOUR, MINUTE
from schemas import records


def waits_for_a_repair(scene: Scene) -> None:
    """An open ticket is what to speak of first, and nothing is sold."""
    due = scene.plan.day_start + DAY
    at = _opens(scene, 2, "a", expected_resolution_at=due)
    talk = Talk(scene, "asks")
    talk.goes(5, shelf.CALLS_REASON)
    ticket = records.OpenTicket(_ticket(scene, "a"), "no-internet", at, due)
    talk.shows(first="ticket", ticket=ticket, gate="ticket")


def is_helped_before_they_call(scene: Scene) -> None:
    """Solved before the call: no ticket on the screen, and the gate is open."""
    _opens(scene, 1, "a")
    _happens(scene, 2, "a", records.TicketResolved)
    talk = Talk(scene, "afterwards")
    talk.goes(4, shelf.TARIFF_REASON)
    talk.shows(ticket=None, gate=None)


def breaks_again(scene: Scene) -> None:
    """Solved and reopened: open again, since it was opened first."""
    at = _opens(scene, 1, "a")
    _happens(scene, 2, "a", records.TicketResolved)
    _happens(scene, 3, "a", records.TicketReopened)
    talk = Talk(scene, "again")
    talk.goes(6, shelf.ROAMING_REASON)
    talk.shows(first="ticket", ticket=records.OpenTicket(_ticket(scene, "a"), "no-internet", at, None), gate="ticket")


def is_closed_on_paper(scene: Scene) -> None:
    """Closed and cancelled by their status alone: both are over."""
    for name, status in (("a", "closed"), ("b", "cancelled")):
        _opens(scene, 2, name)
        _happens(scene, 3, name, records.TicketStatusChanged, status="acknowledged")
        _happens(scene, 3, name, records.TicketStatusChanged, status=status)
    talk = Talk(scene, "free")
    talk.goes(5, shelf.CALLS_REASON)
    talk.shows(ticket=None, gate=None)


def has_two_tickets(scene: Scene) -> None:
    """The oldest is shown, until it is solved; then the other."""
    _opens(scene, 1, "a")
    at = _opens(scene, 2, "b", kind="billing")
    first = Talk(scene, "first")
    first.goes(4, shelf.CALLS_REASON)
    first.shows(first="ticket", gate="ticket")
    _happens(scene, 6, "a", records.TicketResolved)
    second = Talk(scene, "second")
    second.goes(8, shelf.ROAMING_REASON)
    second.shows(ticket=records.OpenTicket(_ticket(scene, "b"), "billing", at, None), gate="ticket")


def is_put_off(scene: Scene) -> None:
    """The newest word on when counts; a status without one says nothing about it."""
    early, late = scene.plan.hour(10), scene.plan.hour(20)
    at = _opens(scene, 1, "a", expected_resolution_at=early)
    _happens(scene, 3, "a", records.TicketStatusChanged, status="in_progress", expected_resolution_at=late)
    _happens(scene, 4, "a", records.TicketStatusChanged, status="pending")
    talk = Talk(scene, "when")
    talk.goes(6, shelf.CALLS_REASON)
    talk.shows(ticket=records.OpenTicket(_ticket(scene, "a"), "no-internet", at, late))


def is_heard_of_in_disorder(scene: Scene) -> None:
    """What happened before the end arrives after it: the ticket stays solved."""
    _happens(scene, 4, "a", records.TicketResolved, early=5 * MINUTE)
    _opens(scene, 4, "a", early=40 * MINUTE)
    _happens(scene, 5, "a", records.TicketStatusChanged, status="in_progress", early=100 * MINUTE)
    talk = Talk(scene, "solved")
    talk.goes(7, shelf.TARIFF_REASON)
    talk.shows(ticket=None, gate=None)


def is_heard_of_late(scene: Scene) -> None:
    """A ticket that is heard of after two hours is open all the same."""
    _opens(scene, 4, "a", early=2 * HOUR)
    talk = Talk(scene, "late")
    talk.goes(6, shelf.CALLS_REASON)
    talk.shows(first="ticket", gate="ticket")


def _ticket(scene: Scene, name: str) -> str:
    return f"tt-{scene.spare}-{name}"


def _opens(scene: Scene, hour: int, name: str, **more: Any) -> int:  # noqa: ANN401  # the record's
    fields: dict[str, Any] = {"kind": "no-internet", "severity": "normal", **more}
    _happens(scene, hour, name, records.TicketOpened, **fields)
    return int(scene.last().occurred_at)


def _happens(scene: Scene, hour: int, name: str, kind: type[Any], /, **fields: Any) -> None:  # noqa: ANN401  # the record's
    scene.happens(hour, CARE, kind, ticket_id=_ticket(scene, name), **fields)


STORIES: Final[tuple[Callable[[Scene], None], ...]] = (
    waits_for_a_repair,
    is_helped_before_they_call,
    breaks_again,
    is_closed_on_paper,
    has_two_tickets,
    is_put_off,
    is_heard_of_in_disorder,
    is_heard_of_late,
)
