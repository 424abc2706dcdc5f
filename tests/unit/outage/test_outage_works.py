"""Works: told ahead, when they are moved and when they are called off; nobody is told that they began or are over."""

from schemas.records import ConsentRevoked, QuietHours
from tests.builders.day import HOUR
from tests.builders.outages import NOON, Home, at_home, opened, over, works

NIGHT = QuietHours("service", 11 * 60, 14 * 60)


def silent() -> Home:
    home = at_home()
    for channel in ("sms", "push", "email"):
        home.happens(ConsentRevoked, message_class="service", channel=channel, proof_ref=None)
    return home


def test_works_are_told_ahead_until_they_begin() -> None:
    home = at_home().hears(works(), works(2, severity="minor"))
    assert home.messages == [("works.planned", "w-1")]
    request = home.requests[0]
    assert request.expires_at == request.parameters["starts_at"] == NOON + 3 * HOUR
    assert request.parameters["ends_at"] == NOON + 4 * HOUR
    assert (home.phases, home.impact("w-1").state) == (["works_planned"], "planned")


def test_their_beginning_and_end_change_the_record_alone() -> None:
    home = at_home().hears(works(), works(2, "open"))
    assert (home.impact("w-1").state, home.places) == ("open", {"leaf:port-11", "outage:w-1"})
    home.hears(over("w-1"))
    assert (home.purposes, home.phases) == (["works.planned"], ["works_planned"])
    assert home.impact("w-1").state == "over"


def test_works_that_nobody_planned_say_nothing() -> None:
    assert at_home().hears(works(1, "open", severity="critical")).messages == []


def test_works_that_are_moved_are_told_to_who_knows_of_them() -> None:
    home = at_home().hears(works(), works(2, hours=5), works(3, hours=5), works(4, hours=3))
    assert home.purposes == ["works.planned", "works.moved", "works.moved"]
    assert home.requests[1].parameters["starts_at"] == home.requests[1].expires_at == NOON + 5 * HOUR
    assert home.phases == ["works_planned", "works_moved", "works_moved"]


def test_who_was_not_to_be_told_hears_of_no_move_and_no_end() -> None:
    home = silent().hears(works(), works(2, hours=5), over("w-1", 3, "cancelled"))
    assert (home.messages, home.suppressions) == ([], [("works.planned", "no-consent")])
    assert home.phases == ["works_planned", "works_moved", "works_cancelled"]


def test_who_comes_under_them_when_they_are_moved_hears_that_they_are_planned() -> None:
    home = at_home().attached("port-99").hears(works()).attached("port-11").hears(works(2, hours=5))
    assert home.purposes == ["works.planned"]


def test_cancelled_works_are_told_to_who_knows_of_them() -> None:
    home = at_home().hears(works(), over("w-1", 2, "cancelled"))
    assert (home.purposes, home.phases[1:]) == (["works.planned", "works.cancelled"], ["works_cancelled"])


def test_works_that_are_planned_anew_are_told_anew() -> None:
    home = at_home().hears(works(), over("w-1", 2, "cancelled"), works(3, hours=6), over("w-1", 4, "cancelled"))
    assert home.purposes == ["works.planned", "works.cancelled", "works.planned", "works.cancelled"]


def test_what_waits_for_the_morning_is_taken_back_when_they_are_called_off() -> None:
    home = at_home().configure(quiet=NIGHT).hears(works(), over("w-1", 2, "cancelled")).after(hours=3)
    assert (home.purposes, home.suppressions) == ([], [("works.planned", "covered")])


def test_what_waits_for_the_morning_is_said_as_it_is_then() -> None:
    home = at_home().configure(quiet=NIGHT).hears(works(), works(2, hours=5)).after(hours=3)
    assert (home.purposes, home.suppressions) == (["works.planned"], [("works.planned", "covered")])
    assert home.requests[0].parameters["starts_at"] == NOON + 5 * HOUR


def test_a_message_that_waited_counts_as_told_once_it_is_out() -> None:
    home = at_home().configure(quiet=NIGHT).hears(works(hours=5)).after(hours=3)
    assert home.purposes == ["works.planned"]
    assert home.hears(over("w-1", 2, "cancelled")).purposes == ["works.planned", "works.cancelled"]


def test_an_outage_during_works_is_told_and_the_works_stand_in_for_nothing() -> None:
    home = at_home().hears(works(), works(2, "open"), opened(), over())
    assert home.purposes == ["works.planned", "outage.opened", "outage.resolved"]


def test_works_that_stop_and_are_moved_are_ahead_again() -> None:
    home = at_home().hears(works(), works(2, "open"), works(3, hours=9))
    assert home.purposes == ["works.planned", "works.moved"]
    assert home.impact("w-1").state == "planned"
