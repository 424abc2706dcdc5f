"""Probes are answered once each, and what comes twice is found."""

import pytest

from bench.probes import Probes
from schemas.records import Context


def context(customer: int, name: str, version: int) -> Context:
    return Context(f"c-{customer}", version, 1, 1, first_name=name)


@pytest.fixture
def probes() -> Probes:
    return Probes({0: [10, 11], 1: [20]})


def asked(probes: Probes, partition: int, now: float = 0.0) -> tuple[int, str]:
    found = probes.ask(partition, now)
    assert found is not None
    return found


def test_an_answer_arrives_at_its_partition(probes: Probes) -> None:
    index, name = asked(probes, 0)
    probes.take(context(index, name, 1), 2.5)

    assert (dict(probes.arrivals), probes.missing, probes.repeated) == ({0: [2.5]}, 0, 0)


def test_nobody_is_asked_who_owes_an_answer(probes: Probes) -> None:
    index, name = asked(probes, 1)
    assert probes.ask(1, 0.0) is None
    probes.take(context(index, name, 1), 1.0)

    assert asked(probes, 1)[0] == index
    assert probes.asked == 2


def test_people_take_turns(probes: Probes) -> None:
    first, second = asked(probes, 0), asked(probes, 0)
    for index, name in (second, first):
        probes.take(context(index, name, 1), 1.0)
    assert [asked(probes, 0)[0], asked(probes, 0)[0]] == [second[0], first[0]]


def test_a_later_context_that_repeats_the_name_is_neither_an_answer_nor_a_repetition(probes: Probes) -> None:
    index, name = asked(probes, 0)
    probes.take(context(index, name, 1), 1.0)
    probes.take(context(index, name, 2), 2.0)

    assert (probes.arrivals[0], probes.repeated) == ([1.0], 0)


def test_an_output_that_comes_twice_is_counted_whether_it_answers_or_not(probes: Probes) -> None:
    index, name = asked(probes, 0)
    for at in (1.0, 2.0):
        probes.take(context(index, name, 1), at)
        probes.take(context(99, "Anna", 7), at)
    assert (probes.arrivals[0], probes.repeated) == ([1.0], 2)


def test_an_older_version_counts_as_repeated(probes: Probes) -> None:
    probes.take(context(99, "Anna", 7), 1.0)
    probes.take(context(99, "Anna", 6), 1.1)
    assert probes.repeated == 1


def test_what_is_not_answered_is_missing_and_waits(probes: Probes) -> None:
    _, early = asked(probes, 0, now=1.0)
    asked(probes, 1, now=3.0)
    assert (probes.missing, probes.waiting_seconds(4.0)) == (2, 3.0)

    probes.take(context(10, early, 1), 4.0)
    assert (probes.missing, probes.waiting_seconds(4.0)) == (1, 1.0)


def test_what_was_given_up_is_counted_once_and_holds_up_nothing(probes: Probes) -> None:
    asked(probes, 1, now=1.0)
    assert (probes.give_up(), probes.give_up()) == (1, 0)
    assert (probes.missing, probes.waiting_seconds(9.0), probes.ask(1, 9.0)) == (0, 0.0, None)
