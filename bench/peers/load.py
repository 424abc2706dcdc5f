"""The reference load: record batches as they lie on the wire, made once, and what must come of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aiokafka.record.default_records import DefaultRecordBatchBuilder

from bench import reference
from bench.peers.names import PARTITIONS
from bench.peers.operator import Interaction, apply, nothing_yet
from bench.peers.states import Aggregates, Summer, Sums
from streams.core.partitioner import partition_for

_BATCH_BYTES: Final = 512 * 1024
_MAGIC: Final = 2
_NOBODY: Final = -1
SEED: Final = 1


@dataclass(frozen=True, slots=True)
class Population:
    """Who the events are about.

    Attributes:
        customers: How many there may be.
        skew: 1: all equally busy; larger: some much busier than others.
    """

    customers: int
    skew: float


@dataclass(frozen=True, slots=True)
class Expected:
    """What must have come of all events up to some number of them.

    Attributes:
        events: How many.
        states: Of the states of all customers.
        told: Of the states that went out, one for one event in ten.
        told_alone: The same for somebody who keeps no state.
    """

    events: int
    states: Sums
    told: Sums
    told_alone: Sums


@dataclass(frozen=True, slots=True, repr=False)
class Segment:
    """Consecutive events.

    Attributes:
        batches: Whole record batches by partition, to be published in their order.
        expected: What must have come of everything up to its end.
    """

    batches: Sequence[Sequence[bytes]]
    expected: Expected


class ReferenceLoad:
    """A load, encoded.

    Args:
        population: Who the events are about.
        cuts: The numbers of events at which a segment ends; an engine is given all up to one of them to warm up, and
            then all up to another.
    """

    def __init__(self, population: Population, cuts: Iterable[int]) -> None:
        self._segments: dict[int, Segment] = {}
        writer, oracle, ends = _Writer(), _Oracle(), sorted({*cuts})
        events = reference.events(ends[-1], population.customers, SEED, population.skew)
        for number, event in enumerate(events, start=1):
            writer.write(event["customer_id"].encode(), reference.encode(event))
            oracle.see(Interaction(**event))
            if number == ends[len(self._segments)]:
                self._segments[number] = Segment(writer.take(), oracle.expected(number))

    def between(self, first: int, last: int) -> Sequence[Segment]:
        """Return the segments after `first` events up to `last`; both are cuts."""
        return [segment for end, segment in self._segments.items() if first < end <= last]

    def expected(self, events: int) -> Expected:
        """Return what must have come of so many events, which is a cut."""
        return self._segments[events].expected


class _Writer:
    """Fills record batches; a key's partition is the one of Java's clients."""

    def __init__(self) -> None:
        self._places: dict[bytes, int] = {}
        self._done: list[list[bytes]] = []
        self._open: list[_Batch] = []
        self._begin()

    def write(self, key: bytes, value: bytes) -> None:
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = partition_for(key, PARTITIONS)
        if not self._open[place].add(key, value):
            self._done[place].append(self._open[place].bytes())
            self._open[place] = _Batch()
            self._open[place].add(key, value)

    def take(self) -> list[list[bytes]]:
        done = self._done
        for batches, batch in zip(done, self._open, strict=True):
            if batch.count:
                batches.append(batch.bytes())
        self._begin()
        return done

    def _begin(self) -> None:
        self._done = [[] for _ in range(PARTITIONS)]
        self._open = [_Batch() for _ in range(PARTITIONS)]


class _Batch:
    """One record batch in the making, of no producer in particular, so that it may be published more than once."""

    def __init__(self) -> None:
        self._builder = DefaultRecordBatchBuilder(
            _MAGIC,
            compression_type=0,
            is_transactional=0,
            producer_id=_NOBODY,
            producer_epoch=_NOBODY,
            base_sequence=_NOBODY,
            batch_size=_BATCH_BYTES,
        )
        self.count = 0

    def add(self, key: bytes, value: bytes) -> bool:
        """Add a record; False when it does not fit."""
        if self._builder.append(self.count, None, key, value, []) is None:
            return False
        self.count += 1
        return True

    def bytes(self) -> bytes:
        return bytes(self._builder.build())


class _Oracle:
    """Does the job in the plainest way."""

    def __init__(self) -> None:
        self._states: dict[str, Aggregates] = {}
        self._told, self._alone = Summer(), Summer()

    def see(self, event: Interaction) -> None:
        state = self._states.get(event.customer_id)
        if state is None:
            state = self._states[event.customer_id] = nothing_yet()
        apply(state, event)
        if reference.is_told(event.occurred_at):
            self._told.add(state)
            alone = nothing_yet()
            apply(alone, event)
            self._alone.add(alone)

    def expected(self, events: int) -> Expected:
        return Expected(
            events=events,
            states=Sums.of(self._states.values()),
            told=Sums(*self._told.totals()),
            told_alone=Sums(*self._alone.totals()),
        )


POPULATIONS: Final[Mapping[str, Population]] = {
    "reference-20k": Population(20_000, 2.2),
    "reference-200k": Population(200_000, 1.0),
}
"""A small operator some of whose customers are busy, and a larger one all of whose customers are equally so."""
