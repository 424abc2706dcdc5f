"""The customer as others see them: everything that is live, from the sections; bookkeeping stays inside."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from agents.balance.model import ACCOUNTS, MONEY, Accounts, Charge, Money, level_plan, lowest_fired
from agents.care.model import CARE, Care, open_tickets
from agents.customer.model import Customer, Moment
from agents.message.model import CONTACT, Contact
from agents.nba.model import NBA, Nba, last_decision
from agents.outage.model import NETWORK, Network
from agents.product.model import PRODUCTS, Products, active, tariff
from agents.profile.model import CORE, IDS, Core, Ids
from agents.touch.model import SHOWN, TOUCH, Touch
from agents.usage.model import SECTION as USAGE
from agents.usage.model import Usage
from schemas import records
from streams.core.records import Millis


class Counted(Protocol):
    """How many events of a topic were applied, and how many were duplicates."""

    applied: int
    duplicate: int


def view(
    customer: Customer, moment: Moment, counts: Mapping[str, Counted], version: int, changed_sections: Sequence[str]
) -> records.Context:
    """Return the customer's context at a moment. It reads sections and changes none.

    Args:
        customer: The record.
        moment: Decides what is live, and which days the totals cover.
        counts: Events so far by source topic.
        version: Number of this context.
        changed_sections: What changed since the one before.
    """
    core = customer.peek(CORE, Core)
    if core is None:
        core = Core()
    products, touch = customer.peek(PRODUCTS, Products), customer.peek(TOUCH, Touch)
    return records.Context(
        customer_id=customer.id,
        version=version,
        decided_at=moment.now,
        activation=moment.config.activation,
        changed_sections=tuple(changed_sections),
        first_name=core.first_name,
        language=core.language,
        timezone=core.timezone,
        identifiers=_identifiers(customer, moment.now),
        accounts=_accounts(customer, moment),
        usage=_usage(customer, moment.now),
        consents=_consents(customer, moment.now),
        counts=tuple(
            [records.TopicCount(topic, count.applied, count.duplicate) for topic, count in sorted(counts.items())]
        ),
        tariff=_tariff(products),
        products=tuple([each.shown() for each in active(products)]),
        outages=_outages(customer),
        tickets=_tickets(customer),
        contacts=() if touch is None else tuple([each.shown() for each in touch.last(SHOWN)]),
        live_interaction=None if touch is None else _live_interaction(touch, moment.now),
        intents=() if touch is None else _intents(touch, moment.now),
        last_decision=last_decision(customer.peek(NBA, Nba)),
    )


def _identifiers(customer: Customer, now: Millis) -> tuple[records.Identifier, ...]:
    ids = customer.peek(IDS, Ids)
    if ids is None:
        return ()
    shown = []
    for link in ids.live(now):
        scheme, _, value = link.identifier.partition(":")
        shown.append(records.Identifier(scheme, value, link.valid_from, link.valid_to))
    return tuple(shown)


def _accounts(customer: Customer, moment: Moment) -> tuple[records.Account, ...]:
    accounts = customer.peek(ACCOUNTS, Accounts)
    if accounts is None:
        return ()
    shown = []
    for account_id in sorted(accounts.heard):
        money = customer.peek(MONEY + account_id, Money)
        shown.append(_account(account_id, money if money is not None else Money(), moment))
    return tuple(shown)


def _account(account_id: str, money: Money, moment: Moment) -> records.Account:
    is_known = money.balance_version is not None
    return records.Account(
        account_id=account_id,
        balance_minor=money.balance_minor if is_known else None,
        currency=money.currency if is_known else None,
        balance_version=money.balance_version,
        lowest_level=lowest_fired(money, moment.config.derived(level_plan).of(money.currency)),
        is_autopay_enabled=money.is_autopay_enabled,
        promise=_promise(money),
        charges=tuple([_charge(charge) for charge in money.charges]),
        spend_7d_minor=money.spend.total(moment.now, 7),
        spend_30d_minor=money.spend.total(moment.now, 30),
    )


def _charge(charge: Charge) -> records.Charge:
    return records.Charge(
        charge.charge_id, charge.kind, charge.amount_minor, charge.units, charge.occurred_at, charge.unit_price_minor
    )


def _promise(money: Money) -> records.Promise | None:
    promise = money.current_promise()
    if promise is None:
        return None
    return records.Promise(promise.promise_id, promise.amount_minor, promise.due_at, promise.state)


def _usage(customer: Customer, now: Millis) -> tuple[records.UsageTotal, ...]:
    usage = customer.peek(USAGE, Usage)
    if usage is None:
        return ()
    return tuple(
        [
            records.UsageTotal(
                kind,  # type: ignore[arg-type]  # of the contract's kinds; a section keeps it as text
                units_1d=used.units.total(now, 1),
                units_7d=used.units.total(now, 7),
                units_30d=used.units.total(now, 30),
                cost_30d_minor=used.cost.total(now, 30),
            )
            for kind, used in sorted(usage.kinds.items())
        ]
    )


def _consents(customer: Customer, now: Millis) -> tuple[records.Consent, ...]:
    contact = customer.peek(CONTACT, Contact)
    if contact is None:
        return ()
    shown = []
    for place, consent in sorted(contact.consents.items()):
        message_class, _, channel = place.partition("/")
        shown.append(
            records.Consent(
                message_class,  # type: ignore[arg-type]  # both are of the contract's; a section keeps them as text
                channel,  # type: ignore[arg-type]  # the same
                consent.holds(now),
            )
        )
    return tuple(shown)


def _tariff(products: Products | None) -> str | None:
    found = tariff(products)
    return None if found is None else found.name


def _outages(customer: Customer) -> tuple[records.OpenOutage, ...]:
    network = customer.peek(NETWORK, Network)
    if network is None:
        return ()
    return tuple(
        [
            records.OpenOutage(outage_id, tuple(each.service_kinds), each.since, each.eta, each.cause_public)
            for outage_id, each in sorted(network.impacts.items(), key=lambda item: (item[1].since, item[0]))
            if each.state == "open"
        ]
    )


def _tickets(customer: Customer) -> tuple[records.OpenTicket, ...]:
    return tuple([each.shown() for each in open_tickets(customer.peek(CARE, Care))])


def _live_interaction(touch: Touch, now: Millis) -> records.LiveInteraction | None:
    live = touch.live(now)
    if live is None:
        return None
    return records.LiveInteraction(live.interaction_id, live.channel, live.reason_code, live.agent_id, live.began_at)


def _intents(touch: Touch, now: Millis) -> tuple[records.Intent, ...]:
    return tuple([records.Intent(each.words, each.until) for each in touch.intents if now < each.until])
