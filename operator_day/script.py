"""The whole day, hour by hour: the stories' customers and everybody else's."""

from collections import defaultdict
from collections.abc import Sequence
from operator import attrgetter
from random import Random

from operator_day import config, shelf
from operator_day.background import Background
from operator_day.blackout import Blackout
from operator_day.city import Person, build_city, number_of
from operator_day.events import Event
from operator_day.facts import FactBook
from operator_day.ledger import Ledger
from operator_day.network import Network
from operator_day.pen import Pen
from operator_day.plan import DayPlan
from operator_day.scene import Scene, introduction
from operator_day.stories import REPERTOIRE, Story
from operator_day.zones import SECOND, Millis

_PER: int = 10_000
_SPARE_NUMBERS: int = 8_000_000
"""First index of the numbers for those a story needs one for."""


class Script:
    """Writes the events of each hour, once and in order: -1 first, then 0 to 23.

    Its expectations stand in `ledger` as soon as an hour is written (the stories' from the start); what was sent is
    entered by whoever publishes it.

    Args:
        plan: The day.
        ledger: Where expectations are entered.
        stories: What is played, each by one customer; the whole repertoire unless given.
    """

    def __init__(self, plan: DayPlan, ledger: Ledger, stories: Sequence[Story] | None = None) -> None:
        self.plan = plan
        self.ledger = ledger
        self.book = FactBook(ledger)
        ledger.day_end = plan.day_end
        ledger.control_from = plan.hour(shelf.CONTROL_HOUR)
        city = build_city(plan.seed, plan.customers, plan.people)
        self._scenes: list[Scene] = []
        actors = self._cast(city, parts_for(plan.customers) if stories is None else stories)
        self._people = [person for index, person in enumerate(city) if index not in actors]
        self._pen = Pen("e", plan.seed, ledger, self.book, plan.json_percent)
        self._background = Background(plan, self._people, self._pen)
        network_pen = Pen("n", plan.seed, ledger, self.book, plan.json_percent)
        self._network = Network(plan, self._people, network_pen)
        self._blackout = Blackout(plan, self._people, network_pen, self._network) if plan.has_blackout else None
        self._played: defaultdict[int, list[Event]] = defaultdict(list)
        for scene in self._scenes:
            for event in scene.events:
                self._played[self._hour_of(event.timestamp)].append(event)

    def _cast(self, city: list[Person], parts: Sequence[Story]) -> set[int]:
        if len(parts) > len(city):
            raise ValueError(f"a city needs at least {len(parts)} customers for its stories")
        actors = Random(f"cast/{self.plan.seed}").sample(range(len(city)), len(parts))
        pen = Pen("s", self.plan.seed, self.ledger, self.book, self.plan.json_percent)
        for spare, (story, index) in enumerate(zip(parts, actors, strict=True)):
            scene = Scene(story.__name__, city[index], self.plan, pen, spare)
            if scene.person.msisdn is None:
                scene.cast(msisdn=number_of(_SPARE_NUMBERS + spare))
            self.ledger.journal.follow(scene.person.customer_id)
            story(scene)
            self._scenes.append(scene)
        return set(actors)

    def _hour_of(self, at: Millis) -> int:
        return (at - self.plan.day_start) // (3_600 * SECOND)

    def events(self, hour: int) -> list[Event]:
        """Write the events of `hour` in the order of their arrival."""
        events = self._eve() if hour < 0 else self._background.hour(hour)
        if hour >= 0:
            events += self._network.hour(hour)
            events += self._blackout.hour(hour) if self._blackout is not None else []
        events += self._played.pop(hour, [])
        # Stable: what arrives at the same millisecond under one key keeps the order in which it was written.
        events.sort(key=attrgetter("timestamp"))
        return events

    def _eve(self) -> list[Event]:
        rng = Random(f"eve/{self.plan.seed}")
        events: list[Event] = []
        for scene in self._scenes:
            events += scene.introduce()
        for person in self._people:
            events += introduction(person, self.plan, self._pen, rng)
        events += self._background.eve()
        events += self._network.eve(self._scenes)
        events.append(config.unknown(self.plan.day_start - 30 * SECOND))
        return events

    def estimate(self) -> int:
        """Estimate how many events the day will have, for a progress bar."""
        people = len(self._people)
        return int(people * (4.2 + 9.0 * self.plan.bursts / 100)) + sum(len(scene.events) + 3 for scene in self._scenes)


def parts_for(customers: int) -> list[Story]:
    """List the stories to be played in a city of so many customers, each as often as it is due."""
    return [
        story for story, per_ten_thousand in REPERTOIRE for _ in range(max(1, customers * per_ten_thousand // _PER))
    ]
