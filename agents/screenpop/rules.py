"""The screen of an agent as a customer gets in touch.

What to speak of first: an outage that they are in, before a ticket that is open, before a charge of the last day,
before what there is to offer. It goes out once, for a conversation that the customer began and whose start is told in
time; it runs after all else, so that the decision made by the same start is on it.
"""

from collections.abc import Sequence
from typing import Final

from agents.balance.model import Charge, Money, accounts_by_news
from agents.care.model import CARE, Care, Ticket, open_tickets
from agents.customer.model import Capability, Customer, Moment
from agents.message.model import NOTHING, Effect, Emit, identity
from agents.nba.model import NBA, Nba, decision_of, gate_of
from agents.outage.model import NETWORK, Network, Outage
from agents.product.model import PRODUCTS, Products, tariff
from agents.profile.model import CORE, Core
from agents.touch.model import SHOWN, TOUCH, Interaction, Touch, is_repeat, repeat_millis
from schemas import records
from streams.core.records import Millis

SCREENPOPS: Final = "contact.screenpop.v1"
FRESH_MILLIS: Final = 24 * 3600 * 1000
"""A charge of the last day is what people ask about."""


def on_interaction_started(customer: Customer, event: records.InteractionStarted, moment: Moment) -> Sequence[Effect]:
    """Show what the agent should know; a conversation is shown once, however often its start is told."""
    touch = customer.peek(TOUCH, Touch)
    this = None if touch is None else touch.find(event.interaction_id)
    if this is None or this.starts > 1 or event.direction != "inbound" or moment.is_silent:
        return NOTHING  # of one that began before all that are kept there is nothing to say any more
    pop = screen_pop(customer, this, moment)
    return [Emit(SCREENPOPS, pop, pop_id(customer.id, event.interaction_id))]


def pop_id(customer_id: str, interaction_id: str) -> str:
    """Return the output's id: one conversation of a customer is shown once."""
    return identity(customer_id, "screenpop", interaction_id)


def screen_pop(customer: Customer, this: Interaction, moment: Moment) -> records.ScreenPop:
    """Return all that is known and of use as the conversation begins. It reads sections and changes none."""
    core = customer.peek(CORE, Core) or Core()
    touch = customer.peek(TOUCH, Touch)
    since = moment.now - repeat_millis(moment.config.of(records.Offers))
    plan = tariff(customer.peek(PRODUCTS, Products))
    outage = next(iter(moment.config.outages.at(customer.peek(NETWORK, Network))), None)
    ticket = next(iter(open_tickets(customer.peek(CARE, Care))), None)
    accounts = accounts_by_news(customer)
    charge = _last_charge(accounts)
    balance = accounts[-1] if accounts and accounts[-1].balance_version is not None else None
    is_again = is_repeat(touch, this.interaction_id, this.reason_code, since)
    nba = customer.peek(NBA, Nba)
    decided = decision_of(nba, this.interaction_id)
    actions = () if decided is None else decided.actions
    return records.ScreenPop(
        customer_id=customer.id,
        interaction_id=this.interaction_id,
        channel=this.channel,
        first=_first(outage, ticket, charge, actions, moment.now),
        first_name=core.first_name,
        language=core.language,
        tariff=None if plan is None else plan.name,
        balance_minor=None if balance is None else balance.balance_minor,
        currency=None if balance is None else balance.currency,
        outage=None if outage is None else _outage(outage),
        ticket=None if ticket is None else ticket.shown(),
        charge=None if charge is None else _charge(charge),
        contacts=_contacts(touch, this),
        is_repeat=is_again,
        gate=gate_of(nba, this.interaction_id) or _gate(outage, ticket, is_again=is_again),
        decision_id=None if decided is None else decided.decision_id,
        actions=actions,
        decided_at=moment.now,
        activation=moment.config.activation,
    )


def _first(
    outage: Outage | None,
    ticket: Ticket | None,
    charge: Charge | None,
    actions: Sequence[records.RankedAction],
    now: Millis,
) -> records.ScreenPopFirst:
    if outage is not None:
        return "outage"
    if ticket is not None:
        return "ticket"
    if charge is not None and now - charge.occurred_at <= FRESH_MILLIS:
        return "charge"
    return "actions" if actions else "nothing"


def _gate(outage: Outage | None, ticket: Ticket | None, *, is_again: bool) -> records.Gate | None:
    """Return what speaks against selling, for a hub without offers: then no decision says so."""
    if outage is not None:
        return "outage"
    if ticket is not None:
        return "ticket"
    return "repeat_contact" if is_again else None


def _last_charge(accounts: Sequence[Money]) -> Charge | None:
    charges = [money.charges[-1] for money in accounts if money.charges]
    return max(charges, key=lambda each: (each.occurred_at, each.charge_id), default=None)


def _outage(outage: Outage) -> records.OpenOutage:
    return records.OpenOutage(
        outage.outage_id, outage.service_kinds, outage.started_at, outage.eta, outage.cause_public
    )


def _charge(charge: Charge) -> records.Charge:
    return records.Charge(
        charge.charge_id, charge.kind, charge.amount_minor, charge.units, charge.occurred_at, charge.unit_price_minor
    )


def _contacts(touch: Touch | None, this: Interaction) -> tuple[records.PastContact, ...]:
    if touch is None:
        return ()
    before = [each for each in touch.interactions if each.order < this.order]
    return tuple([each.shown() for each in reversed(before[-SHOWN:])])


def capability() -> Capability:
    """Return what the screen contributes; it keeps nothing."""
    return Capability(
        name="screenpop", sections={}, handlers={records.InteractionStarted: on_interaction_started}, timers={}
    )
