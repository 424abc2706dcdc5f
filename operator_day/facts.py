"""What a context says of its customer, and what it must say once an event is applied: plain named values."""

from collections.abc import Callable
from typing import Any, Final

from operator_day.dealings import dealings_of
from operator_day.known import Known
from operator_day.ledger import FactName, FactValue, Ledger
from operator_day.zones import HOUR, Millis
from schemas import records

_PROMISES: Final[dict[type[Any], str]] = {
    records.PromisedPaymentOpened: "open",
    records.PromisedPaymentRepaid: "repaid",
    records.PromisedPaymentOverdue: "overdue",
}


class FactBook:
    """Enters into the ledger what each applied event must leave in its customer's context."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._versions: dict[tuple[str, str], int] = {}
        self._profiled_at: dict[str, Millis] = {}
        self._sold_to: dict[str, list[Any]] = {}
        self._by_kind: dict[type[Any], Callable[[str, Any], None]] = {
            records.UsageRated: self._used,
            records.ChargePosted: self._charged,
            records.BalanceChanged: self._balanced,
            records.CustomerUpserted: self._introduced,
            records.IdentifierLinked: self._linked,
            records.IdentifierUnlinked: self._unlinked,
            records.ConsentGranted: self._said,
            records.ConsentRevoked: self._said,
            records.AutopayChanged: self._automated,
            records.ProductActivated: self._sold,
            records.ProductChanged: self._sold,
            records.ProductTerminated: self._sold,
            **dict.fromkeys(_PROMISES, self._promised),
        }

    def enter(self, customer: str, record: Any, at: Millis) -> None:  # noqa: ANN401  # any record of the contracts
        """Enter what `record`, applied once to `customer`, means; of some records a context says nothing.

        It arrives at `at`. Who is followed by the ledger's journal has it there, too.
        """
        self._ledger.journal.enter(customer, record, at)
        if isinstance(record, records.InteractionStarted) and is_screened(record, at):
            self._ledger.screens[customer, record.interaction_id] = record
        entering = self._by_kind.get(type(record))
        if entering is not None:
            entering(customer, record)

    def _used(self, customer: str, record: records.UsageRated) -> None:
        self._ledger.add(customer, ("units", record.kind), record.units)
        self._ledger.add(customer, ("cost", record.kind), record.cost_minor)

    def _charged(self, customer: str, record: records.ChargePosted) -> None:
        self._ledger.add(customer, ("spend", record.account_id), record.amount_minor)

    def _balanced(self, customer: str, record: records.BalanceChanged) -> None:
        account = (customer, record.account_id)
        if record.balance_version > self._versions.get(account, -1):
            self._versions[account] = record.balance_version
            self._ledger.know(customer, ("balance", record.account_id), record.balance_minor)

    def _automated(self, customer: str, record: records.AutopayChanged) -> None:
        self._ledger.know(customer, ("autopay", record.account_id), record.is_enabled)

    def _promised(self, customer: str, record: Any) -> None:  # noqa: ANN401  # one of three
        self._ledger.know(customer, ("promise", record.account_id), _PROMISES[type(record)])

    def _sold(self, customer: str, record: Any) -> None:  # noqa: ANN401  # one of three
        # The stories are written before the eve: a product may have changed before it is activated.
        sold = self._sold_to.setdefault(customer, [])
        sold.append(record)
        known = Known(sold)
        owned = {product.product_id: product.spec_id for product in known.products()}
        self._ledger.know(customer, ("product", record.product_id), owned.get(record.product_id))
        tariff = known.tariff()
        self._ledger.know(customer, ("tariff",), tariff.name if tariff is not None else None)

    def _said(self, customer: str, record: records.ConsentGranted | records.ConsentRevoked) -> None:
        is_granted = isinstance(record, records.ConsentGranted)
        self._ledger.know(customer, ("consent", record.message_class, record.channel), is_granted)

    def _introduced(self, customer: str, record: records.CustomerUpserted) -> None:
        # The stories are written before the eve, and some bring old news on purpose.
        if record.occurred_at < self._profiled_at.get(customer, 0):
            return
        self._profiled_at[customer] = record.occurred_at
        self._ledger.know(customer, ("first_name",), record.first_name)
        self._ledger.know(customer, ("language",), record.language)
        self._ledger.know(customer, ("timezone",), record.timezone)

    def _linked(self, customer: str, record: records.IdentifierLinked) -> None:
        # The stories are written before the eve: what one of them unlinks stays so.
        facts = self._ledger.facts.setdefault(customer, {})
        facts.setdefault(("identifier", record.scheme, record.value), True)

    def _unlinked(self, customer: str, record: records.IdentifierUnlinked) -> None:
        self._ledger.know(customer, ("identifier", record.scheme, record.value), value=None)


def is_screened(started: records.InteractionStarted, at: Millis) -> bool:
    """Tell whether an agent's screen must come of a beginning that arrives at `at`."""
    return started.direction == "inbound" and at - started.occurred_at <= HOUR


def facts_of(context: records.Context) -> dict[FactName, FactValue]:
    """Read the named values off a context; what it does not say has no entry."""
    facts: dict[FactName, FactValue] = {
        ("first_name",): context.first_name,
        ("language",): context.language,
        ("timezone",): context.timezone,
        **dealings_of(context),
    }
    for account in context.accounts:
        facts["balance", account.account_id] = account.balance_minor
        facts["spend", account.account_id] = account.spend_30d_minor
        facts["autopay", account.account_id] = account.is_autopay_enabled
        facts["level", account.account_id] = account.lowest_level
        if account.promise is not None:
            facts["promise", account.account_id] = account.promise.state
    for outage in context.outages:
        facts["outage", outage.outage_id] = True
    for total in context.usage:
        facts["units", total.kind] = total.units_30d
        facts["cost", total.kind] = total.cost_30d_minor
    for consent in context.consents:
        facts["consent", consent.message_class, consent.channel] = consent.is_granted
    for identifier in context.identifiers:
        if identifier.valid_to is None:
            facts["identifier", identifier.scheme, identifier.value] = True
    return facts
