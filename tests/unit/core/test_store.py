"""The memory store is one mapping of keys, whichever way its parts are kept and read."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from streams.store import MemoryStore

KEYS = st.builds(
    lambda owner, part: owner if part is None else f"{owner}/{part}",
    st.sampled_from(["C-1", "C-2", "\x00partition", "", "é"]),
    st.none() | st.sampled_from(["", "money", "dedup:1", "outage/O-1/2", "é"]),
).map(str.encode)
CHANGES = st.lists(st.dictionaries(KEYS, st.none() | st.binary(max_size=3), max_size=8), max_size=6)


def held(store: MemoryStore) -> dict[bytes, bytes]:
    return dict(store.items())


def applied(state: dict[bytes, bytes], changes: Mapping[bytes, bytes | None]) -> None:
    for key, value in changes.items():
        if value is None:
            state.pop(key, None)
        else:
            state[key] = value


@given(CHANGES)
def test_it_holds_what_a_dictionary_would(rounds: list[dict[bytes, bytes | None]]) -> None:
    store, state = MemoryStore(), dict[bytes, bytes]()
    for changes in rounds:
        store.update(changes)
        applied(state, changes)
        assert held(store) == state
        assert len(store) == len(state)
        assert all(store.get(key) == state.get(key) for key in changes)


@given(CHANGES)
def test_an_owner_shows_its_own_parts(rounds: list[dict[bytes, bytes | None]]) -> None:
    store, state = MemoryStore(), dict[bytes, bytes]()
    for changes in rounds:
        store.update(changes)
        applied(state, changes)
    parts = [key.partition(b"/") for key in state]
    for owner in {owner for owner, slash, _ in parts if slash}:
        mine = {part.decode(): state[owner + b"/" + part] for its, slash, part in parts if slash and its == owner}
        assert store.of(owner) == mine
    assert {owner for owner, _ in store.owners()} == {owner for owner, slash, _ in parts if slash}


def test_nobody_has_no_parts_and_a_part_that_came_last_is_no_trace_after_it_went() -> None:
    store = MemoryStore()
    store.put(b"C-1/money", b"1")
    store.delete(b"C-1/money")
    assert store.of(b"C-1") == {}
    assert list(store.owners()) == []
    store.put(b"C-1/money", b"2")
    assert store.of(b"C-1") == {"money": b"2"}


def test_names_with_an_id_in_them_do_not_pile_up() -> None:
    store = MemoryStore()
    for number in range(10_000):
        store.put(f"C-1/hold:{number}".encode(), b"x")
        store.delete(f"C-1/hold:{number}".encode())
    assert len(store._names) <= 4096  # noqa: SLF001 - what would leak cannot be seen from outside
    store.put(b"C-1/new", b"x")
    assert store.of(b"C-1") == {"new": b"x"}


def test_what_was_cleared_is_gone() -> None:
    store = MemoryStore()
    store.update({b"alone": b"1", b"C-1/money": b"2"})
    store.clear()
    assert held(store) == {}
    store.put(b"C-1/money", b"3")
    assert held(store) == {b"C-1/money": b"3"}
