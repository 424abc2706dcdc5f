"""What asks the hub for something to offer, and what there is to know about the customer then."""

from collections.abc import Iterator
from typing import Final

from operator_day import shelf
from operator_day.known import Known
from operator_day.zones import HOUR, SECOND, Millis
from schemas import records

CHARGES_KEPT: Final = 10
"""Of each account, and of one kind in a rationale: the newest."""

_SURFACES: Final = frozenset({"app", "web"})

Question = records.InteractionStarted | records.ReasonSet | records.SearchPerformed | records.ActionRequested
QUESTIONS: Final = (
    records.InteractionStarted,
    records.ReasonSet,
    records.SearchPerformed,
    records.ActionRequested,
)


def is_question(record: Question, at: Millis) -> bool:
    """Tell whether a record that arrives at `at` asks what to offer; late ones ask nothing any more."""
    if at - record.occurred_at > HOUR:
        return False
    if isinstance(record, records.InteractionStarted):
        return record.direction == "inbound"
    return not isinstance(record, records.SearchPerformed) or record.surface in _SURFACES


def asked(record: Question, known: Known) -> tuple[str, str | None, str, str | None]:
    """Give (trigger, conversation, channel, reason) of a question; what it does not say, its conversation does."""
    if isinstance(record, records.SearchPerformed):
        return "search", None, record.surface, None
    this = [each for each in known.conversations() if each.interaction_id == record.interaction_id]
    reason = record.reason_code or (this[0].reason_code if this else None)
    if isinstance(record, records.ReasonSet):
        return "reason_set", record.interaction_id, this[0].channel if this else "UNKNOWN", reason
    trigger = "contact_started" if isinstance(record, records.InteractionStarted) else "channel"
    return trigger, record.interaction_id, record.channel, reason


def is_repeat(known: Known, interaction_id: str | None, reason: str | None, at: Millis) -> bool:
    """Tell whether they came about the same before, in another conversation; what the operator began is no coming."""
    conversations = known.conversations()
    began = [each.started_at for each in conversations if each.interaction_id == interaction_id]
    before = began[0] if began else at
    return reason is not None and any(
        each.interaction_id != interaction_id
        and each.direction != "outbound"
        and at - shelf.REPEAT_SECONDS * SECOND <= each.started_at < before
        and (each.reason_code or "").casefold() == reason.casefold()
        for each in conversations
    )


def searches(known: Known, at: Millis) -> Iterator[str]:
    """Yield the words of the searches that still count at that time."""
    for search in known.all(records.SearchPerformed):
        if at < search.occurred_at + shelf.INTENT_SECONDS * SECOND:
            yield search.query


def balances(known: Known) -> dict[str, int]:
    """Give the balance heard of last by currency, in minor units."""
    highest: dict[str, records.BalanceChanged] = {}
    for balance in known.all(records.BalanceChanged):
        before = highest.get(balance.account_id)
        if before is None or balance.balance_version > before.balance_version:
            highest[balance.account_id] = balance
    newest = sorted(highest.values(), key=lambda balance: balance.occurred_at)
    return {balance.currency: balance.balance_minor for balance in newest}


def usage(known: Known) -> dict[str, tuple[int, int]]:
    """Give units and cost by kind; a day's city has no usage older than 30 days."""
    totals: dict[str, tuple[int, int]] = {}
    for used in known.all(records.UsageRated):
        units, cost = totals.get(used.kind, (0, 0))
        totals[used.kind] = (units + used.units, cost + used.cost_minor)
    return totals


def charges(known: Known) -> dict[str, tuple[str, ...]]:
    """Give the ids of the charges that the hub still knows by kind, newest last."""
    by_account: dict[str, list[records.ChargePosted]] = {}
    for charge in known.charges():
        by_account.setdefault(charge.account_id, []).append(charge)
    kept = [charge for charges in by_account.values() for charge in charges[-CHARGES_KEPT:]]
    kept.sort(key=lambda charge: charge.occurred_at)
    by_kind = {kind: [each.charge_id for each in kept if each.kind == kind] for kind in {each.kind for each in kept}}
    return {kind: tuple(charge_ids[-CHARGES_KEPT:]) for kind, charge_ids in by_kind.items()}
