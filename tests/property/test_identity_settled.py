"""Laws of the identity topic: its last record of an identifier is all that was ever said of it."""

import asyncio
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.identity.model import Links
from agents.resolve.assertions import assertion_of, claims_of, settled_of
from agents.resolve.fold import ResolveFold
from hub.show import owner_of
from schemas import load
from schemas.records import IdentifierLinked, IdentifierUnlinked, Settled
from streams.codec import Codec
from streams.core.fold import Box, FoldContext
from streams.memory import MemoryBroker, MemoryHub, VirtualClock
from streams.store import MemoryStore
from streams.topics import IDENTITY, STRAY

N = 3
NOW = 1_800_000_000_000
MINUTE = 60_000
CRM = "crm.customer.v1"
CATALOGUE = load()
CODEC = Codec(CATALOGUE)
CUSTOMERS = st.sampled_from(["C1", "C2", "C3"])
NUMBERS = st.sampled_from(["+7 916 000 00 01", "89160000002"])
TIMES = st.integers(0, 9).map(lambda minute: NOW - minute * MINUTE)
SAID = st.builds(
    lambda customer, number, at, start, end: IdentifierLinked("l", "/c", at, customer, "msisdn", number, start, end),
    CUSTOMERS, NUMBERS, TIMES, TIMES, st.none() | TIMES,
) | st.builds(
    lambda customer, number, at, end: IdentifierUnlinked("u", "/c", at, customer, "msisdn", number, end),
    CUSTOMERS, NUMBERS, TIMES, TIMES,
)  # fmt: skip
Event = IdentifierLinked | IdentifierUnlinked


async def resolved(published: Sequence[tuple[Event, int]], slices: int, chunk: int) -> MemoryBroker:
    """Publish in so many slices, each on any partition, and let resolve come to rest after each."""

    def context(partition: int, store: MemoryStore, clock: VirtualClock) -> FoldContext:
        return FoldContext(partition, N, store, clock, CODEC, CATALOGUE, 4096, b"development")

    broker = MemoryBroker()
    hub = MemoryHub(
        [Box("resolve", (IDENTITY, STRAY, CRM), ResolveFold)], context, N, broker, VirtualClock(NOW), chunk=chunk
    )
    await hub.start()
    for number in range(slices):
        for event, partition in published[number::slices]:
            broker.append(CRM, partition, b"customer:C1", CODEC.encode(event), (), NOW)
        await hub.settle()
    return broker


def expected(events: Sequence[Event]) -> dict[bytes, Settled]:
    """Return the set of each identifier, worked out without order, topic or task."""
    known: dict[str, Links] = {}
    for event in events:
        asserted = assertion_of(event)
        assert asserted is not None
        known.setdefault(asserted.identifier, Links()).add(claims_of(asserted))
    return {identifier.encode(): settled_of(identifier, links) for identifier, links in known.items()}


@settings(max_examples=60, deadline=None)
@given(st.lists(SAID, min_size=1, max_size=8), st.integers(1, 3), st.integers(1, 3), st.data())
def test_any_order_and_any_repetition_leave_the_whole_set_last(
    events: list[Event], slices: int, chunk: int, data: st.DataObject
) -> None:
    told = data.draw(st.permutations(events + data.draw(st.lists(st.sampled_from(events), max_size=4))))
    places = data.draw(st.lists(st.integers(0, N - 1), min_size=len(told), max_size=len(told)))
    broker = asyncio.run(resolved(list(zip(told, places, strict=True)), slices, chunk))
    values: dict[bytes, list[bytes]] = {}
    for record in broker.records(IDENTITY):
        values.setdefault(record.key or b"", []).append(record.value or b"")
    compacted = {key: said[-1] for key, said in values.items()}
    assert {key: CODEC.decode(last, (), CATALOGUE.topics[IDENTITY]) for key, last in compacted.items()} == expected(
        events
    )
    assert sum(map(len, values.values())) == 2 * len(told)  # one answer each, and none to an answer
    for key, last in compacted.items():
        for at in range(NOW - 10 * MINUTE, NOW + 1, MINUTE):
            assert owner_of([last], at) == owner_of(values[key], at)
