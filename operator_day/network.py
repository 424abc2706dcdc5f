"""The city's network: its tree, and where everybody is attached, at home and with their phones.

Everybody who plays in no story hangs below one large node. The stories' people hang elsewhere; a story about the
network builds a corner of its own (`corner`).
"""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Final

from operator_day.city import Person
from operator_day.events import CONTROL, Event
from operator_day.ledger import TREE
from operator_day.pen import ATTACHMENT, TOPOLOGY, Pen
from operator_day.plan import DayPlan
from operator_day.scene import Scene
from operator_day.zones import DAY, MINUTE, SECOND, Millis
from schemas import records

CITY: Final = "city"
LARGE: Final = "region-large"
ELSEWHERE: Final = "region-elsewhere"

_FIXED: Final[tuple[records.ServiceKind, ...]] = ("home_internet", "tv")
_MOBILE: Final[tuple[records.ServiceKind, ...]] = ("mobile_voice", "mobile_data")

_PER_PORT: Final = 40
_PORTS_PER_SITE: Final = 32
_CELLS: Final = 60
_MOBILES: Final = 0.2
"""Share of the people with a phone that the network sees, besides the line at home."""
_MOVES: Final = 0.3
"""Share of these phones that are seen elsewhere during the day."""


class Network:
    """The network's part of the day, but for what breaks."""

    def __init__(self, plan: DayPlan, people: Sequence[Person], pen: Pen) -> None:
        self._plan = plan
        self._people = people
        self._pen = pen
        self.ports = len(people) // _PER_PORT + 1
        self.sites = (self.ports - 1) // _PORTS_PER_SITE + 1
        rng = Random(f"mobiles/{plan.seed}")
        self._mobiles = [index for index in range(len(people)) if rng.random() < _MOBILES]
        self._moves = {index: rng.randrange(plan.hours) for index in self._mobiles if rng.random() < _MOVES}

    def eve(self, scenes: Sequence[Scene]) -> list[Event]:
        """Write the tree, and attach everybody; a scene that attaches its customer itself is left alone."""
        rng = Random(f"attachments/{self._plan.seed}")
        start = self._plan.hour(-1) + MINUTE
        events = [self._element(*element, start) for element in self._tree(len(scenes))]
        for index, person in enumerate(self._people):
            at = start + rng.randrange(50 * 60) * SECOND
            events.append(self._attach(person, "home", _FIXED, {port(index // _PER_PORT): at}, at))
        for index in self._mobiles:
            at = start + rng.randrange(50 * 60) * SECOND
            events.append(self._attach(self._people[index], "phone", _MOBILE, _cells(rng, at), at))
        for index, scene in enumerate(scenes):
            if not any(event.topic == ATTACHMENT for event in scene.events):
                at = start + rng.randrange(50 * 60) * SECOND
                places = {f"port-elsewhere-{index // _PER_PORT}": at}
                events.append(self._attach(scene.person, "home", _FIXED, places, at, scene.name))
        return events

    def hour(self, hour: int) -> list[Event]:
        """Write which phones the network has seen elsewhere by `hour`."""
        rng = Random(f"network/{self._plan.seed}/{hour}")
        events = []
        for index in (index for index, when in self._moves.items() if when == hour):
            at = self._plan.hour(hour) + rng.randrange(3 * MINUTE, 57 * MINUTE)
            events.append(self._attach(self._people[index], "phone", _MOBILE, _cells(rng, at), at))
        return events

    def _tree(self, scenes: int) -> Iterator[tuple[str, str, str | None]]:
        """Yield (element, kind, parent) from the root down."""
        yield from ((CITY, "city", None), (LARGE, "region", CITY), (ELSEWHERE, "region", CITY))
        for number in range(self.sites):
            yield site(number), "site", LARGE
        for number in range(self.ports):
            yield port(number), "port", site(number // _PORTS_PER_SITE)
        for number in range(scenes // _PER_PORT + 1):
            yield f"port-elsewhere-{number}", "port", ELSEWHERE
        for number in range(_CELLS):
            yield f"cell-{number}", "cell", ELSEWHERE

    def _element(self, name: str, kind: str, parent: str | None, at: Millis) -> Event:
        fields = {"resource_id": name, "kind": kind, "parent_id": parent}
        record = self._pen.record(records.ResourceUpserted, TOPOLOGY, at - SECOND, **fields)
        return self._pen.write(TOPOLOGY, NOBODY, record, at, fate=CONTROL, key=name.encode(), story="network")

    def _attach(
        self,
        person: Person,
        subscription: str,
        kinds: tuple[records.ServiceKind, ...],
        places: dict[str, Millis],
        at: Millis,
        story: str = "background",
    ) -> Event:
        points = tuple(records.AttachmentPoint(place, seen) for place, seen in places.items())
        fields = {"subscription_id": f"{subscription}-{person.customer_id}", "service_kinds": kinds, "points": points}
        record = self._pen.record(records.AttachmentUpserted, ATTACHMENT, at - SECOND, **fields)
        self._pen.ledger.causes[record.event_id] = TREE  # who is met below what is broken is told for that reason too
        # Under the customer's own id: the number's link may still be on its way.
        return self._pen.write(ATTACHMENT, person, record, at, key=person.customer_key(), story=story)


NOBODY: Final = Person(customer_id="nobody")
"""Whom the network's own records are about."""


def port(number: int) -> str:
    """Name a port."""
    return f"port-{number}"


def site(number: int) -> str:
    """Name a site."""
    return f"site-{number}"


def _cells(rng: Random, at: Millis) -> dict[str, Millis]:
    """Draw where a phone was seen in the last day, now included."""
    places = rng.sample(range(_CELLS), 3)
    return {f"cell-{place}": at - (rng.randrange(DAY) if number else 0) for number, place in enumerate(places)}
