"""How long a partition was silent."""

import pytest

from bench.gaps import Gap, longest, longest_of, silent


def test_a_gap_that_was_there_before_the_strike_counts_from_its_beginning() -> None:
    assert longest_of([1.0, 2.0, 5.0, 5.5], since=3.0, until=6.0) == (3.0, 2.0)


def test_a_gap_that_ended_before_the_strike_is_no_part_of_it() -> None:
    assert longest_of([1.0, 9.0, 9.5, 10.5], since=9.2, until=11.0) == (1.0, 9.5)


def test_what_is_still_silent_at_the_end_counts_until_then() -> None:
    assert longest_of([1.0, 2.0], since=2.0, until=10.0) == (8.0, 2.0)


def test_outputs_after_the_end_do_not_end_a_gap_earlier_or_later() -> None:
    assert longest_of([1.0, 2.0, 30.0], since=1.5, until=10.0) == (8.0, 2.0)


def test_a_partition_without_outputs_was_silent_for_the_whole_window() -> None:
    assert longest_of([], since=2.0, until=10.0) == (8.0, 2.0)


def test_a_partition_whose_first_output_comes_after_the_strike_counts_from_there() -> None:
    assert longest_of([4.0, 5.0], since=1.0, until=5.5) == (3.0, 1.0)


def test_outputs_read_at_once_are_no_gap() -> None:
    assert longest_of([1.0, 1.0, 1.0, 1.5], since=0.9, until=1.5) == (0.5, 1.0)


def test_a_gap_over_two_windows_counts_in_part_in_the_first_and_whole_in_the_second() -> None:
    arrivals = [0.0, 8.0, 9.0]
    assert longest_of(arrivals, since=1.0, until=5.0) == (5.0, 0.0)
    assert longest_of(arrivals, since=5.0, until=9.0) == (8.0, 0.0)


def test_the_longest_names_its_partition() -> None:
    arrivals = {0: [1.0, 2.0, 3.0], 1: [1.0, 3.0], 2: [1.0, 1.5, 3.0]}
    assert longest(arrivals, range(3), since=1.0, until=3.0) == Gap(2.0, 1, 1.0)
    assert longest(arrivals, (0, 2), since=1.0, until=3.0) == Gap(1.5, 2, 1.5)


def test_a_partition_that_was_never_heard_is_the_longest() -> None:
    assert longest({0: [1.0, 2.0]}, (0, 1), since=1.0, until=2.5) == Gap(1.5, 1, 1.0)


def test_of_no_partition_there_is_no_gap() -> None:
    assert longest({0: [1.0]}, (), since=0.0, until=2.0) is None


def test_silence_so_far_is_since_the_last_output() -> None:
    assert silent({0: [1.0, 2.0], 1: []}, (0, 1, 2), now=5.0) == {0: pytest.approx(3.0)}
