from typing import Any

import pytest

from agents.customer.model import GuardFull
from agents.identity.model import BadIdentifier
from agents.profile.model import MAX_ENDED, MAX_LIVE, Ids
from schemas.records import CustomerUpserted, IdentifierLinked, IdentifierUnlinked
from tests.builders.day import HOUR, Day, a_customer, after


def upserted(day: Day, ago: int = 0, **fields: Any) -> Day:
    day.now += 1000
    day.happens(CustomerUpserted, ago=ago, customer_id="c-1", **fields)
    return day


def linked(day: Day, value: str, start: int, end: int | None = None, ago: int = 0, scheme: str = "app") -> Day:
    fields: dict[str, Any] = {
        "customer_id": "c-1",
        "scheme": scheme,
        "value": value,
        "valid_from": start,
        "valid_to": end,
    }
    day.happens(IdentifierLinked, ago=ago, **fields)
    return day


def unlinked(day: Day, value: str, at: int) -> Day:
    day.happens(IdentifierUnlinked, customer_id="c-1", scheme="app", value=value, valid_to=at)
    return day


def shown(day: Day) -> list[tuple[str, int, int | None]]:
    return [(each.value, each.valid_from, each.valid_to) for each in day.context.identifiers if each.scheme == "app"]


def test_the_newest_profile_counts_as_a_whole() -> None:
    day = upserted(a_customer(), first_name="Anna", language="ru")
    day = upserted(upserted(day, language="en"), ago=HOUR, first_name="Old")
    assert (day.context.first_name, day.context.language) == (None, "en")


def test_of_two_profiles_at_the_same_time_the_greater_event_id_counts() -> None:
    for ids in (("a", "b"), ("b", "a")):
        day = a_customer()
        for event_id in ids:
            day.happens(CustomerUpserted, customer_id="c-1", first_name=event_id, event_id=event_id)
        assert day.context.first_name == "b"


def test_the_same_profile_once_more_is_not_material() -> None:
    day = upserted(a_customer(), first_name="Anna")
    before = day.machine.material
    assert upserted(day, first_name="Anna").machine.material == before
    assert upserted(day, first_name="Ann").machine.material == before + 1


def test_identifiers_are_shown_in_their_one_spelling() -> None:
    day = a_customer()
    assert [(each.scheme, each.value) for each in day.context.identifiers] == [("msisdn", "79161234567")]


def test_an_identifier_that_is_none_is_refused() -> None:
    with pytest.raises(BadIdentifier):
        linked(a_customer(), "null", 0)


def test_an_unlink_ends_every_link_that_began_before_it() -> None:
    day = a_customer()
    unlinked(linked(day, "x", 0), "x", day.now + 5)
    assert shown(day) == [("x", 0, day.now + 5)]
    assert shown(day.who(after(hours=1))) == []


def test_an_unlink_heard_before_its_link_ends_it_all_the_same() -> None:
    day = a_customer()
    assert shown(linked(unlinked(day, "x", day.now + 5), "x", 0)) == [("x", 0, day.now + 5)]


def test_an_identifier_that_comes_back_starts_anew() -> None:
    day = a_customer()
    linked(unlinked(linked(day, "x", 0), "x", day.now), "x", day.now)
    assert shown(day) == [("x", day.now, None)]


def test_a_later_assertion_of_a_link_replaces_an_earlier_one() -> None:
    day = a_customer()
    end = day.now + HOUR
    assert shown(linked(linked(day, "x", 0, end), "x", 0, None, ago=HOUR)) == [("x", 0, end)]
    assert shown(linked(day.who(after(minutes=1)), "x", 0)) == [("x", 0, None)]


def test_a_link_without_length_never_was() -> None:
    day = a_customer()
    assert shown(linked(day, "x", day.now + HOUR, day.now + HOUR)) == []


def test_more_identifiers_than_any_customer_has_are_refused_and_none_is_lost() -> None:
    day = a_customer()
    for number in range(MAX_LIVE - 1):
        linked(day, f"x-{number}", 0)
    with pytest.raises(GuardFull):
        linked(day, "one-more", 0)
    assert len(day.context.identifiers) == MAX_LIVE


def test_links_that_ended_are_kept_within_a_bound() -> None:
    day = a_customer()
    for number in range(3 * MAX_ENDED):
        linked(day, f"x-{number}", number, number + 1)
        unlinked(day, f"y-{number}", number)
    ids = day.machine.section("ids", Ids)
    assert (len(ids.links), len(ids.ends)) == (MAX_ENDED + 1, MAX_ENDED)
