"""Resolve: where a record goes, and why it goes nowhere."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
import pytest

from agents.identity.model import provisional_id
from agents.resolve.fold import ResolveFold
from schemas import load
from schemas.records import (
    Asserted,
    BalanceChanged,
    Claimed,
    CustomerUpserted,
    Entry,
    IdentifierLinked,
    IdentifierUnlinked,
)
from streams.codec import Codec
from streams.core.fold import FoldContext, Unit
from streams.core.partitioner import partition_for
from streams.core.records import Header, Output
from streams.memory.clock import VirtualClock
from streams.memory.log import MemoryRecord
from streams.store import MemoryStore
from streams.tallies import Tally
from streams.topics import IDENTITY, STRAY, TIMELINE

N = 4
NOW = 1_800_000_000_000
HOUR = 3600 * 1000
BILLING, CRM = "billing.account.v1", "crm.customer.v1"
NUMBER = "msisdn:79161234567"
HOME = partition_for(NUMBER.encode(), N)
CODEC = Codec(load())
KEY = b"development"


@dataclass
class Resolver:
    """One resolve task; every call is a chunk, committed at once."""

    partition: int = HOME
    is_log: bool = False
    store: MemoryStore = field(default_factory=MemoryStore)
    offset: int = 100
    unit: Unit = field(default_factory=Unit)

    def __post_init__(self) -> None:
        self.clock = VirtualClock(NOW, self.is_log)
        self.fold = ResolveFold(
            FoldContext(self.partition, N, self.store, self.clock, CODEC, load(), 4096, KEY),
        )
        self.fold.restored()

    def record(
        self,
        key: bytes | str | None,
        value: msgspec.Struct | bytes | None,
        headers: Sequence[Header] = (),
        timestamp: int = NOW,
        topic: str = BILLING,
    ) -> MemoryRecord:
        self.offset += 1
        raw_key = key.encode() if isinstance(key, str) else key
        raw = CODEC.encode(value) if isinstance(value, msgspec.Struct) else value
        return MemoryRecord(topic, self.partition, self.offset, timestamp, raw_key, raw, headers)

    def chunk(self, topic: str, *records: MemoryRecord) -> list[Output]:
        self.unit = Unit()
        self.fold.fold(topic, records, self.unit)
        for key, value in self.unit.changes.items():
            if value is None:
                self.store.delete(key)
            else:
                self.store.put(key, value)
        return self.unit.outputs

    def put(self, key: bytes | str | None, value: msgspec.Struct | bytes | None, topic: str = BILLING) -> list[Output]:
        return self.chunk(topic, self.record(key, value, topic=topic))

    def learn(self, *said: Asserted) -> list[Output]:
        return self.chunk(IDENTITY, *(self.record(each.identifier, each, topic=IDENTITY) for each in said))


def balance(occurred_at: int = NOW) -> BalanceChanged:
    return BalanceChanged("e-1", "/billing", occurred_at, "A-1", 5000, "RUB", 7)


def linked(
    customer: str = "C1", start: int = 0, end: int | None = None, value: str = "8 916 123-45-67"
) -> IdentifierLinked:
    return IdentifierLinked("e-2", "/crm", NOW, customer, "msisdn", value, start, end)


def link(customer: str = "C1", start: int = 0, end: int | None = None, at: int = NOW) -> Asserted:
    return Asserted(NUMBER, customer, True, at, "e-2", "/crm", start, end)  # noqa: FBT003 - a field


def unlink(customer: str, end: int) -> Asserted:
    return Asserted(NUMBER, customer, False, NOW, "e-3", "/crm", None, end)  # noqa: FBT003 - a field


def decoded(output: Output) -> msgspec.Struct:
    assert output.value is not None
    return CODEC.decode(output.value, output.headers, load().topics[output.topic])


def customers(outputs: list[Output]) -> list[str]:
    """Return whose timelines the outputs are on, checking that each is on its customer's partition."""
    for out in outputs:
        assert out.topic == TIMELINE
        assert out.key is not None
        assert out.partition == partition_for(out.key, N)
    return [(out.key or b"").decode() for out in outputs]


def reason(outputs: list[Output]) -> str:
    (out,) = outputs
    assert out.topic.endswith(".dlq")
    return (dict(out.headers)["hub_reason"] or b"").decode()


def test_record_goes_to_its_owner_as_it_came() -> None:
    task = Resolver()
    task.learn(link())
    record = task.record("msisdn:+7 (916) 123-45-67", balance(), [("a", b"1"), ("a", b"\x00")], timestamp=NOW - 7)
    (out,) = task.chunk(BILLING, record)
    assert customers([out]) == ["C1"]
    assert out.timestamp == NOW
    assert decoded(out) == Entry(
        BILLING,
        HOME,
        record.offset,
        NOW - 7,
        record.key,
        record.value,
        tuple(record.headers),  # type: ignore[arg-type]
    )


def test_record_keyed_by_customer_needs_no_identity() -> None:
    assert customers(Resolver(partition=0).put("customer:C9", balance())) == ["C9"]


def test_event_goes_to_the_owner_of_its_own_time() -> None:
    task = Resolver()
    task.learn(link("A", 0), link("B", NOW - HOUR))
    early, late = balance(NOW - HOUR - 1), balance(NOW - HOUR)
    assert customers(task.put(NUMBER, early)) == ["A"]
    assert customers(task.put(NUMBER, late)) == ["B"]
    assert customers(task.put(NUMBER, early)) == ["A"]


def test_link_is_seen_by_the_rest_of_its_chunk_and_replaces_what_was_cached() -> None:
    task = Resolver()
    task.learn(link("A"))
    assert customers(task.put(NUMBER, balance())) == ["A"]
    task.learn(unlink("A", NOW), link("B", NOW))
    assert customers(task.put(NUMBER, balance())) == ["B"]


def test_state_outlives_the_task() -> None:
    task = Resolver()
    task.learn(link())
    assert customers(Resolver(store=task.store).put(NUMBER, balance())) == ["C1"]


def test_unclaimed_identifier_at_home_goes_to_its_mailbox_and_the_state_remembers() -> None:
    task = Resolver()
    assert customers(task.put(NUMBER, balance())) == [provisional_id(NUMBER, KEY)]
    assert list(task.unit.changes) == [NUMBER.encode()]
    task.put(NUMBER, balance())
    assert task.unit.changes == {}


def test_link_of_an_identifier_with_a_mailbox_claims_from_it() -> None:
    task = Resolver()
    task.put(NUMBER, balance())
    (out,) = task.learn(link("C1", 10, 20))
    assert customers([out]) == [provisional_id(NUMBER, KEY)]
    assert decoded(out) == Claimed(NUMBER, "C1", 10, 20)


def test_claim_covers_what_later_links_leave_of_the_link() -> None:
    task = Resolver()
    task.put(NUMBER, balance())
    claims = task.learn(link("B", 50), link("A", 0), unlink("B", 70))
    assert [decoded(out) for out in claims] == [Claimed(NUMBER, "B", 50, None), Claimed(NUMBER, "A", 0, 50)]


def test_repeated_link_claims_once_and_writes_nothing() -> None:
    task = Resolver()
    task.put(NUMBER, balance())
    assert len(task.learn(link(), link())) == 1
    assert task.learn(link()) == []
    assert task.unit.changes == {}


def test_link_claims_only_what_its_customer_has_since() -> None:
    task = Resolver()
    task.put(NUMBER, balance())
    task.learn(link("A", 0, 10))
    (out,) = task.learn(link("A", 50, 60))
    assert decoded(out) == Claimed(NUMBER, "A", 50, 60)


def test_link_without_a_mailbox_claims_nothing() -> None:
    assert Resolver().learn(link()) == []


def test_tombstone_of_an_identity_forgets_it() -> None:
    task = Resolver()
    task.learn(link())
    task.put(NUMBER, balance())
    task.chunk(IDENTITY, task.record(NUMBER, None))
    assert len(task.store) == 0
    assert customers(task.put(NUMBER, balance())) == [provisional_id(NUMBER, KEY)]


def test_miss_on_another_partition_goes_unchanged_to_the_right_one() -> None:
    other = Resolver(partition=(HOME + 1) % N)
    record = other.record("msisdn:8916 1234567", balance(), [("hub_topic", b"mine"), ("x", b"")], timestamp=NOW - 9)
    (out,) = other.chunk(BILLING, record)
    assert (out.topic, out.partition, out.timestamp) == (STRAY, HOME, NOW - 9)
    assert (out.key, out.value) == (record.key, record.value)
    assert out.headers == (
        ("hub_topic", b"mine"),
        ("x", b""),
        ("hub_topic", BILLING.encode()),
        ("hub_partition", b"%d" % other.partition),
        ("hub_offset", b"%d" % record.offset),
    )
    assert other.unit.tallies == {(Tally.STRAY, (BILLING,)): 1}
    assert other.unit.changes == {}


def test_stray_is_read_as_the_record_that_it_was() -> None:
    other, home = Resolver(partition=(HOME + 1) % N), Resolver()
    home.learn(link())
    record = other.record(NUMBER, balance(), [("hub_offset", b"mine")], timestamp=NOW - 9)
    (out,) = other.chunk(BILLING, record)
    (entry,) = home.chunk(STRAY, MemoryRecord(STRAY, HOME, 5, NOW - 9, out.key, out.value, out.headers))
    assert customers([entry]) == ["C1"]
    assert decoded(entry) == Entry(
        BILLING,
        other.partition,
        record.offset,
        NOW - 9,
        record.key,
        record.value,
        (("hub_offset", b"mine"),),  # type: ignore[arg-type]
    )


def test_stray_that_has_become_old_on_its_way_arrived_in_time() -> None:
    other, home = Resolver(partition=(HOME + 1) % N), Resolver()
    (out,) = other.put(NUMBER, balance(NOW - 72 * HOUR))
    home.clock.time += HOUR
    outputs = home.chunk(STRAY, MemoryRecord(STRAY, HOME, 5, NOW, out.key, out.value, out.headers))
    assert customers(outputs) == [provisional_id(NUMBER, KEY)]


@pytest.mark.parametrize("key", ["customer:C1", "customer:C7", NUMBER, "contract:nobody-knows"])
@pytest.mark.parametrize("partition", range(N))
def test_link_goes_to_the_customer_it_names_wherever_its_key_leads(key: str, partition: int) -> None:
    said, entry = Resolver(partition=partition).put(key, linked(), CRM)
    assert customers([entry]) == ["C1"]
    assert (said.topic, said.key, said.partition, said.timestamp) == (IDENTITY, NUMBER.encode(), HOME, NOW)
    assert decoded(said) == Asserted(NUMBER, "C1", True, NOW, "e-2", "/crm", 0, None)  # noqa: FBT003 - a field


def test_unlink_says_until_when() -> None:
    event = IdentifierUnlinked("e-9", "/crm", NOW - 5, "C1", "email", "Anna@Example.com", NOW - 6)
    said, entry = Resolver().put("customer:C1", event, CRM)
    assert customers([entry]) == ["C1"]
    expected = Asserted("email:anna@example.com", "C1", False, NOW - 5, "e-9", "/crm", None, NOW - 6)  # noqa: FBT003
    assert decoded(said) == expected


@pytest.mark.parametrize("event", [IdentifierLinked, IdentifierUnlinked])
def test_identity_names_the_customer_as_the_timeline_does(
    event: type[IdentifierLinked] | type[IdentifierUnlinked],
) -> None:
    said, entry = Resolver().put("customer:C1", event("e-2", "/crm", NOW, " C1 ", "msisdn", "79161234567", NOW), CRM)
    assert customers([entry]) == ["C1"]
    asserted = decoded(said)
    assert isinstance(asserted, Asserted)
    assert asserted.customer_id == "C1"


def test_profile_goes_to_the_customer_it_names() -> None:
    assert customers(Resolver().put(NUMBER, CustomerUpserted("e", "/crm", NOW, "C1", "Anna"), CRM)) == ["C1"]


@pytest.mark.parametrize(
    "event",
    [
        linked(value="null"),
        linked(value="12"),
        linked(customer="~0123456789abcdef01234567"),
        linked(customer="unknown"),
        IdentifierLinked("e", "/crm", NOW, "C1", "customer", "C2", 0),
        IdentifierLinked("e", "/crm", NOW, "C1", "passport", "4501", 0),
        CustomerUpserted("e", "/crm", NOW, "null"),
    ],
)
def test_link_of_what_is_no_identifier_is_refused_and_says_nothing(event: msgspec.Struct) -> None:
    assert reason(Resolver().put("customer:C1", event, CRM)) == "bad-identifier"


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        (None, balance(), "no-key"),
        (b"", balance(), "no-key"),
        (NUMBER, None, "no-value"),
        (NUMBER, b"x" * 4097, "too-large"),
        (b"app:" + b"x" * 5000, balance(), "too-large"),
        (b"\xff\xfe", balance(), "bad-identifier"),
        ("79161234567", balance(), "bad-identifier"),
        ("customer:null", balance(), "bad-identifier"),
        (NUMBER, b"", "undecodable"),
        (NUMBER, b"\x00", "undecodable"),
        (NUMBER, b"rubbish", "undecodable"),
        (NUMBER, CODEC.encode(balance())[:7], "undecodable"),
        (NUMBER, b"\x00\x7f\xff\xff\xff" + CODEC.encode(balance())[5:], "unknown-schema"),
        (NUMBER, linked(), "unknown-type"),
        (NUMBER, balance(4_070_908_800_000), "future"),
        (NUMBER, balance(NOW + 5 * 60_000 + 1), "future"),
        (NUMBER, balance(0), "late"),
        (NUMBER, balance(NOW - 72 * HOUR - 1), "late"),
    ],
)
def test_bad_record_is_a_dead_letter_of_its_topic_byte_for_byte(
    key: bytes | str | None, value: msgspec.Struct | bytes | None, expected: str
) -> None:
    task = Resolver()
    record = task.record(key, value, [("trace", b"\x00\xff"), ("trace", b"")], timestamp=NOW - 3)
    outputs = task.chunk(BILLING, record)
    assert reason(outputs) == expected
    (out,) = outputs
    assert (out.topic, out.partition, out.key, out.value) == (f"{BILLING}.dlq", HOME, record.key, record.value)
    assert tuple(out.headers[:2]) == tuple(record.headers)
    said = dict(out.headers[2:])
    assert (said["hub_stage"], said["hub_topic"]) == (b"resolve", BILLING.encode())
    assert (said["hub_partition"], said["hub_offset"]) == (b"%d" % HOME, b"%d" % record.offset)
    assert said["hub_timestamp"] == b"%d" % (NOW - 3)
    assert b"916" not in (said["hub_detail"] or b"")
    assert task.unit.dead_letters == 1
    assert task.unit.tallies == {(Tally.DEAD_LETTERS, (BILLING, expected)): 1}


def test_limits_are_inclusive() -> None:
    task = Resolver()
    for occurred_at in (NOW + 5 * 60_000, NOW - 72 * HOUR):
        assert customers(task.put("customer:C1", balance(occurred_at))) == ["C1"]


def test_headers_count_against_the_limit() -> None:
    task = Resolver()
    assert reason(task.chunk(BILLING, task.record(NUMBER, balance(), [("x", b"y" * 5000)]))) == "too-large"


def test_rest_of_the_chunk_goes_on() -> None:
    task = Resolver()
    good = [task.record("customer:C1", balance()) for _ in range(3)]
    outputs = task.chunk(BILLING, good[0], task.record(None, None), good[1], task.record(NUMBER, b"?"), good[2])
    assert [out.topic for out in outputs] == [TIMELINE, f"{BILLING}.dlq", TIMELINE, f"{BILLING}.dlq", TIMELINE]


def test_stray_dead_letter_names_the_public_topic() -> None:
    home = Resolver()
    added = (("hub_topic", CRM.encode()), ("hub_partition", b"3"), ("hub_offset", b"77"))
    value = CODEC.encode(linked(value="null"))
    (out,) = home.chunk(STRAY, MemoryRecord(STRAY, HOME, 5, NOW - 9, NUMBER.encode(), value, (("own", b"1"), *added)))
    assert (out.topic, out.partition) == (f"{CRM}.dlq", 3)
    said = list(out.headers)
    assert said[0] == ("own", b"1")
    assert [name for name, _ in said].count("hub_topic") == 1
    assert dict(said)["hub_offset"] == b"77"


def test_on_the_log_s_clock_stamps_are_the_records_own() -> None:
    task = Resolver(is_log=True)
    task.clock.time = 5
    record = task.record("customer:C1", balance(NOW - 2 * HOUR), timestamp=NOW - HOUR)
    (out,) = task.chunk(BILLING, record)
    assert out.timestamp == NOW - HOUR
    assert task.fold.now == NOW - HOUR
    assert reason(task.chunk(BILLING, task.record("customer:C1", balance(NOW), timestamp=NOW - HOUR))) == "future"


def test_stamps_never_go_back_on_the_wall_clock() -> None:
    task = Resolver()
    task.put("customer:C1", balance())
    task.clock.time -= 10_000
    (out,) = task.put("customer:C1", balance())
    assert out.timestamp == NOW
    assert task.fold.now == NOW


def test_resolve_has_no_timers() -> None:
    assert Resolver().fold.next_due() is None


@pytest.mark.parametrize("names", [(), ("hub_topic", "hub_partition")])
def test_stray_that_resolve_did_not_write_is_a_broken_invariant(names: tuple[str, ...]) -> None:
    record = MemoryRecord(STRAY, HOME, 0, NOW, NUMBER.encode(), b"", [(name, b"0") for name in names])
    with pytest.raises(ValueError, match="coordinates"):
        Resolver().chunk(STRAY, record)
