"""Everything that was sent, with what must come of it. The right answers stand here and nowhere else."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

from operator_day.decisions import DecisionKey, Response, Stated
from operator_day.events import Coordinates, Event, Header
from operator_day.impacts import ExpectedImpact, ImpactKey
from operator_day.journal import Journal
from operator_day.zones import Millis
from schemas import records

MessageKind = Literal["requested", "suppressed", "cancelled"]
Answer = Literal["delivered", "failed", "silent"]
NEVER: Final = 1 << 62
FactName = tuple[str, ...]
FactValue = int | str | bool | None


TREE: Final = "tree"


class MessageKey(NamedTuple):
    """What names a message for upstream: whom it is for, what about, and which event led to it."""

    kind: MessageKind
    customer: str
    purpose: str
    cause: str

    def __repr__(self) -> str:
        return f"MessageKey({self.kind}, {self.purpose})"


class ExpectedMessage(NamedTuple):
    """A message, suppression or cancellation that must come.

    Attributes:
        reason: of a suppression; None for the others.
        channels: which channels, in any order; None is any.
        answer: what the gateway will say to it.
        story: whose scene it belongs to.
    """

    reason: str | None
    channels: frozenset[str] | None
    answer: Answer
    story: str


class ExpectedDeadLetter(NamedTuple):
    """A dead letter that must come, byte for byte."""

    reason: str
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...]
    story: str

    def __repr__(self) -> str:
        return f"ExpectedDeadLetter({self.reason}, {self.story})"


class Contactable(NamedTuple):
    """When a customer may not be disturbed: their zone and the quiet minutes [first, end) of their day."""

    timezone: str
    quiet_first: int
    quiet_end: int


@dataclass(slots=True, repr=False)
class Ledger:
    """The expectations of one day; it grows while the day is published.

    Attributes:
        counts: customer -> topic -> [applied, duplicate].
        facts: customer -> what their last context of the day must say, by `facts.facts_of`.
        messages: what must be requested, suppressed and cancelled.
        impacts: what outages and works must mean to customers.
        causes: event of the network -> the outage or works that it is about, which suppressions do not name; `TREE`
            for one about the tree or about where somebody is, which may concern several at once.
        held: (purpose, outage) -> before when nobody may be told, where that is certain.
        dead_letters: by the coordinates at which the broker took the original.
        contactable: who may be told when, for the law of quiet hours.
        sent: events by topic; of these `control` are configuration and clock, `network` the network's own.
        stories: who plays in which, so that a finding names the story and never a customer.
        journal: all that is applied to those who play in a story or get in touch.
        control_from: when everybody comes into the control group.
        day_end: when the day ended.
        broken: customer -> [from, until) of the outages that they are in, as they arrived; under "" everybody's.
        shown: the same with what an agent sees of it.
        screens: (customer, conversation) -> the beginning of which an agent's screen must come.
        said: the same -> what a story says of that screen in its own words.
        stated: what a story says in its own words of a decision.
        responses: what a channel will report of a decision, once it was seen.
    """

    counts: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    facts: dict[str, dict[FactName, FactValue]] = field(default_factory=dict)
    messages: dict[MessageKey, ExpectedMessage] = field(default_factory=dict)
    impacts: dict[ImpactKey, ExpectedImpact] = field(default_factory=dict)
    causes: dict[str, str] = field(default_factory=dict)
    held: dict[tuple[str, str], Millis] = field(default_factory=dict)
    dead_letters: dict[Coordinates, ExpectedDeadLetter] = field(default_factory=dict)
    contactable: dict[str, Contactable] = field(default_factory=dict)
    sent: Counter[str] = field(default_factory=Counter)
    control: int = 0
    network: int = 0
    stories: dict[str, str] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)
    control_from: Millis = NEVER
    day_end: Millis = 0
    broken: dict[str, list[tuple[Millis, Millis]]] = field(default_factory=dict)
    shown: dict[str, list[tuple[Millis, Millis, records.OpenOutage]]] = field(default_factory=dict)
    screens: dict[tuple[str, str], records.InteractionStarted] = field(default_factory=dict)
    said: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    stated: dict[DecisionKey, Stated] = field(default_factory=dict)
    responses: dict[DecisionKey, tuple[Response, ...]] = field(default_factory=dict)

    def take(self, event: Event, at: Coordinates) -> None:
        """Enter an event that the broker has taken at `at`."""
        self.sent[event.topic] += 1
        fate = event.fate
        if fate.reason is not None:
            letter = ExpectedDeadLetter(fate.reason, event.key, event.value, event.headers, event.story)
            self.dead_letters[at] = letter
        elif fate.customer is None:
            is_network = event.topic.startswith("network.")
            self.network += is_network
            self.control += not is_network
        else:
            topics = self.counts.get(fate.customer)
            if topics is None:
                topics = self.counts[fate.customer] = {}
            count = topics.get(event.topic)
            if count is None:
                count = topics[event.topic] = [0, 0]
            count[fate.is_duplicate] += 1

    def expect(self, key: MessageKey, message: ExpectedMessage) -> None:
        """Enter what must be requested, suppressed or cancelled.

        Raises:
            ValueError: when the same is expected already; a story must not cause one thing twice.
        """
        if key in self.messages:
            raise ValueError(f"{message.story} expects the same message twice")
        self.messages[key] = message

    def cause_of(self, message: Any) -> str:  # noqa: ANN401  # one of the message records
        """Name what led to a message as expectations do: the outage or works that it is about, or the event."""
        outage = getattr(message, "parameters", {}).get("outage_id")
        return str(outage or self.causes.get(message.cause_event_id, message.cause_event_id))

    def breaks(self, customer: str, since: Millis, until: Millis, shown: records.OpenOutage | None = None) -> None:
        """Enter that an outage of the customer's opens at `since` and ends at `until`; "" stands for everybody.

        `shown` is what an agent's screen says of it meanwhile.
        """
        self.broken.setdefault(customer, []).append((since, until))
        if shown is not None:
            self.shown.setdefault(customer, []).append((since, until, shown))

    def know(self, customer: str, name: FactName, value: FactValue) -> None:
        """Enter what the last context must say."""
        self.facts.setdefault(customer, {})[name] = value

    def add(self, customer: str, name: FactName, amount: int) -> None:
        """Raise a figure that the last context must show."""
        facts = self.facts.setdefault(customer, {})
        before = facts.get(name, 0)
        facts[name] = (before if isinstance(before, int) else 0) + amount

    def applied(self) -> Counter[str]:
        """Give how many events must be applied, by topic."""
        return self._sum(0)

    def duplicates(self) -> Counter[str]:
        """Give how many events must be dropped as duplicates, by topic."""
        return self._sum(1)

    def events(self) -> int:
        """Give how many events were sent, configuration and clock left out."""
        return sum(self.sent.values()) - self.control

    def _sum(self, which: int) -> Counter[str]:
        total: Counter[str] = Counter()
        for topics in self.counts.values():
            for topic, count in topics.items():
                total[topic] += count[which]
        return total
