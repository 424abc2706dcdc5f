"""Outages: who is hit hears of it once, on a channel that works, and of its end only when they heard of it."""

from typing import Any

import pytest

from agents.outage.impacts import MAX_IMPACTS
from schemas.records import (
    DeadChannels,
    IdentifierUnlinked,
    MessageDelivered,
    OutagePolicy,
    QuietHours,
)
from tests.builders.day import HOUR, MINUTE
from tests.builders.outages import INTERNET, NOON, PORT, at_home, opened, over


def test_who_is_hit_is_told_once() -> None:
    home = at_home().hears(opened(eta=NOON + HOUR, cause_public="a cut cable"))
    home.hears(opened(), opened(revision=2), opened(revision=3))
    assert home.messages == [("outage.opened", "o-1")]
    request = home.requests[0]
    assert request.parameters == {
        "outage_id": "o-1", "service": "home_internet", "eta": NOON + HOUR, "cause_public": "a cut cable",
        "starts_at": NOON,
    }  # fmt: skip
    assert (request.cause_event_id, request.cause_source) == ("n", "t")
    assert request.expires_at == NOON + MINUTE + 6 * HOUR
    assert home.phases == ["opened"]
    assert home.impact().state == "open"


@pytest.mark.parametrize("fields", [{"service_kinds": ("tv",)}, {"leaves": frozenset({"port-12"})}])
def test_who_is_not_hit_hears_nothing(fields: dict[str, Any]) -> None:
    home = at_home().hears(opened(**fields))
    assert (home.messages, home.published, home.network.impacts) == ([], [], {})


def test_a_service_and_a_place_of_two_subscriptions_are_no_hit() -> None:
    home = at_home().attached("port-12", kinds=("tv",), line="other")
    assert home.hears(opened("o-1", 1, "port-12")).messages == []
    assert home.hears(opened("o-2", 1, "port-12", service_kinds=("tv", "fixed_voice"))).messages != []
    assert home.requests[0].parameters["service"] == "tv"


def test_the_end_is_told_to_who_was_told() -> None:
    home = at_home().hears(opened(), over())
    assert home.messages == [("outage.opened", "o-1"), ("outage.resolved", "o-1")]
    assert [(each.phase, each.minutes, each.ended_at) for each in home.published] == [
        ("opened", None, None), ("resolved", 60, NOON + HOUR),
    ]  # fmt: skip
    assert home.hears(over(revision=10)).phases == ["opened", "resolved"]


def test_who_was_not_told_hears_nothing_of_the_end() -> None:
    home = at_home().hears(over())
    assert (home.messages, home.published) == ([], [])


def test_who_could_not_be_told_hears_nothing_of_the_end() -> None:
    home = at_home()
    for scheme, value in (("msisdn", "+7 916 123-45-67"), ("app", "app-1"), ("email", "a@example.org")):
        home.happens(IdentifierUnlinked, customer_id="c-1", scheme=scheme, value=value, valid_to=home.now)
    home.hears(opened(), over())
    assert home.suppressions == [("outage.opened", "no-channel")]
    assert (home.messages, home.phases) == ([], ["opened", "resolved"])


def test_a_message_that_failed_told_nobody() -> None:
    home = at_home().hears(opened()).fails().hears(opened(revision=2), over())
    assert home.purposes == ["outage.opened"]


def test_of_two_reports_the_one_that_means_contact_counts() -> None:
    for kinds in ((True, False), (False, True)):
        home = at_home().hears(opened())
        for is_delivered in kinds:
            home = home.fails(kind=MessageDelivered) if is_delivered else home.fails()
        assert home.hears(over()).purposes == ["outage.opened", "outage.resolved"]


def test_a_template_without_the_outage_s_id_is_remembered_too() -> None:
    home = at_home().configure(parameters=())
    assert home.hears(opened(), over()).purposes == ["outage.opened", "outage.resolved"]


def test_a_discarded_outage_is_corrected_for_who_was_told_alone() -> None:
    assert at_home().hears(opened(), over(state="discarded")).purposes == ["outage.opened", "outage.discarded"]
    assert at_home().hears(opened()).fails().hears(over(state="discarded")).purposes == ["outage.opened"]
    assert at_home().hears(opened(), over(state="discarded")).published[-1].minutes is None


def test_what_breaks_again_after_its_end_was_told_says_nothing_more() -> None:
    home = at_home().hears(opened(), over(), opened(revision=10), over(revision=11))
    assert home.purposes == ["outage.opened", "outage.resolved"]
    assert home.phases == ["opened", "resolved", "opened", "resolved"]


@pytest.mark.parametrize(
    ("kind", "channels"),
    [("mobile_data", ("sms",)), ("home_internet", ("push", "sms")), ("mobile_voice", ("push", "email")),
     ("tv", ("push", "sms", "email"))],
)  # fmt: skip
def test_no_channel_needs_what_is_broken(kind: str, channels: tuple[str, ...]) -> None:
    home = at_home().attached(PORT, kinds=(kind,)).hears(opened(service_kinds=(kind,)), over())
    assert home.requests[0].channels == channels
    assert home.requests[1].channels == ("push", "sms", "email")


def test_the_policy_in_force_names_dead_channels_and_for_how_long_it_is_news() -> None:
    policy = OutagePolicy("p", 1, 0, (), 0, 0, 60, (DeadChannels("home_internet", ("sms",)),))
    request = at_home().configure(policy).hears(opened()).requests[0]
    assert (request.channels, request.expires_at) == (("push", "email"), NOON + 2 * MINUTE)


def test_only_services_of_the_customer_count_as_dead() -> None:
    home = at_home().hears(opened(service_kinds=("home_internet", "mobile_voice")))
    assert home.requests[0].channels == ("push", "sms")
    assert home.published[0].service_kinds == INTERNET


# estimates


def test_an_estimate_is_told_again_when_it_moved_by_more_than_the_shift_since_it_was_told() -> None:
    eta = NOON + 5 * HOUR
    home = at_home().hears(opened(eta=eta), opened(revision=2, eta=eta + 20 * MINUTE))
    assert home.phases == ["opened"]
    home.hears(opened(revision=3, eta=eta + 31 * MINUTE))
    assert home.purposes == ["outage.opened", "outage.eta_changed"]
    assert home.requests[1].parameters["eta"] == home.published[1].eta == eta + 31 * MINUTE
    home.hears(opened(revision=4, eta=eta + 61 * MINUTE))
    assert home.phases == ["opened", "eta_changed"]
    assert home.hears(opened(revision=5, eta=eta)).purposes[2:] == ["outage.eta_changed"]


def test_the_first_estimate_is_news() -> None:
    assert at_home().hears(opened(), opened(revision=2, eta=NOON)).purposes[1:] == ["outage.eta_changed"]


def test_who_was_not_told_hears_of_no_estimate() -> None:
    home = at_home().hears(opened()).fails().hears(opened(revision=2, eta=NOON))
    assert (home.purposes, home.phases) == (["outage.opened"], ["opened", "eta_changed"])


# several


def test_who_was_told_of_an_outage_is_not_told_of_one_that_breaks_the_same() -> None:
    home = at_home().hears(opened("child"), opened("parent"), over("child"))
    assert home.messages == [("outage.opened", "child")]
    assert home.phases == ["opened", "opened", "resolved"]
    home.hears(over("parent"))
    assert home.messages == [("outage.opened", "child"), ("outage.resolved", "parent")]


def test_another_line_s_outage_is_another_matter() -> None:
    home = at_home().attached("port-12", line="second")
    home.hears(opened("o-1"), opened("o-2", 1, "port-12"), over("o-1"), over("o-2"))
    assert home.messages == [
        ("outage.opened", "o-1"), ("outage.opened", "o-2"), ("outage.resolved", "o-1"), ("outage.resolved", "o-2"),
    ]  # fmt: skip


def test_a_child_that_its_parent_takes_over_while_it_is_told_ends_with_the_parent() -> None:
    home = at_home().hears(opened("child"))
    home.knows(opened("parent", notify_at=home.now + HOUR)).hears(over("child", state="discarded"))
    assert home.messages == [("outage.opened", "child")]
    home.hears(opened("parent", 2), over("parent"))
    assert home.messages == [("outage.opened", "child"), ("outage.resolved", "parent")]
    assert home.phases == ["opened", "discarded", "opened", "resolved"]


def test_a_parent_that_ends_before_it_is_told_ends_what_its_child_said() -> None:
    home = at_home().hears(opened("child"))
    home.knows(opened("parent", notify_at=home.now + HOUR)).hears(over("child", state="discarded"))
    assert "outage:parent" in home.places
    assert home.hears(over("parent")).purposes == ["outage.opened", "outage.resolved"]


def test_a_failed_message_of_the_child_counts_for_the_parent_too() -> None:
    home = at_home().hears(opened("child"), opened("parent")).fails(0).hears(over("child"), over("parent"))
    assert home.purposes == ["outage.opened"]


def test_what_works_again_while_the_rest_does_not_is_over_for_who_is_there() -> None:
    home = at_home().hears(opened("o-1", 1, PORT, "port-12"), opened("o-1", 2, "port-12"))
    assert home.purposes == ["outage.opened", "outage.resolved"]
    assert home.published[-1].ended_at == home.now
    assert home.hears(over()).purposes == ["outage.opened", "outage.resolved"]


# places


def test_who_moves_away_is_told_how_it_ends() -> None:
    home = at_home().hears(opened()).attached("port-99").hears(opened(revision=2, eta=NOON), over())
    assert home.purposes == ["outage.opened", "outage.eta_changed", "outage.resolved"]


def test_who_moves_in_is_told_at_once() -> None:
    home = at_home().attached("port-99").knows(opened()).attached(PORT)
    assert home.messages == [("outage.opened", "o-1")]
    assert home.requests[0].cause_source == "test"
    assert home.hears(opened()).purposes == ["outage.opened"]


def test_who_moves_in_before_it_is_told_waits() -> None:
    home = at_home().attached("port-99").knows(opened(notify_at=NOON + HOUR)).attached(PORT)
    assert home.messages == []


def test_a_late_attachment_is_known_and_says_nothing() -> None:
    home = at_home().attached("port-99").knows(opened()).attached(PORT, is_silent=True)
    assert (home.messages, home.places) == ([], {"leaf:port-11"})


def test_an_older_attachment_changes_nothing() -> None:
    home = at_home().after(minutes=5).attached("port-99").attached(PORT, occurred_at=NOON)
    assert home.places == {"leaf:port-99"}


def test_a_phone_is_where_it_was_seen_within_six_hours_of_the_last_place() -> None:
    home = at_home().attached("a", ("b", NOON - 6 * HOUR + 1), ("c", NOON - 6 * HOUR))
    assert home.places == {"leaf:a", "leaf:b"}


def test_a_subscription_that_left_is_nowhere() -> None:
    assert at_home().attached().hears(opened()).messages == []


# bounds and holds


def test_a_held_beginning_is_taken_back_by_the_end() -> None:
    home = at_home().configure(quiet=QuietHours("service", 11 * 60, 14 * 60), urgent="service")
    home.hears(opened(), over()).after(hours=3)
    assert (home.purposes, home.suppressions) == ([], [("outage.opened", "covered")])
    assert home.phases == ["opened", "resolved"]


def test_more_impacts_than_anybody_has_are_suppressed_and_nothing_is_forgotten_early() -> None:
    home = at_home()
    for number in range(MAX_IMPACTS + 1):
        home.hears(opened(f"o-{number:02}"), over(f"o-{number:02}"))
    assert home.suppressions == [("outage.opened", "guard-full")]
    home.after(hours=73).hears(opened("o-new"))
    assert set(home.network.impacts) == {"o-new"}


def test_an_impact_is_material_when_what_is_shown_of_it_changed() -> None:
    home = at_home()
    before = home.machine.material
    home.hears(opened(), opened(revision=2))
    assert home.machine.material == before + 1
    assert home.hears(opened(revision=3, eta=5), over()).machine.material == before + 3


def test_the_index_finds_who_is_attached_and_who_is_in_it() -> None:
    home = at_home().hears(opened())
    assert home.places == {f"leaf:{PORT}", "outage:o-1"}
    assert home.hears(over()).places == {f"leaf:{PORT}"}
