"""Mailboxes: what is kept, for whom it is taken out, and when it is given up."""

from collections.abc import Callable

from msgspec.structs import replace

from agents.customer.model import ActiveConfig, Cause, Customer, Moment
from agents.mailbox.model import HEAD
from agents.mailbox.rules import MAX_BYTES, MAX_LETTERS, UNCLAIMED_MILLIS, claim, expire, keep
from schemas.records import Claimed, Entry, Header
from tests.builders.kept import customer_with

NUMBER = "msisdn:79161234567"


class Box:
    """A provisional customer over a small store; every call is a chunk of its own."""

    def __init__(self) -> None:
        self.stored: dict[str, bytes] = {}
        self.written: set[str] = set()
        self.timers: dict[str, int] = {}

    def keep(self, number: int, occurred_at: int, now: int = 1000, value: bytes = b"v") -> list[Entry]:
        return self._chunk(lambda customer: list(keep(customer, entry(number, value), occurred_at, moment(now))))

    def claim(self, start: int, end: int | None = None) -> list[Entry]:
        claimed = Claimed(NUMBER, "C1", start, end)
        return self._chunk(lambda customer: list(claim(customer, claimed, moment(9999))))

    def expire(self, now: int) -> list[Entry]:
        def fire(customer: Customer) -> list[Entry]:
            customer.clear_timer(HEAD)  # the fold removes a timer before its handler runs
            return list(expire(customer, moment(now)))

        return self._chunk(fire)

    def _chunk(self, act: Callable[[Customer], list[Entry]]) -> list[Entry]:
        customer = customer_with(self.stored, "~0123")
        result = act(customer)
        self.timers = dict(customer.timers)
        changed = customer.encode_changed()
        self.written = set(changed)
        for name, value in changed.items():
            if value is None:
                self.stored.pop(name, None)
            else:
                self.stored[name] = value
        return result


def entry(number: int, value: bytes = b"v") -> Entry:
    return Entry("usage.record.v1", 3, number, 70, NUMBER.encode(), value, (Header("h", b"\x00"), Header("h", b"")))


def moment(now: int) -> Moment:
    return Moment(now, False, Cause("e", "s"), 0, ActiveConfig())  # noqa: FBT003


def offsets(entries: list[Entry]) -> list[int]:
    return [each.offset for each in entries]


def test_claim_takes_out_everything_as_it_came_and_marks_it_forwarded() -> None:
    box = Box()
    assert box.keep(1, occurred_at=50) == []
    (taken,) = box.claim(0)
    assert taken == replace(entry(1), is_forwarded=True)


def test_claim_hands_over_in_the_order_of_arrival() -> None:
    box = Box()
    for number, occurred_at in [(1, 90), (2, 10), (3, 50)]:
        box.keep(number, occurred_at)
    assert offsets(box.claim(0)) == [1, 2, 3]


def test_claim_leaves_what_happened_outside_its_interval() -> None:
    box = Box()
    for number, occurred_at in [(1, 9), (2, 10), (3, 19), (4, 20)]:
        box.keep(number, occurred_at)
    assert offsets(box.claim(10, 20)) == [2, 3]
    assert offsets(box.claim(10, 20)) == []
    assert offsets(box.claim(20)) == [4]
    assert offsets(box.claim(0)) == [1]


def test_emptied_mailbox_leaves_nothing_behind() -> None:
    box = Box()
    box.keep(1, 10)
    box.keep(2, 20)
    box.claim(0)
    assert box.stored == {}
    assert box.timers == {}


def test_keeping_rewrites_no_letter_kept_before() -> None:
    box = Box()
    for number in range(5):
        box.keep(number, 10)
        assert {name for name in box.written if name.startswith("mailbox:")} == {f"mailbox:{number}"}


def test_event_over_the_number_of_letters_comes_back() -> None:
    box = Box()
    for number in range(MAX_LETTERS):
        assert box.keep(number, 10) == []
    assert box.keep(MAX_LETTERS, 10) == [entry(MAX_LETTERS)]
    assert offsets(box.claim(0)) == list(range(MAX_LETTERS))


def test_event_over_the_bytes_comes_back_and_smaller_ones_still_fit() -> None:
    box = Box()
    half = b"x" * (MAX_BYTES // 2)
    assert box.keep(1, 10, value=half) == []
    assert offsets(box.keep(2, 10, value=half)) == [2]
    assert box.keep(3, 10) == []
    assert offsets(box.claim(0)) == [1, 3]
    assert box.keep(4, 10, value=half) == []  # the claim has made room


def test_claim_of_a_part_makes_room_for_that_part() -> None:
    box = Box()
    third = b"x" * (MAX_BYTES // 3)
    box.keep(1, occurred_at=10, value=third)
    box.keep(2, occurred_at=20, value=third)
    assert offsets(box.claim(10, 11)) == [1]
    assert box.keep(3, 30, value=third) == []
    assert offsets(box.keep(4, 40, value=third)) == [4]


def test_single_event_larger_than_a_mailbox_leaves_no_mailbox() -> None:
    box = Box()
    assert len(box.keep(1, 10, value=b"x" * (MAX_BYTES + 1))) == 1
    assert box.stored == {}


def test_unclaimed_event_is_given_up_after_30_days_and_not_before() -> None:
    box = Box()
    box.keep(1, 10, now=1000)
    box.keep(2, 10, now=5000)
    due = 1000 + UNCLAIMED_MILLIS
    assert box.timers == {HEAD: due}
    assert box.expire(due - 1) == []
    assert box.timers == {HEAD: due}
    assert offsets(box.expire(due)) == [1]
    assert box.timers == {HEAD: 5000 + UNCLAIMED_MILLIS}
    expired = box.expire(5000 + UNCLAIMED_MILLIS)
    assert expired == [entry(2)]
    assert box.stored == {}


def test_timer_follows_the_oldest_letter_that_a_claim_leaves() -> None:
    box = Box()
    box.keep(1, occurred_at=10, now=1000)
    box.keep(2, occurred_at=99, now=5000)
    box.claim(0, 50)
    assert box.timers == {HEAD: 5000 + UNCLAIMED_MILLIS}
