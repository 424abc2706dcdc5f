"""A customer's part of a chunk: the record in hand, what follows from it, and how to take an event back."""

from collections.abc import Callable, Sequence
from typing import ClassVar, TypeAlias

import msgspec

from agents.customer import progress
from agents.customer.model import ActiveConfig, Customer
from agents.customer.progress import Progress
from agents.identity.model import is_provisional
from agents.message.model import Emit
from agents.outage.model import Outage
from schemas.records import Claimed, Entry, Header
from streams.core.keys import state_key
from streams.core.records import Millis


class Arrival(msgspec.Struct, gc=False):
    """An event of the customer, with everything that decides what it does.

    Attributes:
        topic, key, value, headers, is_forwarded: Of its timeline entry.
        raw: The timeline entry; who needs the rest of it reads it there.
        position: The entry's offset on the timeline.
        now: The partition's time.
        config: The configuration in force.
    """

    NAME: ClassVar[str] = Entry.NAME
    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...]
    is_forwarded: bool
    raw: bytes = b""
    position: int = 0
    now: Millis = 0
    config: ActiveConfig = ActiveConfig()


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
Get = Callable[[bytes], bytes | None]


class Work:
    """The working copy of one customer while a chunk is folded.

    Nothing of it reaches the store before the chunk's end; `reset` takes everything back to the chunk's beginning.

    Attributes:
        is_provisional: The customer is a mailbox.
        prefix: What the customer's changelog keys begin with.
        customer: Sections in hand.
        progress: The fold's own section.
        journal: What was applied in this chunk, in order, to be applied again after a reset.
        emits: Output records, in order.
        applied, duplicates: Topic of each event, for the counts that become true with the commit.
        forwards: Mailbox events for their customer, in order.
        unclaimed: Mailbox events that nobody came for.
        kept: Events taken into a mailbox.
        is_context_due: The context goes out with this chunk although nothing material changed.
        places: Where the partition's index has the customer; None while it is where the store says.
    """

    __slots__ = (
        "_raw", "_read", "_stored_progress", "applied", "customer", "customer_id", "duplicates", "emits",
        "forwards", "is_context_due", "is_provisional", "journal", "kept", "places", "prefix", "progress", "unclaimed",
    )  # fmt: skip

    def __init__(self, customer_id: str, get: Get) -> None:
        self.customer_id = customer_id
        self.is_provisional = is_provisional(customer_id)
        prefix = self.prefix = state_key(customer_id, "")

        def read(part: str) -> bytes | None:
            return get(prefix + part.encode())

        self._read = read
        self.journal: list[Item] = []
        self.places: frozenset[str] | None = None
        self._stored_progress = read(progress.SECTION)
        self.reset()

    def reset(self) -> None:
        """Take everything back to the beginning of the chunk; the journal stays."""
        self.customer = Customer(self.customer_id, self._read)
        stored = self._stored_progress
        self.progress = progress.decode(stored) if stored is not None else Progress()
        self.emits: Sequence[Emit] = ()
        self.applied: list[str] = []
        self.duplicates: list[str] = []
        self.forwards: Sequence[tuple[Entry, str]] = ()
        self.unclaimed: Sequence[Entry] = ()
        self.kept = 0
        self.is_context_due = False
        self._raw: dict[str, bytes | None] = {}

    def read(self, part: str) -> bytes | None:
        """Return the raw bytes of a part that this chunk may have written."""
        raw = self._raw
        return raw[part] if part in raw else self._read(part)

    def write(self, part: str, value: bytes | None) -> None:
        """Write the raw bytes of a part; None removes it."""
        self._raw[part] = value

    def changes(self, changed: dict[str, bytes | None]) -> dict[str, bytes | None]:
        """Return all that differs from the store: `changed` sections, raw parts and the progress."""
        if self.journal:
            after = progress.encode(self.progress)
            if after != self._stored_progress:
                changed[progress.SECTION] = after
        changed.update(self._raw)
        return changed

    def take_new_timers(self) -> list[tuple[str, Millis]]:
        """Return (name, due) of the timers set since the last call."""
        taken = self.customer.new_timers
        if taken:
            self.customer.new_timers = []
        return taken

    def __repr__(self) -> str:
        return f"Work({len(self.journal)} items)"
