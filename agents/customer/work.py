"""A customer's part of a chunk: the record in hand, what follows from it, and how to take an event back."""

from collections.abc import Callable, Sequence
from typing import ClassVar, TypeAlias

import msgspec

from agents.customer import progress
from agents.customer.dedup import Seen
from agents.customer.model import ActiveConfig, Customer
from agents.customer.progress import Progress
from agents.identity.model import is_provisional
from agents.message.model import Emit
from agents.outage.model import Outage
from schemas.records import Claimed, Entry, Header
from streams.core.keys import state_key
from streams.core.records import Millis


class Arrived(msgspec.Struct, gc=False):
    """What a timeline entry says of an event, as far as it decides what the event does."""

    NAME: ClassVar[str] = Entry.NAME
    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...]
    is_forwarded: bool


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """An event of the customer. It is kept to the chunk's end, so it is read when it is applied and not before.

    Attributes:
        raw: Its timeline entry.
        position: The entry's offset on the timeline.
        now: The partition's time.
        config: The configuration in force.
    """

    raw: bytes
    position: int
    now: Millis
    config: ActiveConfig


class Firing(msgspec.Struct, frozen=True, gc=False):
    """A timer of the customer that came due."""

    name: str
    now: Millis
    config: ActiveConfig


class Claiming(msgspec.Struct, frozen=True, gc=False):
    """A link that hands a mailbox's events to their customer."""

    claimed: Claimed
    now: Millis
    config: ActiveConfig


class Reaching(msgspec.Struct, frozen=True, gc=False):
    """An outage that concerns the customer, or did."""

    outage: Outage
    now: Millis
    config: ActiveConfig


class Postponing(msgspec.Struct, frozen=True, gc=False):
    """A timer whose rule raised; it is due once more, later."""

    name: str
    due: Millis


Item: TypeAlias = Arrival | Firing | Claiming | Reaching | Postponing
Get: TypeAlias = Callable[[str], bytes | None]


class Work(msgspec.Struct, gc=False, eq=False):
    """The working copy of one customer while a chunk is folded.

    Nothing of it reaches the store before the chunk's end; `reset` takes everything back to the chunk's beginning.

    Attributes:
        customer_id: The customer.
        is_provisional: The customer is a mailbox.
        prefix: What the customer's changelog keys begin with.
        customer: Sections in hand.
        progress: The fold's own section.
        journal: What was applied in this chunk, in order, to be applied again after a reset.
        places: Where the partition's index has the customer; None while it is where the store says.
        emits: Output records, in order.
        applied, duplicates: Topic of each event, for the counts that become true with the commit.
        forwards: Mailbox events for their customer, in order.
        unclaimed: Mailbox events that nobody came for.
        kept: Events taken into a mailbox.
        is_context_due: The context goes out with this chunk although nothing material changed.
    """

    customer_id: str
    is_provisional: bool
    prefix: bytes
    customer: Customer
    progress: Progress
    _get: Get
    _stored_progress: bytes | None
    journal: list[Item] = []
    places: frozenset[str] | None = None
    emits: Sequence[Emit] = ()
    applied: list[str] = []
    duplicates: list[str] = []
    forwards: Sequence[tuple[Entry, str]] = ()
    unclaimed: Sequence[Entry] = ()
    kept: int = 0
    is_context_due: bool = False
    _seen: Seen | None = None

    def reset(self) -> None:
        """Take everything back to the beginning of the chunk, but for the journal and where the index has them."""
        fresh = work_on(self.customer_id, self._get)
        fresh.journal, fresh.places = self.journal, self.places
        for name in self.__struct_fields__:
            setattr(self, name, getattr(fresh, name))

    def seen(self) -> Seen:
        """Return which events the record has seen."""
        seen = self._seen
        if seen is None:
            seen = self._seen = Seen(self._get)
        return seen

    def changes(self, changed: dict[str, bytes | None]) -> dict[str, bytes | None]:
        """Return all that differs from the store: `changed` sections, the events seen and the progress."""
        if self.journal:
            after = progress.encode(self.progress)
            if after != self._stored_progress:
                changed[progress.SECTION] = after
        if self._seen is not None:
            changed.update(self._seen.changes())
        return changed

    def take_new_timers(self) -> list[tuple[str, Millis]]:
        """Return (name, due) of the timers set since the last call."""
        taken = self.customer.new_timers
        if taken:
            self.customer.new_timers = []
        return taken

    def __repr__(self) -> str:
        return f"Work({len(self.journal)} items)"


def work_on(customer_id: str, get: Get) -> Work:
    """Return the customer as the store has them.

    Args:
        customer_id: The customer.
        get: Reads what the store has of a part of theirs.
    """
    stored = get(progress.SECTION)
    return Work(
        customer_id,
        is_provisional(customer_id),
        state_key(customer_id, ""),
        Customer(customer_id, get),
        Progress() if stored is None else progress.decode(stored),
        get,
        stored,
    )
