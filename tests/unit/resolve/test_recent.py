"""The bounded memory of resolve."""

from agents.resolve.recent import Recent


def test_memory_never_holds_more_than_its_capacity_and_always_the_newest() -> None:
    recent: Recent[int, str] = Recent(3)
    for number in range(10):
        assert recent.keep(number, str(number)) == str(number)
        assert recent.get(number) == str(number)
        assert len(recent) <= 3


def test_known_key_is_replaced_in_place() -> None:
    recent: Recent[str, int] = Recent(2)
    recent.keep("a", 1)
    recent.keep("b", 2)
    recent.keep("a", 3)
    assert (recent.get("a"), recent.get("b")) == (3, 2)


def test_dropped_key_is_forgotten() -> None:
    recent: Recent[str, int] = Recent(2)
    recent.keep("a", 1)
    recent.drop("a")
    recent.drop("never seen")
    assert recent.get("a") is None
