"""Tasks of one worker take turns in beginning commits."""

import pytest

from streams.core.pace import CommitPace


def test_a_turn_is_at_once_when_nobody_waits() -> None:
    pace = CommitPace(per_second=100)
    assert [pace.turn(at) for at in (0.0, 1.0, 2.0)] == [0.0, 0.0, 0.0]


def test_a_hundred_tasks_at_once_begin_one_after_another() -> None:
    pace = CommitPace(per_second=100)
    assert [pace.turn(5.0) for _ in range(100)][-1] == pytest.approx(0.99)


def test_what_a_person_waits_for_does_not_queue_behind_the_rest() -> None:
    pace = CommitPace(per_second=100)
    for _ in range(100):
        pace.turn(5.0)
    assert [pace.urgent_turn(5.0) for _ in range(2)] == [0.0, pytest.approx(0.01)]
