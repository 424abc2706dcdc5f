"""What reads bytes from outside, as something to throw bytes at: each returns, and raises only what it may."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from agents.control.fold import ControlFold
from agents.resolve.fold import ResolveFold
from schemas import load
from streams.codec import Codec, Undecodable
from streams.core.fold import Fold, FoldContext, Unit
from streams.memory import MemoryRecord, VirtualClock
from streams.store import MemoryStore
from tests.fuzz.inputs import Input

CATALOGUE: Final = load()
CODEC: Final = Codec(CATALOGUE)
NOW: Final = 1_800_000_000_000
_PARTITIONS: Final = 3
_LIFE: Final = 500
"""Records of a fold before it begins anew, so that an input's cost does not depend on all before it."""

Target = Callable[[Input], None]
_SINGLE: Final = {topic.name for topic in CATALOGUE.control_topics()}


class Wrong(Exception):  # noqa: N818 - reads as what happened
    """Nothing was raised, and yet it is not right."""


def decode(given: Input) -> None:
    """Read the whole record: typed, or `Undecodable`; what was read can be written."""
    with suppress(Undecodable):
        record = CODEC.decode(given.value or b"", given.headers, CATALOGUE.topics[given.topic])
        CODEC.encode(record)


def envelope(given: Input) -> None:
    """Read what an event says about itself, both ways, which agree; configuration has no envelope."""
    if given.topic in _SINGLE and given.topic.startswith("config."):
        return
    topic, record = CATALOGUE.topics[given.topic], _record(given)
    said = None
    with suppress(Undecodable):
        found = CODEC.envelope(record, topic)
        said = found.occurred_at, found.type
    quick = None
    with suppress(Undecodable):
        quick = tuple(CODEC.occurrence(topic)(record))
    if said != quick:
        raise Wrong("the envelope and the occurrence differ")


class Folded:
    """A fold that is fed; every record ends in one output at least, or in a change of the state.

    Args:
        make: Makes the fold.
        is_single: It reads the topics of one partition, else those of people.
    """

    def __init__(self, make: Callable[[FoldContext], Fold], *, is_single: bool) -> None:
        self._make, self._is_single, self._left = make, is_single, 0

    def __call__(self, given: Input) -> None:
        """Fold it."""
        if (given.topic in _SINGLE) != self._is_single:
            return
        if not self._left:
            self._begin()
        self._left -= 1
        unit = Unit()
        self._fold.fold(given.topic, [_record(given, self._left)], unit)
        for key, value in unit.changes.items():
            if value is None:
                self._store.delete(key)
            else:
                self._store.put(key, value)
        if not (self._is_single or unit.outputs):
            raise Wrong("a record ended nowhere")
        if unit.dead_letters > len(unit.outputs):
            raise Wrong("a dead letter was counted and not written")

    def _begin(self) -> None:
        self._left, self._store = _LIFE, MemoryStore()
        clock = VirtualClock(NOW)
        self._fold = self._make(FoldContext(0, _PARTITIONS, self._store, clock, CODEC, CATALOGUE, 10_000))
        self._fold.restored()


def _record(given: Input, offset: int = 0) -> MemoryRecord:
    return MemoryRecord(given.topic, 0, offset, NOW, given.key, given.value, given.headers)


def targets() -> Mapping[str, Target]:
    """Return all of them, by name, from nothing."""
    return {
        "decode": decode,
        "envelope": envelope,
        "resolve": Folded(ResolveFold, is_single=False),
        "control": Folded(ControlFold, is_single=True),
    }
