"""Sections `core` and `ids`: who the customer is and under which identifiers they are known."""

import math
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

from agents.customer.model import GuardFull
from streams.core.records import Millis

CORE: Final = "core"
IDS: Final = "ids"

MAX_LIVE: Final = 50
"""Identifiers that hold or will. A customer with more is a mistake upstream: the next one is refused, none is lost."""
MAX_ENDED: Final = 20
"""Ended links and ends kept to set late news right; 72 hours of them, for anybody whose identifiers are theirs."""


class Core(msgspec.Struct, array_like=True, gc=False):
    """Section `core`: the newest profile that CRM sent, as a whole.

    Attributes:
        first_name: How to address them.
        language: BCP 47 tag.
        timezone: IANA name, as CRM spells it.
        updated_at: When it was so; -1 before the first.
        updated_by: Id of the event that said so; of two at the same time the greater counts.
    """

    first_name: str | None = None
    language: str | None = None
    timezone: str | None = None
    updated_at: Millis = -1
    updated_by: str = ""


class Link(msgspec.Struct, array_like=True, gc=False):
    """An identifier that is the customer's from `valid_from` until `valid_to`, exclusive; None is open."""

    identifier: str
    valid_from: Millis
    valid_to: Millis | None
    asserted_at: Millis


class End(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Links of the identifier that began before `at` end there at the latest, whenever they are asserted."""

    identifier: str
    at: Millis


class Ids(msgspec.Struct, array_like=True, gc=False):
    """Section `ids`: links and ends as sets, kept sorted, so that the order of arrival leaves no trace.

    Attributes:
        links: By identifier and start; of two assertions of one link the later counts, of two at once the shorter.
        ends: By identifier and time.
    """

    links: list[Link] = []
    ends: list[End] = []

    def live(self, now: Millis) -> list[Link]:
        """Return the links that hold or will, cut where they end, by identifier and start."""
        links = self._cut() if self.ends else self.links
        return [link for link in links if link.valid_to is None or link.valid_to > max(now, link.valid_from)]

    def has_scheme(self, scheme: str, now: Millis) -> bool:
        """Return True when an identifier of the scheme holds now."""
        prefix = scheme + ":"
        return any(link.identifier.startswith(prefix) and link.valid_from <= now for link in self.live(now))

    def assert_link(self, link: Link, now: Millis) -> None:
        """Take over an assertion.

        Raises:
            GuardFull: `MAX_LIVE` others hold already.
        """
        known = {(each.identifier, each.valid_from): each for each in self.links}
        place = (link.identifier, link.valid_from)
        if place in known and _version(known[place]) >= _version(link):
            return
        known[place] = link
        self.links = [known[place] for place in sorted(known)]
        if len(self.live(now)) > MAX_LIVE:
            raise GuardFull("a customer has more identifiers than any customer has")
        self._let_go(now)

    def assert_end(self, end: End) -> None:
        """Take over the end of whatever began before it."""
        ends = sorted({*self.ends, end}, key=lambda each: (each.at, each.identifier))
        self.ends = ends[-MAX_ENDED:]

    def _cut(self) -> Iterator[Link]:
        for link in self.links:
            ends = [end.at for end in self.ends if end.identifier == link.identifier and end.at > link.valid_from]
            first = min(ends, default=math.inf)
            if first < _end(link):
                yield Link(link.identifier, link.valid_from, int(first), link.asserted_at)
            else:
                yield link

    def _let_go(self, now: Millis) -> None:
        """Drop all but the newest links that have ended."""
        live = {(link.identifier, link.valid_from) for link in self.live(now)}
        ended = [link for link in self.links if (link.identifier, link.valid_from) not in live]
        for link in sorted(ended, key=lambda link: (link.valid_from, link.identifier))[:-MAX_ENDED]:
            self.links.remove(link)


@cache
def zone_names() -> frozenset[str]:
    """Return the time zones that the hub knows: those of the pinned tzdata package, whatever a machine has."""
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())


def _end(link: Link) -> float:
    return math.inf if link.valid_to is None else link.valid_to


def _version(link: Link) -> tuple[Millis, float]:
    return link.asserted_at, -_end(link)
