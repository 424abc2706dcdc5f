import pytest

from schemas.wire import decode, encode
from tests.builders.contact import bought, called, searched, typed
from tests.builders.day import Day, a_customer
from tests.builders.offers import (
    an_offer,
    asked,
    best,
    candidate,
    decisions,
    fell,
    offered,
    propensities_of,
    reported,
    traces,
)


def test_a_score_is_the_product_of_its_factors() -> None:
    offer = an_offer("a", value_minor=7, service_value=5, context_percent=150, lever_percent=70, reasons=("x",))
    day = offered(a_customer(), offer, propensities=propensities_of(("a", None, 333_333))).who(called("i-1", "X"))
    found = candidate(day, "a")
    assert (found.propensity_ppm, found.value, found.context_percent, found.lever_percent) == (333_333, 12, 150, 70)
    assert found.score == 333_333 * 12 * 150 * 70 // 10_000
    assert decisions(day)[0].actions[0].score == found.score


@pytest.mark.parametrize(
    ("tariff", "own", "priors", "expected"),
    [
        ("super", [("a", "super", 3), ("a", None, 2)], {"of-a": 1}, (3, False)),
        ("other", [("a", "super", 3), ("a", None, 2)], {"of-a": 1}, (2, False)),
        (None, [("a", "super", 3), ("a", None, 2)], {"of-a": 1}, (2, False)),
        ("other", [("a", "super", 3), ("b", None, 2)], {"of-a": 1}, (1, True)),
        ("other", [("a", "super", 3)], {"of-b": 1}, (10_000, True)),
        ("super", [("a", "super", 0)], {}, (0, False)),
    ],
)
def test_the_nearest_propensity_counts(
    tariff: str | None, own: list[tuple[str, str | None, int]], priors: dict[str, int], expected: tuple[int, bool]
) -> None:
    day = offered(a_customer(), an_offer("a"), propensities=propensities_of(*own, priors=priors))
    if tariff is not None:
        day.who(bought("p-1", tariff, is_tariff=True))
    found = candidate(day.who(called("i-1")), "a")
    assert (found.propensity_ppm, found.is_prior) == expected
    assert traces(day)[0].propensities == "city@2"


def test_without_propensities_everything_has_the_same_prior() -> None:
    day = offered(a_customer(), an_offer("a")).who(called("i-1"))
    assert (candidate(day, "a").propensity_ppm, candidate(day, "a").is_prior) == (10_000, True)
    assert traces(day)[0].propensities is None


def test_the_best_three_are_offered_of_equals_the_first_by_name() -> None:
    offers = [an_offer("d", value_minor=5), *[an_offer(each, value_minor=4) for each in "cba"], an_offer("e")]
    day = offered(a_customer(), *offers).who(called("i-1"))
    assert best(day) == ["e", "d", "a"]
    assert [action.rank for action in decisions(day)[0].actions] == [1, 2, 3]
    assert [fell(day, each) for each in "bc"] == [("rank", None), ("rank", None)]
    assert candidate(day, "c").score > 0


def test_no_more_of_a_group_are_offered_than_it_may_have() -> None:
    offers = [an_offer(each, group="one", value_minor=value) for value, each in enumerate("abcd", 1)]
    day = offered(a_customer(), *offers, an_offer("e", value_minor=0), max_per_group=2).who(called("i-1"))
    assert best(day) == ["d", "c", "e"]
    assert [fell(day, each) for each in "ab"] == [("diversity", "c"), ("diversity", "c")]


def test_an_action_without_a_rank_still_takes_the_place_of_its_group() -> None:
    offers = [an_offer("b", group="one", value_minor=5), an_offer("c", group="one", value_minor=4), an_offer("a")]
    day = offered(a_customer(), *offers, max_actions=1).who(called("i-1"))
    assert best(day) == ["a"]
    assert [fell(day, each) for each in "bc"] == [("rank", None), ("diversity", "b")]


def test_what_fell_out_before_it_was_scored_has_no_figures() -> None:
    found = candidate(offered(a_customer(), an_offer("a", tariffs=("x",))).who(called("i-1")), "a")
    assert (found.propensity_ppm, found.is_prior, found.context_percent, found.value) == (0, False, 0, 0)
    assert (found.lever_percent, found.score) == (0, 0)


def three(day: Day) -> list[tuple[str, str, str | None, str | None]]:
    return [(each.trigger, each.channel, each.interaction_id, each.reason_code) for each in decisions(day)]


def test_every_question_is_decided_where_it_was_asked() -> None:
    day = offered(a_customer(), an_offer("a")).who(
        called("i-1", channel="chat"), typed("i-1", "roaming"), searched("tv", surface="app"), asked(None, "x")
    )
    assert three(day) == [
        ("contact_started", "chat", "i-1", None),
        ("reason_set", "chat", "i-1", "roaming"),
        ("search", "app", None, None),
        ("channel", "app", None, "x"),
    ]
    assert len({each.decision_id for each in decisions(day)} | {each.request_id for each in decisions(day)}) == 8
    assert decisions(day)[0].expires_at == decisions(day)[0].decided_at + 1_800_000


def test_a_reason_is_ranked_before_the_start_of_its_conversation_is_known() -> None:
    day = offered(a_customer(), an_offer("a", channels=("phone",)), an_offer("b")).who(typed("i-1", "x"))
    assert three(day) == [("reason_set", "UNKNOWN", "i-1", "x")]
    assert best(day) == ["b"]


@pytest.mark.parametrize(
    "step",
    [
        called("i-1", is_silent=True),
        called("i-1", direction="outbound"),
        typed("i-1", "x", is_silent=True),
        searched("x", is_silent=True),
        searched("x", surface="tv"),
        asked("i-1", is_silent=True),
    ],
)
def test_what_asks_nothing(step: object) -> None:
    day = offered(a_customer(), an_offer("a")).who(step)  # type: ignore[arg-type]  # a step
    assert decisions(day) == []
    assert "nba" not in day.machine.stored


def test_without_offers_nothing_is_decided() -> None:
    assert decisions(a_customer().who(called("i-1"), reported("accepted", "a", "d-1"))) == []


def test_decisions_and_traces_fit_their_contracts() -> None:
    day = offered(a_customer(), an_offer("a", usage_kind="voice", unit_price_minor=1)).who(called("i-1"))
    for each in (*decisions(day), *traces(day)):
        assert decode(encode(each)) == each


def test_a_long_search_is_no_obstacle() -> None:
    day = offered(a_customer(), an_offer("a", reasons=("tv",))).who(searched("tv " * 100))
    assert best(day) == ["a"]
