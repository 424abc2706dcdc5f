"""What a context says of its customer, and what it must say once an event is applied: plain named values."""

from typing import Any

from operator_day.ledger import FactName, FactValue, Ledger
from schemas import records


class FactBook:
    """Enters into the ledger what each applied event must leave in its customer's context."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._versions: dict[tuple[str, str], int] = {}

    def enter(self, customer: str, record: Any) -> None:  # noqa: ANN401  # any record of the contracts
        """Enter what `record`, applied once to `customer`, means."""
        ledger = self._ledger
        match record:
            case records.UsageRated():
                ledger.add(customer, ("units", record.kind), record.units)
                ledger.add(customer, ("cost", record.kind), record.cost_minor)
            case records.ChargePosted():
                ledger.add(customer, ("spend", record.account_id), record.amount_minor)
            case records.BalanceChanged():
                if record.balance_version > self._versions.get((customer, record.account_id), -1):
                    self._versions[customer, record.account_id] = record.balance_version
                    ledger.know(customer, ("balance", record.account_id), record.balance_minor)
            case records.AutopayChanged():
                ledger.know(customer, ("autopay", record.account_id), record.is_enabled)
            case records.ConsentGranted():
                ledger.know(customer, ("consent", record.message_class, record.channel), value=True)
            case records.ConsentRevoked():
                ledger.know(customer, ("consent", record.message_class, record.channel), value=False)
            case records.CustomerUpserted():
                for name in ("first_name", "language", "timezone"):
                    ledger.know(customer, (name,), getattr(record, name))
            case records.IdentifierLinked():
                ledger.know(customer, ("identifier", record.scheme, record.value), value=True)
            case records.IdentifierUnlinked():
                ledger.know(customer, ("identifier", record.scheme, record.value), value=None)
            case records.PromisedPaymentOpened():
                ledger.know(customer, ("promise", record.account_id), "open")
            case records.PromisedPaymentRepaid():
                ledger.know(customer, ("promise", record.account_id), "repaid")
            case records.PromisedPaymentOverdue():
                ledger.know(customer, ("promise", record.account_id), "overdue")
            case _:
                pass


def facts_of(context: records.Context) -> dict[FactName, FactValue]:
    """Read the named values off a context; what it does not say has no entry."""
    facts: dict[FactName, FactValue] = {
        ("first_name",): context.first_name,
        ("language",): context.language,
        ("timezone",): context.timezone,
    }
    for account in context.accounts:
        facts["balance", account.account_id] = account.balance_minor
        facts["spend", account.account_id] = account.spend_30d_minor
        facts["autopay", account.account_id] = account.is_autopay_enabled
        facts["level", account.account_id] = account.lowest_level
        if account.promise is not None:
            facts["promise", account.account_id] = account.promise.state
    for total in context.usage:
        facts["units", total.kind] = total.units_30d
        facts["cost", total.kind] = total.cost_30d_minor
    for consent in context.consents:
        facts["consent", consent.message_class, consent.channel] = consent.is_granted
    for identifier in context.identifiers:
        if identifier.valid_to is None:
            facts["identifier", identifier.scheme, identifier.value] = True
    return facts
