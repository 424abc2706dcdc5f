"""What an operator knows of one customer after a number of records, by the plainest arithmetic there is.

It knows schemas alone: no section, no bound, no rule of the hub. The newest word counts, by when it was said.
"""

from collections.abc import Iterable, Sequence
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
    """A conversation as far as it has come; `ended_at` is None while it goes on."""

    interaction_id: str
    channel: str
    direction: str
    reason_code: str | None
    outcome: str
    agent_id: str | None
    started_at: Millis
    ended_at: Millis | None

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
        """Give what the customer has, by when the newest was heard of each."""
        newest: dict[str, Any] = {}
        for record in self.about((*_ACTIVE, records.ProductTerminated)):
            newest.pop(record.product_id, None)
            newest[record.product_id] = record
        return [record for record in newest.values() if isinstance(record, _ACTIVE)]

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
        """Give the tickets that are open, oldest first; when one should be solved is the newest word on that."""
        tickets = []
        for opened in self.all(records.TicketOpened):
            said = self.about(_CARE, ticket_id=opened.ticket_id)
            if not _is_over(said[-1]):
                tickets.append(_expected(opened, said))
        return tickets

    def conversations(self) -> list[Conversation]:
        """Give the conversations that began, oldest first."""
        return [self._conversation(started) for started in self.all(records.InteractionStarted)]

    def _conversation(self, started: records.InteractionStarted) -> Conversation:
        its = self.about(_CONTACT, interaction_id=started.interaction_id)
        reasons = [reason for record in its if (reason := getattr(record, "reason_code", None)) is not None]
        agents = [agent for record in its if (agent := getattr(record, "agent_id", None)) is not None]
        outcomes = [record.outcome for record in its if isinstance(record, records.WrapupSet)]
        ends = [record.occurred_at for record in its if isinstance(record, records.InteractionEnded)]
        return Conversation(
            started.interaction_id,
            started.channel,
            started.direction,
            reasons[-1] if reasons else None,
            outcomes[-1] if outcomes else "UNKNOWN",
            agents[-1] if agents else None,
            started.occurred_at,
            ends[-1] if ends else None,
        )

    def is_repeat(self, interaction_id: str, reason: str | None, since: Millis) -> bool:
        """Tell whether another conversation that began after `since` was about the same, whatever its capitals."""
        return reason is not None and any(
            other.interaction_id != interaction_id
            and other.started_at > since
            and (other.reason_code or "").casefold() == reason.casefold()
            for other in self.conversations()
        )


def _is_over(record: Any) -> bool:  # noqa: ANN401  # of a ticket
    return isinstance(record, records.TicketResolved) or getattr(record, "status", None) in _OVER


def _expected(opened: records.TicketOpened, said: Sequence[Any]) -> records.TicketOpened:
    dates = [at for record in said if (at := getattr(record, "expected_resolution_at", None)) is not None]
    return replace(opened, expected_resolution_at=dates[-1] if dates else None)
