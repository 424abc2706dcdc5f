"""What is known of the customer that offers depend on; read once for a decision, and only as far as they ask."""

from typing import Final

from agents.balance.model import Charge, Money, accounts_by_news
from agents.customer.model import Customer
from agents.product.model import PRODUCTS, Products, spec_ids, tariff
from agents.usage.model import SECTION as USAGE
from agents.usage.model import Usage
from schemas.records import UsageKind
from streams.core.records import Millis

MAX_EVIDENCE: Final = 10
"""Charges that a rationale names; the newest count."""


class Facts:
    """The customer's own figures at a moment. It reads sections and changes none.

    Attributes:
        tariff: Spec of their tariff.
        spec_ids: Specs of all they have, the tariff's included.
    """

    __slots__ = ("_customer", "_moneys", "_now", "_usage", "_used", "spec_ids", "tariff")

    def __init__(self, customer: Customer, now: Millis) -> None:
        self._customer, self._now = customer, now
        self._moneys: list[Money] | None = None
        self._used: dict[UsageKind, tuple[int, int] | None] = {}
        self._usage = customer.peek(USAGE, Usage)
        products = customer.peek(PRODUCTS, Products)
        has = tariff(products)
        self.tariff = None if has is None else has.spec_id
        self.spec_ids = spec_ids(products)

    def __repr__(self) -> str:
        return "Facts(...)"

    def balance(self, currency: str) -> int | None:
        """Return the balance of the account in that currency with the newest news; None when none is known."""
        for money in self._accounts():
            balance = money.balance_in(currency)
            if balance is not None:
                return balance
        return None

    def used(self, kind: UsageKind) -> tuple[int, int] | None:
        """Return what was used of the kind in 30 days and what it cost; None when nothing was."""
        if kind not in self._used:
            known = None if self._usage is None else self._usage.kinds.get(kind)
            units = 0 if known is None else known.units.total(self._now, 30)
            self._used[kind] = None if known is None or units <= 0 else (units, known.cost.total(self._now, 30))
        return self._used[kind]

    def evidence(self, kind: UsageKind) -> tuple[str, ...]:
        """Return the kept charges of the kind, newest last."""
        charges = [each for money in self._accounts() for each in money.charges if each.kind == kind]
        charges.sort(key=_charge_order)
        return tuple([each.charge_id for each in charges[-MAX_EVIDENCE:]])

    def features(self) -> dict[str, int | str]:
        """Return what a scorer outside is told; nothing of it says who the customer is."""
        told: dict[str, int | str] = {"products": ",".join(sorted(self.spec_ids))}
        if self.tariff is not None:
            told["tariff"] = self.tariff
        for money in self._accounts():
            if money.balance_version is not None:
                told["balance_minor"], told["currency"] = money.balance_minor, money.currency
                break
        for kind, known in sorted(self._usage.kinds.items()) if self._usage is not None else ():
            told[f"{kind}_units_30d"] = known.units.total(self._now, 30)
            told[f"{kind}_cost_30d_minor"] = known.cost.total(self._now, 30)
        return told

    def _accounts(self) -> list[Money]:
        """Return the accounts, the one with the newest balance or charge first."""
        if self._moneys is None:
            self._moneys = accounts_by_news(self._customer)[::-1]
        return self._moneys


def _charge_order(charge: Charge) -> tuple[Millis, str]:
    return charge.occurred_at, charge.charge_id
