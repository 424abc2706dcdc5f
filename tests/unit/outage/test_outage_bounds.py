"""What a customer's network section may hold."""

import pytest

from agents.customer.model import GuardFull, encode_section
from agents.outage.impacts import MAX_IMPACTS, MAX_LEAVES
from agents.outage.model import Attachment, Impact, Network, Point
from agents.outage.rules import MAX_POINTS, MAX_SUBSCRIPTIONS
from tests.builders.outages import NOON, at_home, opened


def section(lines: int, points: int, impacts: int) -> Network:
    places = [Point(f"cell-{number:06}", NOON) for number in range(points)]
    told = {"opened": NOON, "eta": NOON, "resolved": 0}
    impact = Impact(
        "open", NOON, ["home_internet", "tv"], NOON, NOON, NOON, "x" * 60, told, told, NOON, leaves=["p" * 12]
    )
    return Network(
        {f"line-{number:06}": Attachment(["mobile_data"], places, NOON, "e" * 36) for number in range(lines)},
        {f"outage-{number:06}": impact for number in range(impacts)},
    )


@pytest.mark.parametrize(
    ("lines", "points", "impacts", "limit"), [(2, 6, 3, 1536), (MAX_SUBSCRIPTIONS, MAX_POINTS, MAX_IMPACTS, 11 * 1024)]
)
def test_the_section_stays_within_its_budget(lines: int, points: int, impacts: int, limit: int) -> None:
    assert len(encode_section(section(lines, points, impacts)) or b"") <= limit


def test_one_subscription_too_many_is_refused_and_one_that_left_makes_room() -> None:
    home = at_home()
    for number in range(MAX_SUBSCRIPTIONS - 1):
        home.attached(f"port-{number}", line=f"line-{number}")
    with pytest.raises(GuardFull):
        home.attached("port-x", line="one-more")
    home.attached(line="line-3").attached("port-x", line="one-more")
    assert "line-3" not in home.network.attachments
    assert len(home.network.attachments) == MAX_SUBSCRIPTIONS


def test_the_newest_places_of_a_phone_are_kept() -> None:
    home = at_home().attached(*((f"cell-{number:02}", NOON - number) for number in range(MAX_POINTS + 4)), line="phone")
    phone = home.network.attachments["phone"]
    assert [point.resource_id for point in phone.points] == [f"cell-{number:02}" for number in range(MAX_POINTS)]
    cells = [f"cell-{number:02}" for number in range(MAX_POINTS)]
    assert len(home.hears(opened("o-1", 1, *cells)).impact().leaves) == MAX_LEAVES


@pytest.mark.parametrize("fields", [{"line": "l" * 129}, {"event_id": "e" * 129}])
def test_an_id_too_long_for_the_record_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="is longer than 128 characters"):
        at_home().attached("a", **fields)  # type: ignore[arg-type]  # one of its own words


def test_a_place_with_a_name_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="is longer than 128 characters"):
        at_home().attached("p" * 129)
