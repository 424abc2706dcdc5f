"""The due index fires in order of due time, then customer, then name, and only what is due."""

from streams.timers import NEVER, TimerIndex


def test_fires_in_due_order_and_not_before() -> None:
    index = TimerIndex()
    index.add(30, "b", "x")
    index.add(10, "b", "y")
    index.add(10, "a", "z")
    assert index.due == 10
    assert [index.take(20), index.take(20), index.take(20)] == [(10, "a", "z"), (10, "b", "y"), None]
    assert index.due == 30
    index.take(30)
    assert (index.take(30), index.due) == (None, NEVER)


def test_loading_replaces_and_orders() -> None:
    index = TimerIndex()
    index.add(1, "gone", "x")
    index.load([(9, "a", "x"), (3, "a", "y")])
    assert (index.due, len(index)) == (3, 2)
