"""The verifier's own checks find what is planted, and nothing else."""

import pytest

from operator_day.observer import Seen
from schemas import records, wire
from streams.core.meta import META_KEY, Meta
from tests.chaos import checks
from tests.chaos.checks import Checks


def output(name: str, topic: str = "message.request.v1", offset: int = 0) -> Seen:
    return Seen(topic, 0, offset, 0, b"C-1", b"", (("ce_id", name.encode()),))


def context(version: int, customer: str = "C-1") -> Seen:
    value = wire.encode(records.Context(customer_id=customer, version=version, decided_at=0, activation=0))
    headers = (("ce_id", f"{customer}-{version}".encode()),)
    return Seen("customer.context.v1", 0, version, 0, customer.encode(), value, headers)


def letter(offset: int, place: int = 0) -> Seen:
    headers = (("hub_topic", b"usage.record.v1"), ("hub_partition", b"0"), ("hub_offset", str(offset).encode()))
    return Seen("usage.record.v1.dlq", 0, place, 0, b"k", b"v", headers)


def entry(key: bytes | None, value: bytes = b"an event") -> Seen:
    return Seen("hub.timeline.v1", 0, 0, 0, key, value, ())


def meta(**offsets: int) -> Seen:
    return Seen("changelog", 3, 0, 0, META_KEY, Meta(offsets, 0).encode(), ())


def looked(*seen: Seen) -> Checks:
    found = Checks()
    for each in seen:
        found.look(each)
    return found


def test_what_comes_once_is_right() -> None:
    found = looked(
        output("a"), output("b"), output("a", "nba.decision.v1"), context(1), context(2), context(1, "C-2"),
        letter(1), letter(2), entry(b"C-1"), entry(b"C-2"), entry(None), entry(None),
    )  # fmt: skip
    assert found.faults == {}
    assert found.records == 12


@pytest.mark.parametrize(
    ("twice", "law"),
    [(output("a"), checks.TWICE), (letter(1), checks.LETTER_TWICE), (entry(b"C-1"), checks.ENTRY_TWICE)],
)
def test_what_comes_twice_is_doubled(twice: Seen, law: str) -> None:
    found = looked(twice, twice)
    assert (found.faults, found.doubled, found.wrong) == ({law: 1}, 1, 0)
    assert found.findings[0].startswith(f"{law}: {twice.topic}")


def test_a_context_that_does_not_rise_is_wrong() -> None:
    assert looked(context(2), context(1)).faults == {checks.VERSIONS: 1}


def test_an_output_without_an_id_is_wrong() -> None:
    assert looked(output("a")._replace(headers=())).faults == {checks.UNNAMED: 1}


def test_a_changelog_that_goes_back_was_written_by_a_former_owner() -> None:
    found = Checks()
    for each in (meta(a=1), meta(a=2, b=1), meta(a=3)):
        found.change("customer", each)
    assert found.faults == {checks.BACKWARDS: 1}


def test_state_and_committed_offsets_must_agree_at_rest() -> None:
    found = Checks()
    found.change("customer", meta(a=4))
    found.settled({("customer", 3): {"a": 4}, ("customer", 2): {}})
    assert found.wrong == 0
    found.settled({("customer", 3): {"a": 5}, ("customer", 1): {"a": 1}})
    assert found.faults == {checks.APART: 2}
