"""The agents' screens that were seen, against those that had to come as conversations began: right to every field."""

from collections.abc import Mapping
from typing import Any, Final

from operator_day import shelf
from operator_day.known import CONTACTS_SHOWN, Conversation, Known
from operator_day.ledger import Ledger
from operator_day.observer import Observed, Seen
from operator_day.tally import Tally
from operator_day.zones import DAY, HOUR, SECOND
from schemas import records, wire

SCREENPOP: Final = "contact.screenpop.v1"
DECISION: Final = "nba.decision.v1"
SCREEN_KEYS: Final = "screen-pops stand under their customer's key"
SCREEN_TIME: Final = "screen-pops come in the hour of their conversation's beginning"

_Place = tuple[str, str]
"""Customer and conversation."""


def check_screenpops(ledger: Ledger, observed: Observed, tally: Tally, *, has_transactions: bool) -> None:
    """Enter every screen-pop into the tally. Where a decision was made, the screen must show that very one."""
    decided = _decisions(observed)
    due = {
        place: right_screen(ledger, place[0], started, decided.get(place)) for place, started in ledger.screens.items()
    }
    for right in due.values():
        tally.expected(_line(right["first"]))
    found: dict[_Place, bytes | None] = {}
    for seen in observed.by_topic[SCREENPOP]:
        screen = wire.decode(seen.value or b"")
        if not isinstance(screen, records.ScreenPop):
            raise TypeError(f"a {type(screen).__name__} among the screen-pops")
        place = (screen.customer_id, screen.interaction_id)
        story = f"in the story {_story(ledger, screen.customer_id)}"
        line = _line(screen.first)
        tally.seen(line)
        tally.law(SCREEN_KEYS, holds=seen.key == screen.customer_id.encode(), finding=story)
        if place in found:
            is_same = found[place] == seen.value and not has_transactions
            tally.fault(line, "repeated" if is_same else "doubled", story)
            continue
        found[place] = seen.value
        if place not in due:
            tally.fault(line, "unexpected", story)
            continue
        _compare(screen, due[place], story, tally)
        _check_time(ledger, seen, screen, place, tally)
    for place, right in due.items():
        if place not in found:
            tally.fault(_line(right["first"]), "missing", f"in the story {_story(ledger, place[0])}")


def _story(ledger: Ledger, customer: str) -> str:
    return ledger.stories.get(customer, "nobody's")


def _line(first: str) -> str:
    return f"screen-pop {first}"


def _decisions(observed: Observed) -> dict[_Place, records.Decided]:
    """Give what was decided as each conversation began."""
    decided: dict[_Place, records.Decided] = {}
    for seen in observed.by_topic[DECISION]:
        record = wire.decode(seen.value or b"")
        if isinstance(record, records.Decided) and record.trigger == "contact_started":
            decided[record.customer_id, record.interaction_id or ""] = record
    return decided


def _compare(screen: records.ScreenPop, right: Mapping[str, Any], story: str, tally: Tally) -> None:
    wrong = [name for name, value in right.items() if getattr(screen, name) != value]
    if wrong:
        tally.fault(_line(right["first"]), "missing", f"another {', '.join(wrong)} {story}")


def _check_time(ledger: Ledger, seen: Seen, screen: records.ScreenPop, place: _Place, tally: Tally) -> None:
    began = ledger.journal.at(place[0], ledger.screens[place])
    is_timely = began <= screen.decided_at < began - began % HOUR + HOUR
    tally.law(SCREEN_TIME, holds=is_timely, finding=f"on partition {seen.partition}")


def right_screen(
    ledger: Ledger, customer: str, started: records.InteractionStarted, decided: records.Decided | None
) -> dict[str, Any]:
    """Give the right value of each field that can be told beforehand.

    Args:
        ledger: what arrived, and what the stories say of the screen besides.
        customer: whose conversation it is.
        started: its beginning.
        decided: what was decided at that moment; None when nothing was.

    Raises:
        ValueError: a story says otherwise than the customer's own records: the day contradicts itself.
    """
    known = Known([*ledger.journal.before(customer, started), started])
    at = ledger.journal.at(customer, started)
    profile, tariff, balance = known.last(records.CustomerUpserted), known.tariff(), known.balance()
    tickets, charges = known.open_tickets(), known.charges()
    this = next(each for each in known.conversations() if each.interaction_id == started.interaction_id)
    screen: dict[str, Any] = {
        "customer_id": customer,
        "interaction_id": started.interaction_id,
        "channel": started.channel,
        "first_name": profile.first_name if profile is not None else None,
        "language": profile.language if profile is not None else None,
        "tariff": tariff.name if tariff is not None else None,
        "balance_minor": balance.balance_minor if balance is not None else None,
        "currency": balance.currency if balance is not None else None,
        "outage": next((shown for since, until, shown in ledger.shown.get(customer, ()) if since <= at < until), None),
        "ticket": _ticket(tickets[0]) if tickets else None,
        "charge": _charge(charges[-1]) if charges else None,
        "contacts": tuple(_contact(each) for each in reversed(_before(known, this)[-CONTACTS_SHOWN:])),
        "is_repeat": known.is_repeat(started.interaction_id, at - shelf.REPEAT_SECONDS * SECOND),
        "decision_id": decided.decision_id if decided is not None else None,
        "actions": decided.actions if decided is not None else (),
    }
    screen["gate"] = _gate(screen)
    screen["first"] = _first(screen, is_fresh=bool(charges) and at - charges[-1].occurred_at <= DAY)
    said = ledger.said.get((customer, started.interaction_id), {})
    if any(screen[name] != value for name, value in said.items()):
        raise ValueError(f"the story {ledger.stories.get(customer)} says of a screen what its records do not")
    return screen


def _first(screen: Mapping[str, Any], *, is_fresh: bool) -> str:
    for name, is_there in (
        ("outage", screen["outage"] is not None),
        ("ticket", screen["ticket"] is not None),
        ("charge", is_fresh),
        ("actions", bool(screen["actions"])),
    ):
        if is_there:
            return name
    return "nothing"


def _gate(screen: Mapping[str, Any]) -> str | None:
    if screen["outage"] is not None:
        return "outage"
    if screen["ticket"] is not None:
        return "ticket"
    return "repeat_contact" if screen["is_repeat"] else None


def _before(known: Known, this: Conversation) -> list[Conversation]:
    return [each for each in known.conversations() if each.started_at < this.started_at]


def _ticket(ticket: records.TicketOpened) -> records.OpenTicket:
    return records.OpenTicket(ticket.ticket_id, ticket.kind, ticket.occurred_at, ticket.expected_resolution_at)


def _charge(charge: records.ChargePosted) -> records.Charge:
    return records.Charge(
        charge.charge_id, charge.kind, charge.amount_minor, charge.units, charge.occurred_at, charge.unit_price_minor
    )


def _contact(each: Conversation) -> records.PastContact:
    return records.PastContact(
        each.interaction_id,
        each.channel,  # type: ignore[arg-type]  # one of the contract's
        each.reason_code,
        each.outcome,  # type: ignore[arg-type]  # the same
        each.started_at,
    )
