"""What must hold of the committed topics whatever was published: nothing twice, nothing backwards. Pure."""

from collections import Counter
from collections.abc import Mapping
from hashlib import blake2b
from typing import Final

from operator_day.check_dead_letters import coordinates_of
from operator_day.frames import unframe
from operator_day.observer import CONTEXT, DEAD_LETTERS, Seen
from schemas import cloudevents, records
from streams.core.meta import META_KEY, Meta

TIMELINE: Final = "hub.timeline.v1"
_SHOWN: Final = 20
_DIGEST_BYTES: Final = 16

TWICE: Final = "an output id stands twice on its topic"
UNNAMED: Final = "an output has no id"
LETTER_TWICE: Final = "a dead letter stands twice"
ENTRY_TWICE: Final = "an event stands twice on a timeline"
VERSIONS: Final = "a customer's context versions do not rise"
BACKWARDS: Final = "a changelog's offsets go backwards"
APART: Final = "a changelog and the committed offsets do not agree"

DOUBLED: Final = frozenset({TWICE, LETTER_TWICE, ENTRY_TWICE})


class Checks:
    """Looks at each committed record once, in the order of its partition.

    Attributes:
        records: How many were looked at.
        faults: How many were wrong, by law.
        findings: A few of them in words: law and place, no customer.
        metas: The last META by changelog partition, (box, partition).
    """

    def __init__(self) -> None:
        self.records = 0
        self.faults: Counter[str] = Counter()
        self.findings: list[str] = []
        self.metas: dict[tuple[str, int], Meta] = {}
        self._ids: dict[str, set[bytes]] = {}
        self._letters: set[object] = set()
        self._entries: set[bytes] = set()
        self._versions: dict[bytes, int] = {}

    def output(self, seen: Seen) -> None:
        """Look at a record of a topic that downstream reads."""
        self.records += 1
        name = dict(seen.headers).get(cloudevents.ID)
        if name is None:
            self._fault(UNNAMED, seen)
            return
        ids = self._ids.setdefault(seen.topic, set())
        if name in ids:
            self._fault(TWICE, seen)
        ids.add(name)
        if seen.topic == CONTEXT and seen.key is not None and seen.value is not None:
            version = unframe(seen.value, records.Context).version
            if version <= self._versions.get(seen.key, 0):
                self._fault(VERSIONS, seen)
            self._versions[seen.key] = version

    def dead_letter(self, seen: Seen) -> None:
        """Look at a dead letter."""
        self.records += 1
        at = coordinates_of(dict(seen.headers))
        if at in self._letters:
            self._fault(LETTER_TWICE, seen)
        self._letters.add(at)

    def entry(self, seen: Seen) -> None:
        """Look at a record of a timeline; one without a key is for the whole partition, and may come again."""
        self.records += 1
        if seen.key is None or seen.value is None:
            return
        # An entry says where its event stood: the same bytes under the same customer are the same event.
        digest = blake2b(seen.value, digest_size=_DIGEST_BYTES, key=blake2b(seen.key, digest_size=32).digest()).digest()
        if digest in self._entries:
            self._fault(ENTRY_TWICE, seen)
        self._entries.add(digest)

    def change(self, box: str, seen: Seen) -> None:
        """Look at a record of a changelog."""
        self.records += 1
        if seen.key != META_KEY or seen.value is None:
            return
        place, meta = (box, seen.partition), Meta.decode(seen.value)
        before = self.metas.get(place)
        if before and any(meta.offsets.get(topic, 0) < offset for topic, offset in before.offsets.items()):
            self._fault(BACKWARDS, seen)
        self.metas[place] = meta

    def look(self, seen: Seen) -> None:
        """Look at a record of any topic of the contracts that the hub writes."""
        if seen.topic == TIMELINE:
            self.entry(seen)
        elif seen.topic.endswith(DEAD_LETTERS):
            self.dead_letter(seen)
        elif seen.topic.startswith("hub."):
            self.records += 1
        else:
            self.output(seen)

    def settled(self, committed: Mapping[tuple[str, int], Mapping[str, int]]) -> None:
        """Compare the last METAs with the committed offsets, by (box, partition), once all is at rest."""
        for (box, partition), offsets in sorted(committed.items()):
            meta = self.metas.get((box, partition))
            if offsets != (meta.offsets if meta else {}):
                self.faults[APART] += 1
                self.findings.append(f"{APART}: task {box}-{partition}")

    @property
    def doubled(self) -> int:
        """How many records came twice."""
        return sum(count for law, count in self.faults.items() if law in DOUBLED)

    @property
    def wrong(self) -> int:
        """How many records break another law."""
        return sum(count for law, count in self.faults.items() if law not in DOUBLED)

    def _fault(self, law: str, seen: Seen) -> None:
        self.faults[law] += 1
        if self.faults[law] <= _SHOWN:
            self.findings.append(f"{law}: {seen.topic}, partition {seen.partition}, offset {seen.offset}")
