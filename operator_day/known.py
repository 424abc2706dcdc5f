"""What an operator knows of one customer after a number of records, by the plainest arithmetic there is.

It knows schemas alone: no section, no bound, no rule of the hub. The newest word counts, by when it was said.
"""

from collections.abc import Iterable
from operator import attrgetter
from typing import Any, Final, NamedTuple, TypeVar

from msgspec.structs import replace

from operator_day.zones import Millis
from schemas import records

R = TypeVar("R")

CONTACTS_SHOWN: Final = 3
_OVER: Final = frozenset({"closed", "cancelled"})
_ACTIVE = (records.ProductActivated, records.ProductChanged)
_ACCOUNT = (records.BalanceChanged, records.ChargePosted, records.TopupSucceeded)
_CARE = (records.TicketOpened, records.TicketStatusChanged, records.TicketResolved, records.TicketReopened)
_CONTACT = (
    records.InteractionStarted,
    records.QueueEntered,
    records.QueueLeft,
    records.AgentJoined,
    records.ReasonSet,
    records.MessageReceived,
    records.InteractionEnded,
    records.WrapupSet,
)


class Conversation(NamedTuple):
    """A conversation as far as it has come; it is over when it ended or was wrapped up."""

    interaction_id: str
    channel: str
    direction: str
    reason_code: str | None
    outcome: str
    agent_id: str | None
    started_at: Millis
    is_over: bool

    def __repr__(self) -> str:
        return f"Conversation({self.channel}, {self.direction})"


class Known:
    """Reads what `arrived` about one customer, in any order.

    Args:
        arrived: applied records, each once.
    """

    def __init__(self, arrived: Iterable[Any]) -> None:
        self._records = sorted(arrived, key=attrgetter("occurred_at"))

    def all(self, kind: type[R]) -> list[R]:
        """Give every record of a kind, by when it happened."""
        return [record for record in self._records if isinstance(record, kind)]

    def last(self, kind: type[R]) -> R | None:
        """Give the newest record of a kind."""
        found = self.all(kind)
        return found[-1] if found else None

    def about(self, kinds: tuple[type[Any], ...], **named: str) -> list[Any]:
        """Give every record of these kinds whose fields are as named, by when it happened."""
        found = [record for record in self._records if isinstance(record, kinds)]
        return [record for record in found if all(getattr(record, name) == value for name, value in named.items())]

    def products(self) -> list[records.ProductActivated | records.ProductChanged]:
        """Give what the customer has, by when the newest was heard of each; what ended must be activated anew."""
        newest: dict[str, Any] = {}
        ended: set[str] = set()
        for record in self.about((*_ACTIVE, records.ProductTerminated)):
            if isinstance(record, records.ProductTerminated):
                ended.add(record.product_id)
                continue
            if isinstance(record, records.ProductActivated):
                ended.discard(record.product_id)
            newest.pop(record.product_id, None)
            newest[record.product_id] = record
        return [record for product_id, record in newest.items() if product_id not in ended]

    def tariff(self) -> records.ProductActivated | records.ProductChanged | None:
        """Give the tariff: of several, the one heard of last."""
        tariffs = [product for product in self.products() if product.is_tariff]
        return tariffs[-1] if tariffs else None

    def balance(self) -> records.BalanceChanged | None:
        """Give the balance of the account heard of last: the highest version of it."""
        heard = self.about(_ACCOUNT)
        if not heard:
            return None
        of_account = self.about((records.BalanceChanged,), account_id=heard[-1].account_id)
        return max(of_account, key=attrgetter("balance_version"), default=None)

    def charges(self) -> list[records.ChargePosted]:
        """Give the charges, newest last."""
        return self.all(records.ChargePosted)

    def open_tickets(self) -> list[records.TicketOpened]:
        """Give the tickets that are open, oldest first; when one should be solved is the newest word on that.

        A ticket that is over is open again when it is reopened, and by nothing else.
        """
        tickets = []
        for opened in self.all(records.TicketOpened):
            said = self.about(_CARE, ticket_id=opened.ticket_id)
            turns = [record for record in said if _is_over(record) or isinstance(record, records.TicketReopened)]
            if not turns or not _is_over(turns[-1]):
                dates = [at for record in said if (at := getattr(record, "expected_resolution_at", None)) is not None]
                tickets.append(replace(opened, expected_resolution_at=dates[-1] if dates else None))
        return tickets

    def conversations(self) -> list[Conversation]:
        """Give the conversations that began, oldest first."""
        return [self._conversation(started) for started in self.all(records.InteractionStarted)]

    def _conversation(self, started: records.InteractionStarted) -> Conversation:
        its = self.about(_CONTACT, interaction_id=started.interaction_id)
        reasons = [reason for record in its if (reason := getattr(record, "reason_code", None)) is not None]
        agents = [agent for record in its if (agent := getattr(record, "agent_id", None)) is not None]
        outcomes = [record.outcome for record in its if isinstance(record, records.WrapupSet)]
        return Conversation(
            started.interaction_id,
            started.channel,
            started.direction,
            reasons[-1] if reasons else None,
            outcomes[-1] if outcomes else "UNKNOWN",
            agents[-1] if agents else None,
            started.occurred_at,
            any(isinstance(record, (records.InteractionEnded, records.WrapupSet)) for record in its),
        )

    def is_repeat(self, interaction_id: str, since: Millis) -> bool:
        """Tell whether the customer came about the same before, at `since` or later, whatever the capitals.

        What the operator began is no coming; False for a conversation that is not known or has no reason.
        """
        all_of_them = self.conversations()
        this = next((each for each in all_of_them if each.interaction_id == interaction_id), None)
        if this is None or this.reason_code is None:
            return False
        before = [each for each in all_of_them[: all_of_them.index(this)] if each.direction != "outbound"]
        reasons = [(each.reason_code or "").casefold() for each in before if each.started_at >= since]
        return this.reason_code.casefold() in reasons


def _is_over(record: Any) -> bool:  # noqa: ANN401  # of a ticket
    return isinstance(record, records.TicketResolved) or getattr(record, "status", None) in _OVER
