"""Whose an identifier is at a moment: the task's identity state, and a short way for what was asked lately."""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from agents.identity.model import (
    BadIdentifier,
    Closing,
    Interval,
    Link,
    Links,
    customer_of,
    decode_links,
    encode_links,
    interval_at,
    normalise,
    provisional_id,
)
from agents.resolve.recent import Recent
from streams.core.fold import FoldContext, Unit
from streams.core.partitioner import partition_for
from streams.core.records import Millis

CACHED_ROUTES: Final = 262_144
"""Over all tasks of an installation; one worker that holds them all spends about 100 MB on them."""


class Route(NamedTuple):
    """Where an identifier's events of an interval of time go.

    Attributes:
        start: First instant, inclusive.
        end: End, exclusive; infinity when open.
        key: The customer's id as a timeline key.
        partition: The customer's timeline partition.
    """

    start: float
    end: float
    key: bytes
    partition: int


class Owners:
    """Reads and writes the identity state of one task; what a chunk wrote is seen by the rest of the chunk.

    Args:
        context: Store, partitions and the pseudonym key.
    """

    def __init__(self, context: FoldContext) -> None:
        self._store, self._partitions, self._key = context.store, context.partitions, context.pseudonym_key
        capacity = max(1024, CACHED_ROUTES // context.partitions)
        self._spellings: Recent[bytes, str] = Recent(capacity)
        self._routes: Recent[str, Route] = Recent(capacity)
        self._homes: Recent[str, int] = Recent(capacity)
        self._written: dict[str, Links] = {}

    def begin(self) -> None:
        """Start a chunk: what the last one wrote is in the store by now."""
        self._written = {}

    def spell(self, key: bytes) -> str:
        """Return the canonical identifier of a raw record key.

        Raises:
            BadIdentifier: it is none.
        """
        known = self._spellings.get(key)
        if known is not None:
            return known
        try:
            text = key.decode()
        except UnicodeDecodeError:
            raise BadIdentifier("a key that is not UTF-8") from None
        return self._spellings.keep(key, normalise(text))

    def home(self, identifier: str) -> int:
        """Return the partition whose task keeps the identifier's state."""
        known = self._homes.get(identifier)
        if known is not None:
            return known
        return self._homes.keep(identifier, partition_for(identifier.encode(), self._partitions))

    def route(self, identifier: str, at: Millis) -> Route | None:
        """Return where an event of `identifier` at `at` goes, None when this task knows of no owner then."""
        known = self._routes.get(identifier)
        if known is not None and known.start <= at < known.end:
            return known
        customer_id = customer_of(identifier)
        if customer_id is not None:
            return self._routes.keep(identifier, self.to_customer(customer_id))
        links = self._links(identifier)
        interval = None if links is None else interval_at(links, at)
        if interval is None:
            return None
        end = math.inf if interval.end is None else interval.end
        route = self.to_customer(interval.customer_id)._replace(start=interval.start, end=end)
        return self._routes.keep(identifier, route)

    def to_customer(self, customer_id: str) -> Route:
        """Return the route to a customer at any time."""
        key = customer_id.encode()
        return Route(-math.inf, math.inf, key, partition_for(key, self._partitions))

    def to_mailbox(self, identifier: str, unit: Unit) -> Route:
        """Return the route to the identifier's provisional customer, and remember that they have a mailbox."""
        links = self._links(identifier) or Links()
        if not links.has_mailbox:
            links.has_mailbox = True
            self._write(identifier, links, unit)
        return self.mailbox(identifier)

    def mailbox(self, identifier: str) -> Route:
        """Return the route to the identifier's provisional customer."""
        return self.to_customer(provisional_id(identifier, self._key))

    def known(self, identifier: str) -> Links:
        """Return all that was asserted about an identifier; empty when nothing was. Not to be changed."""
        return self._links(identifier) or Links()

    def learn(self, identifier: str, claims: Sequence[Link | Closing], unit: Unit) -> list[Interval]:
        """Add assertions to the identifier's state.

        Returns:
            The intervals that the claiming customers have only now, if there is a mailbox to claim from.
        """
        links = self._links(identifier) or Links()
        before = links.intervals()
        if not links.add(claims):
            return []
        self._write(identifier, links, unit)
        if not links.has_mailbox:
            return []
        claiming = {claim.customer_id for claim in claims if isinstance(claim, Link)}
        return [i for i in links.intervals() if i.customer_id in claiming and i not in before]

    def forget(self, identifier: str, unit: Unit) -> None:
        """Remove all that is known about an identifier."""
        self._written[identifier] = Links()
        self._routes.drop(identifier)
        unit.changes[identifier.encode()] = None

    def _links(self, identifier: str) -> Links | None:
        written = self._written.get(identifier)
        if written is not None:
            return written
        stored = self._store.get(identifier.encode())
        return None if stored is None else decode_links(stored)

    def _write(self, identifier: str, links: Links, unit: Unit) -> None:
        self._written[identifier] = links
        self._routes.drop(identifier)
        unit.changes[identifier.encode()] = encode_links(links)
