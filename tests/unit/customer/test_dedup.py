import pytest

from agents.customer.dedup import BLOCK_EVENTS, MAX_BLOCKS, WINDOW_MILLIS, Seen, fingerprint
from agents.customer.model import GuardFull

HOUR = 3_600_000


def key(number: int) -> bytes:
    return fingerprint("/s", "hub.billing.ChargePosted", f"e-{number}")


def store(state: dict[str, bytes], seen: Seen) -> None:
    for part, value in seen.changes().items():
        if value is None:
            state.pop(part, None)
        else:
            state[part] = value


@pytest.mark.parametrize("chunk", [1, 7, 16, 17, 200])
def test_what_is_stored_does_not_depend_on_the_chunks(chunk: int) -> None:
    def kept(size: int) -> dict[str, bytes]:
        state: dict[str, bytes] = {}
        for start in range(0, 100, size):
            seen, end = Seen(state.get), min(start + size, 100)
            assert not any(seen.was_seen(key(n), HOUR * n) for n in range(start, end))
            assert all(seen.was_seen(key(n), HOUR * end) for n in range(max(0, end - 40), end))
            store(state, seen)
        return state

    assert kept(chunk) == kept(100)


def test_a_block_is_let_go_once_its_newest_event_is_older_than_the_window() -> None:
    state: dict[str, bytes] = {}
    seen = Seen(state.get)
    for number in range(2 * BLOCK_EVENTS):
        assert not seen.was_seen(key(number), HOUR)
    later = HOUR + WINDOW_MILLIS

    assert seen.was_seen(key(0), later)
    assert not seen.was_seen(b"12345678", later)
    assert not seen.was_seen(key(0), later)
    store(state, seen)
    assert sorted(state) == ["dedup", "dedup:1", "dedup:2"]  # the last full one goes when the next is full


def test_hashes_that_meet_are_no_hash() -> None:
    seen = Seen(lambda _: None)
    assert not seen.was_seen(b"abcdefgh", 0)
    assert not seen.was_seen(b"ijklmnop", 0)
    assert not seen.was_seen(b"efghijkl", 0)
    assert seen.was_seen(b"ijklmnop", 0)


def test_a_record_full_of_events_within_the_window_takes_no_more() -> None:
    seen = Seen(lambda _: None)
    for number in range(MAX_BLOCKS * BLOCK_EVENTS):
        seen.was_seen(number.to_bytes(8, "big"), HOUR)

    with pytest.raises(GuardFull):
        seen.was_seen(b"one more", HOUR)
