"""A worker that does not get on says so, and ends."""

from streams.kafka.watchdog import Sign, Stillness, Watchdog


def waiting(marker: int) -> dict[str, Sign]:
    return {"backlog customer-3": Sign(is_waiting=True, marker=marker)}


def test_what_moves_or_has_nothing_to_do_is_not_still() -> None:
    stillness = Stillness()
    assert stillness.look(waiting(1), 0.0) == {"backlog customer-3": 0.0}
    assert stillness.look(waiting(2), 50.0) == {"backlog customer-3": 0.0}
    assert stillness.look({"backlog customer-3": Sign(is_waiting=False, marker=2)}, 99.0) == {}
    assert stillness.look(waiting(2), 200.0) == {"backlog customer-3": 0.0}


def test_what_waits_and_does_not_move_is_still_since_it_was_seen_first() -> None:
    stillness = Stillness()
    for at in (0.0, 10.0, 20.0):
        found = stillness.look(waiting(7), at)
    assert found == {"backlog customer-3": 20.0}


class Kennel:
    """A watchdog whose clock and signs a test turns."""

    def __init__(self) -> None:
        self.now, self.signs, self.ends = 0.0, waiting(1), list[str]()
        self.dog = Watchdog(60.0, lambda: self.signs, self.ends.append, lambda: self.now)

    def at(self, now: float) -> "Kennel":
        self.now = now
        self.dog.look()
        return self


def test_half_of_the_limit_is_told_and_all_of_it_ends_the_worker() -> None:
    kennel = Kennel().at(0).at(29)
    assert (kennel.dog.stuck, kennel.ends) == ((), [])
    kennel.at(31)
    assert (kennel.dog.stuck, kennel.ends) == (("backlog customer-3",), [])
    kennel.at(61)
    assert kennel.ends == ["backlog customer-3 did not get on for 60 s"]


def test_a_worker_that_gets_on_again_is_ready_again() -> None:
    kennel = Kennel().at(0).at(31)
    kennel.signs = waiting(2)
    assert kennel.at(35).dog.stuck == ()
    assert kennel.at(70).ends == []
