"""An event as it goes to Kafka, with what must become of it."""

from typing import NamedTuple

from operator_day.city import Placement
from operator_day.zones import Millis

Header = tuple[str, bytes]


class Fate(NamedTuple):
    """What must become of an event: the count it raises in a customer's context, or a reason among dead letters.

    With neither customer nor reason it is configuration or the clock: nothing is counted anywhere.
    """

    customer: str | None = None
    is_duplicate: bool = False
    reason: str | None = None

    def __repr__(self) -> str:
        return f"Fate(is_duplicate={self.is_duplicate}, reason={self.reason})"


CONTROL = Fate()


class Event(NamedTuple):
    """One record to publish. `timestamp` is the simulated arrival and becomes the record's Kafka timestamp."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...]
    timestamp: Millis
    placement: Placement
    fate: Fate
    story: str

    def __repr__(self) -> str:
        return f"Event({self.topic}, {self.timestamp}, {self.story})"


class Coordinates(NamedTuple):
    """Where a record stands, by the logical name of its topic."""

    topic: str
    partition: int
    offset: int
