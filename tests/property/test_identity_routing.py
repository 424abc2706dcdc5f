"""Laws of routing, on the whole box: nothing is lost, nothing doubled, and links reach every event that is theirs."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.identity.model import normalise, provisional_id
from agents.resolve.fold import ResolveFold
from schemas import load
from schemas.records import BalanceChanged, Claimed, Entry, IdentifierLinked, IdentifierUnlinked
from streams.codec import Codec
from streams.core.fold import Box, FoldContext
from streams.core.partitioner import partition_for
from streams.core.records import Header
from streams.memory import MemoryBroker, MemoryHub, MemoryRecord, VirtualClock
from streams.store import MemoryStore
from streams.topics import IDENTITY, STRAY, TIMELINE

N = 3
NOW = 1_800_000_000_000
KEY = b"development"
BILLING, CRM = "billing.account.v1", "crm.customer.v1"
CATALOGUE = load()
CODEC = Codec(CATALOGUE)
NUMBERS = ("msisdn:79160000001", "msisdn:79160000002")
SPELLINGS = (*NUMBERS, "msisdn:+7 916 000-00-01", "msisdn:8 916 0000002", "customer:C1")
RUBBISH = st.binary(max_size=12) | st.none()
BROKEN_KEYS = st.sampled_from([None, b"", b"msisdn:null", b"\xff", b"79160000001"])
HEADER_NAMES = st.sampled_from(["trace", "hub_topic", "hub_offset"])
HEADERS: st.SearchStrategy[list[Header]] = st.lists(
    st.tuples(HEADER_NAMES, st.none() | st.binary(max_size=4)), max_size=2
)
TIMES = st.integers(0, 9).map(lambda minute: NOW - minute * 60_000)


def balances() -> st.SearchStrategy[bytes]:
    return st.builds(lambda at: CODEC.encode(BalanceChanged("e", "/b", at, "A", 1, "RUB", 1)), TIMES)


def links() -> st.SearchStrategy[msgspec.Struct]:
    customers, numbers = st.sampled_from(["C1", "C2"]), st.sampled_from(["+7 916 000 00 01", "89160000002"])
    linked = st.builds(
        lambda customer, number, at: IdentifierLinked("l", "/c", at, customer, "msisdn", number, at),
        customers,
        numbers,
        TIMES,
    )
    unlinked = st.builds(
        lambda customer, number, at: IdentifierUnlinked("u", "/c", at, customer, "msisdn", number, at),
        customers, numbers, TIMES,
    )  # fmt: skip
    return linked | unlinked


def inputs() -> st.SearchStrategy[tuple[str, int, bytes | None, bytes | None, list[Header]]]:
    keys = st.sampled_from(SPELLINGS).map(str.encode) | BROKEN_KEYS
    partitions = st.integers(0, N - 1)
    billing = st.tuples(st.just(BILLING), partitions, keys, balances() | RUBBISH, HEADERS)
    return billing | st.tuples(st.just(CRM), partitions, keys, links().map(CODEC.encode), HEADERS)


async def resolved(broker: MemoryBroker, chunk: int = 2) -> None:
    """Run resolve over what is in the broker until nothing moves."""

    def context(partition: int, store: MemoryStore, clock: VirtualClock) -> FoldContext:
        return FoldContext(partition, N, store, clock, CODEC, CATALOGUE, 4096, KEY)

    clock = VirtualClock(NOW)
    hub = MemoryHub(
        [Box("resolve", (IDENTITY, STRAY, BILLING, CRM), ResolveFold)], context, N, broker, clock, chunk=chunk
    )
    await hub.start()
    await hub.settle()


def entries(broker: MemoryBroker) -> list[tuple[MemoryRecord, Entry]]:
    decoded = [(r, CODEC.decode(r.value or b"", (), CATALOGUE.topics[TIMELINE])) for r in broker.records(TIMELINE)]
    return [(record, entry) for record, entry in decoded if isinstance(entry, Entry)]


@settings(max_examples=60, deadline=None)
@given(st.lists(inputs(), max_size=15))
def test_every_record_ends_once_and_byte_for_byte(
    published: Sequence[tuple[str, int, bytes | None, bytes | None, list[Header]]],
) -> None:
    broker = MemoryBroker()
    sent = [broker.append(topic, k, key, value, headers, NOW) for topic, k, key, value, headers in published]
    asyncio.run(resolved(broker))
    ended: Counter[object] = Counter()
    for record, entry in entries(broker):
        ended[entry.topic, entry.partition, entry.offset, entry.key, entry.value, tuple(entry.headers)] += 1
        assert record.key is not None
        assert record.partition == partition_for(record.key, N)
    for topic in (BILLING, CRM):
        for dead in broker.records(f"{topic}.dlq"):
            own = tuple(dead.headers)[:-7]
            said = dict(dead.headers[-7:])
            assert said["hub_topic"] == topic.encode()
            place = (topic, int(said["hub_partition"] or b""), int(said["hub_offset"] or b""))
            ended[(*place, dead.key, dead.value, own)] += 1
    expected = Counter((r.topic, r.partition, r.offset, r.key, r.value, tuple(r.headers)) for r in sent)
    assert ended == expected


@settings(max_examples=60, deadline=None)
@given(st.permutations(range(8)), st.integers(1, 3))
def test_event_reaches_the_owner_of_its_time_whenever_the_links_come(order: list[int], chunk: int) -> None:
    """The first link says its end: what is not known to have ended cannot be kept from its owner."""
    number, moved = NUMBERS[0], NOW - 5 * 60_000
    said: list[tuple[str, msgspec.Struct]] = [
        (CRM, IdentifierLinked("l1", "/c", moved, "C1", "msisdn", number.partition(":")[2], 0, moved)),
        (CRM, IdentifierLinked("l2", "/c", moved, "C2", "msisdn", number.partition(":")[2], moved)),
    ]
    said += [(BILLING, BalanceChanged(f"e{n}", "/b", moved + n - 3, "A", 1, "RUB", 1)) for n in range(6)]
    broker = MemoryBroker()

    async def publish() -> None:
        for place in order:
            topic, event = said[place]
            broker.append(topic, place % N, number.encode(), CODEC.encode(event), (), NOW)
            await resolved(broker, chunk)

    asyncio.run(publish())
    owners = {f"e{n}": "C1" if n < 3 else "C2" for n in range(6)}
    assert delivered(broker, number) == owners


def delivered(broker: MemoryBroker, number: str) -> dict[str, str]:
    """Follow every event to its customer, through the mailbox that later claims empty."""
    mailbox: dict[str, int] = {}
    found: dict[str, str] = {}
    provisional = provisional_id(normalise(number), KEY)
    for record in broker.records(TIMELINE):
        event = CODEC.decode(record.value or b"", (), CATALOGUE.topics[TIMELINE])
        if isinstance(event, Claimed):
            end = NOW * 2 if event.valid_to is None else event.valid_to
            taken = [name for name, at in mailbox.items() if event.valid_from <= at < end]
            for name in taken:
                del mailbox[name]
                assert found.setdefault(name, event.customer_id) == event.customer_id
        elif isinstance(event, Entry) and event.topic == BILLING:
            balance = CODEC.decode(event.value or b"", (), CATALOGUE.topics[BILLING])
            assert isinstance(balance, BalanceChanged)
            if record.key == provisional.encode():
                mailbox[balance.event_id] = balance.occurred_at
            else:
                assert balance.event_id not in found
                found[balance.event_id] = (record.key or b"").decode()
    assert not mailbox
    return found
