"""The parts of the programme that need no broker."""

from itertools import islice
from pathlib import Path
from signal import SIGSTOP

from tests.chaos.orders import Order, Orders
from tests.chaos.schedule import KINDS, schedule
from tests.chaos.silence import Waits
from tests.chaos.strikes import STRIKES
from tests.chaos.worker import Hooks

PLACE = ("usage.record.v1", 0)


def test_every_kind_comes_once_in_each_round_and_a_seed_gives_the_same_again() -> None:
    rounds = [draw.kind for draw in islice(schedule(7), 2 * len(KINDS))]
    assert sorted(rounds[: len(KINDS)]) == sorted(rounds[len(KINDS) :]) == sorted(KINDS)
    assert rounds == [draw.kind for draw in islice(schedule(7), 2 * len(KINDS))]
    assert rounds != [draw.kind for draw in islice(schedule(8), 2 * len(KINDS))]


def test_every_kind_has_a_strike() -> None:
    assert set(KINDS) <= STRIKES.keys()


def test_an_order_is_taken_once_at_the_occurrence_that_it_names(tmp_path: Path) -> None:
    given, taken = Orders(tmp_path / "w.order"), Orders(tmp_path / "w.order")
    hooks = Hooks(taken)
    assert not hooks.is_due("begin")
    given.give(Order("begin", 2, SIGSTOP))
    assert taken.standing() == Order("begin", 2, SIGSTOP)
    assert [hooks.is_due("begin"), hooks.is_due("committed"), hooks.is_due("begin")] == [False, False, True]
    taken.take()
    assert given.is_taken
    assert taken.standing() is None
    assert not hooks.is_due("begin")


def test_a_slow_order_slows_the_reading_and_nothing_else(tmp_path: Path) -> None:
    orders = Orders(tmp_path / "w.order")
    hooks = Hooks(orders)
    orders.give(Order("reading", 1, None, 60.0))
    hooks.obey("begin")
    assert not hooks.is_slow
    hooks.obey("reading")
    assert hooks.is_slow


def test_a_partition_is_silent_while_something_waits_in_it_and_nothing_moves() -> None:
    waits = Waits()
    for now, end, committed in ((0, 5, 5), (10, 5, 5), (11, 8, 5), (15, 8, 5), (16, 8, 7), (18, 8, 7), (19, 8, 8)):
        waits.look({PLACE: end}, {PLACE: committed}, float(now))
    silence = waits.longest[PLACE]
    assert (silence.seconds, silence.ended_at) == (5.0, 15.0)  # from the last look at which nothing waited
