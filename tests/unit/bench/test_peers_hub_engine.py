"""The reference operator as a box of the hub: what it makes of a load, however that is cut into chunks."""

from itertools import count
from typing import NamedTuple

import pytest

from bench import reference
from bench.peers import hub_engine
from bench.peers.load import Population, ReferenceLoad
from bench.peers.names import PARTITIONS, SOURCE, RunNames
from bench.peers.reading import faults
from bench.peers.states import from_msgpack
from streams.codec import Codec
from streams.core.fold import FoldContext, Unit
from streams.kafka.names import Names
from streams.memory.clock import VirtualClock
from streams.store import MemoryStore

EXPECTED = ReferenceLoad(Population(50, 2.2), [300]).expected(300)


class Given(NamedTuple):
    """A record as a consumer returns it."""

    offset: int
    key: bytes
    value: bytes
    timestamp: int = 7
    partition: int = 0
    headers: tuple[()] = ()


RECORDS = [
    Given(offset, event["customer_id"].encode(), reference.encode(event))
    for offset, event in zip(count(), reference.events(300, 50, seed=1), strict=False)
]


@pytest.mark.parametrize("size", [1, 7, 300])
def test_a_load_is_worked_off_rightly_in_chunks_of(size: int) -> None:
    store, told = MemoryStore(), list[bytes]()
    catalogue = hub_engine.catalogue()
    fold = hub_engine.box().fold(FoldContext(0, PARTITIONS, store, VirtualClock(), Codec(catalogue), catalogue))
    for start in range(0, len(RECORDS), size):
        unit = Unit()
        fold.fold(SOURCE, RECORDS[start : start + size], unit)
        store.update(unit.changes)
        told += [output.value for output in unit.outputs if output.value is not None]

    assert [*faults(EXPECTED, told, dict(store.items()), from_msgpack)] == []
    assert fold.next_due() is None


def test_the_worker_calls_everything_as_the_benchmark_does() -> None:
    settings = hub_engine.settings_of("127.0.0.1:9092", "bench-1.")
    names, expected = Names.of(settings), RunNames("bench-1.")

    assert names.group == expected.group
    assert names.topic(SOURCE) == expected.source
    assert names.changelog(hub_engine.box().name) == expected.changelog
    assert settings.transactions
