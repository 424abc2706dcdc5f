"""Where a partition's customers are: who is attached at a leaf, and who is in an outage.

The truth is each customer's own section `network`; this is derived from it and rebuilt when a task opens.
"""

from collections.abc import Iterable, Iterator


class PlaceIndex:
    """Customers by place. Most places have one customer, so one is kept as it is and only several as a set."""

    __slots__ = ("_at",)

    def __init__(self) -> None:
        self._at: dict[str, str | set[str]] = {}

    def move(self, customer_id: str, before: frozenset[str], after: frozenset[str]) -> None:
        """Find the customer at `after`, and no longer at what was `before` alone."""
        for place in before - after:
            self._leave(customer_id, place)
        for place in after - before:
            self._enter(customer_id, place)

    def at(self, places: Iterable[str]) -> Iterator[str]:
        """Yield who is at any of the places, in no order; at two of them twice."""
        for place in places:
            found = self._at.get(place)
            if isinstance(found, str):
                yield found
            elif found is not None:
                yield from found

    def count(self, places: Iterable[str]) -> int:
        """Return how many are at the places; who is at two of them counts twice."""
        found = (self._at.get(place) for place in places)
        return sum(len(each) if isinstance(each, set) else 1 for each in found if each is not None)

    def _enter(self, customer_id: str, place: str) -> None:
        found = self._at.setdefault(place, customer_id)
        if isinstance(found, set):
            found.add(customer_id)
        elif found != customer_id:
            self._at[place] = {found, customer_id}

    def _leave(self, customer_id: str, place: str) -> None:
        found = self._at.get(place)
        if isinstance(found, set):
            found.discard(customer_id)
            if len(found) == 1:
                self._at[place] = found.pop()
        elif found == customer_id:
            del self._at[place]

    def __repr__(self) -> str:
        return f"PlaceIndex({len(self._at)} places)"
