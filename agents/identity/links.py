"""Who owned an identifier when: a commutative set of assertions.

Any order and any duplication of the same assertions gives the same owner at any time, as long as no more than
`MAX_LINKS` links are known; beyond that the oldest are trimmed, so that the same holds for the newest.
"""

import math
from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from streams.core.records import Millis

MAX_LINKS: Final = 16
"""Links, and closings, kept per identifier. A number that is recycled twice a year fills it in eight years."""


class Link(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A customer has the identifier from `start` (inclusive) to `end` (exclusive; None is open).

    Asserting the same customer and start again replaces the end when `asserted_at` is later.
    """

    customer_id: str
    start: Millis
    end: Millis | None
    asserted_at: Millis


class Closing(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A customer's links that began before `at` end there at the latest, whenever they are asserted.

    Who gets the identifier back after a closing needs a link that starts then.
    """

    customer_id: str
    at: Millis


class Interval(NamedTuple):
    """What remains of a link after everything that cuts it; `end` None is open."""

    customer_id: str
    start: Millis
    end: Millis | None

    def holds(self, at: Millis) -> bool:
        """Return True when `at` lies within."""
        return self.start <= at and (self.end is None or at < self.end)


class Links(msgspec.Struct, array_like=True, gc=False):
    """All that was asserted about one identifier; kept sorted, so that equal sets have equal encodings.

    Attributes:
        links: At most `MAX_LINKS`, the newest by (start, customer).
        closings: At most `MAX_LINKS`, the newest by (at, customer).
        has_mailbox: Events of this identifier went to its provisional customer.
    """

    links: list[Link] = []
    closings: list[Closing] = []
    has_mailbox: bool = False

    def assert_link(self, link: Link) -> bool:
        """Add a link; return False when that changes nothing. An empty interval is a link that never was."""
        known = {(known.start, known.customer_id): known for known in self.links}
        place = (link.start, link.customer_id)
        if place in known and _version(known[place]) >= _version(link):
            return False
        known[place] = link
        before, self.links = self.links, [known[key] for key in sorted(known)[-MAX_LINKS:]]
        return self.links != before

    def assert_closing(self, closing: Closing) -> bool:
        """Add a closing; return False when it was known."""
        before = self.closings
        self.closings = sorted({*before, closing}, key=lambda known: (known.at, known.customer_id))[-MAX_LINKS:]
        return self.closings != before

    def add(self, claims: Iterable[Link | Closing]) -> bool:
        """Add links and closings; return False when nothing of them was news."""
        news = [self.assert_link(claim) if isinstance(claim, Link) else self.assert_closing(claim) for claim in claims]
        return any(news)

    def intervals(self) -> list[Interval]:
        """Return who owned it when, by start; intervals of different customers never overlap.

        A link ends at its own end, at the first closing of its customer after its start, or where a later link to
        someone else starts. Of two links with the same start the one asserted later wins.
        """
        real = [link for link in self.links if link.end is None or link.end > link.start]
        ordered = sorted(real, key=lambda link: (link.start, link.asserted_at, link.customer_id))
        result = []
        for place, link in enumerate(ordered):
            ends = [math.inf if link.end is None else link.end]
            ends += [c.at for c in self.closings if c.customer_id == link.customer_id and c.at > link.start]
            ends += [later.start for later in ordered[place + 1 :] if later.customer_id != link.customer_id]
            end = min(ends)
            if end > link.start:
                result.append(Interval(link.customer_id, link.start, None if end == math.inf else int(end)))
        return result


def _version(link: Link) -> tuple[Millis, float]:
    """Order assertions of one link: the later wins, of two at once the one that gives less."""
    return link.asserted_at, -(math.inf if link.end is None else link.end)


def interval_at(links: Links, at: Millis) -> Interval | None:
    """Return the interval of whoever owned the identifier at `at`, or None."""
    if len(links.links) == 1 and not links.closings:  # nearly every identifier
        (link,) = links.links
        only = Interval(link.customer_id, link.start, link.end)
        return only if only.holds(at) else None
    return next((interval for interval in links.intervals() if interval.holds(at)), None)


def owner_at(links: Links, at: Millis) -> str | None:
    """Return the customer who owned the identifier at `at`, or None."""
    interval = interval_at(links, at)
    return None if interval is None else interval.customer_id


encode_links = msgspec.msgpack.Encoder().encode
"""Links as the store keeps them."""

decode_links = msgspec.msgpack.Decoder(Links).decode
"""The way back."""
