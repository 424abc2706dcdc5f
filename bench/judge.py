"""Whether the hub did what it was measured on. A wrong result is no result.

The load is not sliced: topics overtake each other by hours of simulated time, so which balance message comes, and
whether a story's event is applied or given up as unclaimed, depends on who was read first. What does not:

- every event of a people-keyed topic is applied, a duplicate or a dead letter, and exactly one of them once;
- of everybody who plays in no story, which is 98 of 100 events, each count and each fact of the last context.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from operator_day.check_dead_letters import coordinates_of
from operator_day.events import Coordinates
from operator_day.ledger import Ledger
from operator_day.observer import Observed
from operator_day.reconcile import reconcile
from schemas import load, records, wire

_BACKGROUND: Final = "background"


@dataclass(frozen=True, slots=True)
class Ends:
    """Where the events of one topic ended."""

    topic: str
    sent: int
    applied: int
    duplicates: int
    dead_letters: int

    @property
    def is_right(self) -> bool:
        """Whether each of them ended somewhere, once."""
        return self.applied + self.duplicates + self.dead_letters == self.sent


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found.

    Attributes:
        ends: By people-keyed topic.
        checked: How many facts and counts of last contexts were compared.
        faults: In words that name no customer; empty when all is right.
    """

    ends: tuple[Ends, ...]
    checked: int
    faults: tuple[str, ...]

    @property
    def is_right(self) -> bool:
        """Whether the result counts."""
        return not self.faults


def judge(ledger: Ledger, observed: Observed) -> Verdict:
    """Compare what was sent with the committed topics. Pure."""
    letters, faults = _letters(observed)
    applied, duplicates = _counted(observed)
    ends = tuple(
        Ends(topic.name, ledger.sent[topic.name], applied[topic.name], duplicates[topic.name], letters[topic.name])
        for topic in load().inputs()
        if ledger.sent[topic.name]
    )
    for end in ends:
        if not end.is_right:
            found = end.applied + end.duplicates + end.dead_letters
            faults.append(f"{end.topic}: {end.sent:,} sent, {found:,} ended somewhere")
    report = reconcile(*_background(ledger, observed))
    faults += report.findings
    return Verdict(ends, sum(line.expected for line in report.lines), tuple(faults))


def _letters(observed: Observed) -> tuple[Counter[str], list[str]]:
    """Count dead letters by the topic they came in on; one place twice is a fault."""
    places: set[Coordinates] = set()
    faults: list[str] = []
    for letter in observed.dead_letters:
        at = coordinates_of(dict(letter.headers))
        if at is None:
            faults.append(f"a dead letter on {letter.topic} does not say where it came from")
        elif at in places:
            faults.append(f"{at.topic}: one event is two dead letters")
        else:
            places.add(at)
    return Counter(at.topic for at in places), faults


def _counted(observed: Observed) -> tuple[Counter[str], Counter[str]]:
    applied: Counter[str] = Counter()
    duplicates: Counter[str] = Counter()
    for value in observed.contexts.values():
        context = wire.decode(value)
        for count in context.counts if isinstance(context, records.Context) else ():
            applied[count.topic] += count.applied
            duplicates[count.topic] += count.duplicate
    return applied, duplicates


def _background(ledger: Ledger, observed: Observed) -> tuple[Ledger, Observed]:
    """Give both sides without those who play in a story."""
    people = {customer for customer, story in ledger.stories.items() if story == _BACKGROUND}
    keys = {customer.encode() for customer in people}

    def theirs(contexts: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
        return {key: value for key, value in contexts.items() if key in keys}

    expected = Ledger(
        counts={customer: count for customer, count in ledger.counts.items() if customer in people},
        facts={customer: facts for customer, facts in ledger.facts.items() if customer in people},
        stories=dict.fromkeys(people, _BACKGROUND),
    )
    seen = Observed(
        contexts=theirs(observed.contexts),
        day_contexts=theirs(observed.day_contexts),
        messages=[seen for seen in observed.messages if seen.key in keys],
        suppressions=[seen for seen in observed.suppressions if seen.key in keys],
    )
    return expected, seen
