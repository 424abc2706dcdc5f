"""Resolve: where a record goes."""

import pytest

from agents.identity.model import provisional_id
from schemas.records import (
    Asserted,
    Claimed,
    CustomerUpserted,
    Entry,
    IdentifierLinked,
    IdentifierUnlinked,
    Settled,
    SettledClosing,
    SettledLink,
)
from streams.memory.log import MemoryRecord
from streams.tallies import Tally
from streams.topics import IDENTITY, STRAY
from tests.builders.resolver import (
    BILLING,
    CRM,
    HOME,
    HOUR,
    KEY,
    NOW,
    NUMBER,
    N,
    Resolver,
    balance,
    customers,
    decoded,
    link,
    linked,
    reason,
    unlink,
)


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


def test_what_was_cached_is_replaced_for_every_spelling_however_many_were_seen_meanwhile() -> None:
    task = Resolver()
    spellings = [NUMBER, "msisdn:+7 916 123-45-67", "msisdn:8 (916) 123 45 67"]
    task.learn(link("A"))
    for spelling in spellings:
        assert customers(task.put(spelling, balance())) == ["A"]
        task.chunk(BILLING, *(task.record(f"customer:C{number}", balance()) for number in range(1100)))
    task.learn(unlink("A", NOW), link("B", NOW))
    for spelling in spellings:
        assert customers(task.put(spelling, balance())) == ["B"]


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


def test_assertion_is_answered_by_all_that_is_known_after_it() -> None:
    task = Resolver()
    task.learn(link("A", 0, at=NOW - HOUR))
    assert task.settled() == [Settled(NUMBER, (SettledLink("A", 0, NOW - HOUR),))]
    task.learn(link("B", 10, 20), unlink("A", 10))
    known = (SettledLink("A", 0, NOW - HOUR), SettledLink("B", 10, NOW, 20))
    assert task.settled() == [Settled(NUMBER, known), Settled(NUMBER, known, (SettledClosing("A", 10),))]


def test_repeated_assertion_is_answered_too_since_it_stands_after_the_first_answer() -> None:
    task = Resolver()
    task.learn(link("B", 10), unlink("A", 10))
    *_, first = task.settled()
    task.learn(link("B", 10))
    assert task.settled() == [first]
    assert task.unit.changes == {}


def test_its_own_answer_changes_nothing_and_is_not_answered() -> None:
    task = Resolver()
    task.put(NUMBER, balance())
    task.learn(link("A", 0), link("B", 10, 20), unlink("A", 10))
    early, _, late = task.settled()
    assert task.learn(early, late) == []
    assert task.unit.outputs == []
    assert task.unit.changes == {}


def test_settled_record_alone_gives_back_the_state_and_claims_once() -> None:
    task, lost = Resolver(), Resolver()
    task.learn(link("A", 0), link("B", 10), unlink("B", 30))
    *_, last = task.settled()
    lost.put(NUMBER, balance())
    claims = lost.learn(last, last)
    assert [decoded(out) for out in claims] == [Claimed(NUMBER, "A", 0, 10), Claimed(NUMBER, "B", 10, 30)]
    assert lost.settled() == []
    lost.learn(link("A", 0))
    assert lost.settled() == [last]


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
