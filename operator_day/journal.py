"""What arrived about the customers whose conversations and decisions are judged, so that any moment can be recalled."""

from typing import Any

from operator_day.zones import Millis


class Journal:
    """Keeps each applied record of the customers it follows; the stories are written before the eve, so it sorts.

    Records of one customer are in the order of their arrival; those of the same moment as they were written.
    """

    def __init__(self) -> None:
        self._records: dict[str, list[tuple[Millis, Any]]] = {}
        self._sorted: set[str] = set()

    def follow(self, *customers: str) -> None:
        """Keep what arrives about these from now on."""
        for customer in customers:
            self._records.setdefault(customer, [])

    @property
    def followed(self) -> tuple[str, ...]:
        """Name everybody who is followed."""
        return tuple(self._records)

    def __contains__(self, customer: str) -> bool:
        return customer in self._records

    def enter(self, customer: str, record: Any, at: Millis) -> None:  # noqa: ANN401  # any record of the contracts
        """Enter a record that arrives at `at` and is applied to `customer` once."""
        kept = self._records.get(customer)
        if kept is not None:
            kept.append((at, record))
            self._sorted.discard(customer)

    def of(self, customer: str) -> list[tuple[Millis, Any]]:
        """Give when what arrived about a followed customer, first to last; KeyError for another."""
        kept = self._records[customer]
        if customer not in self._sorted:
            kept.sort(key=_arrival)
            self._sorted.add(customer)
        return kept

    def at(self, customer: str, record: Any) -> Millis:  # noqa: ANN401  # any record of the contracts
        """Give when `record` arrived about `customer`; ValueError when it is none of theirs."""
        for at, each in self.of(customer):
            if each is record:
                return at
        raise _stranger()

    def before(self, customer: str, record: Any) -> list[Any]:  # noqa: ANN401  # any record of the contracts
        """Give the records that arrived about `customer` before `record`, which did too.

        Raises:
            ValueError: `record` is none of theirs.
        """
        before: list[Any] = []
        for _, each in self.of(customer):
            if each is record:
                return before
            before.append(each)
        raise _stranger()


def _stranger() -> ValueError:
    return ValueError("the record never arrived about that customer")


def _arrival(entry: tuple[Millis, Any]) -> Millis:
    return entry[0]
