import pytest

from agents.customer.model import encode_section
from agents.outage.model import NETWORK, Attachment, Network, Outage, Outages, Point
from schemas.records import Offer
from tests.builders.contact import bought, called, gave_up, hung_up, opened_ticket, resolved_ticket, searched, typed
from tests.builders.day import HOUR, Day, a_customer, after, charged, has_balance, used
from tests.builders.offers import an_offer, asked, best, candidate, decisions, fell, offered, reported

OUTAGE = Outage("o-1", 1, "open", frozenset({"port-1"}), ("home_internet",), "major", 0, 0)


def in_outage(day: Day, *outages: Outage) -> Day:
    attached = Network({"s-1": Attachment(["home_internet"], [Point("port-1", 0)], 0, "e")})
    day.machine.stored[NETWORK] = encode_section(attached) or b""
    day.machine.config = day.machine.config.with_outages(Outages(outages))
    return day


def of(offer: Offer, *steps: object, reason: str | None = None) -> Day:
    """Return a day with the offer and one that helps, after the steps and a call."""
    day = offered(a_customer(), offer, an_offer("z-help", kind="service"))
    return day.who(*steps).who(called("i-1", reason))  # type: ignore[arg-type]  # steps


def test_an_offer_for_everybody_is_ranked() -> None:
    day = of(an_offer("a"))
    assert fell(day) == ("ranked", None)
    assert best(day) == ["a", "z-help"]


SUPER, MUSIC = bought("p-1", "super", is_tariff=True), bought("p-2", "music")


@pytest.mark.parametrize(
    ("other", "steps", "why"),
    [
        ({"tariffs": ("super",)}, [], "tariff"),
        ({"tariffs": ("super",)}, [bought("p-1", "super")], "tariff"),
        ({"tariffs": ("super",)}, [SUPER], None),
        ({"required_spec_ids": ("music", "super")}, [SUPER], "required"),
        ({"required_spec_ids": ("music", "super")}, [SUPER, MUSIC], None),
        ({"excluded_spec_ids": ("music", "x")}, [MUSIC], "excluded"),
        ({"excluded_spec_ids": ("music",)}, [MUSIC, gave_up("p-2")], None),
        ({"min_balance_minor": 100}, [], "balance"),
        ({"min_balance_minor": 100}, [has_balance(99)], "balance"),
        ({"min_balance_minor": 100}, [has_balance(100)], None),
        ({"min_balance_minor": 100}, [has_balance(100, currency="KZT")], "balance"),
        ({"min_balance_minor": 100}, [has_balance(500, "a-1"), after(hours=24), has_balance(99, "a-2")], "balance"),
        ({"product_spec_id": "music"}, [MUSIC], "owned"),
        ({"product_spec_id": "music"}, [], None),
    ],
)
def test_who_can_have_it(other: dict[str, object], steps: list[object], why: str | None) -> None:
    assert fell(of(an_offer("a", **other), *steps)) == (("ranked", None) if why is None else ("eligibility", why))


def test_the_first_condition_in_order_is_named() -> None:
    offer = an_offer("a", tariffs=("x",), required_spec_ids=("y",), excluded_spec_ids=("music",), channels=("web",))
    assert fell(of(offer, MUSIC)) == ("eligibility", "tariff")


@pytest.mark.parametrize(("channels", "stage"), [(("web", "app"), "applicability"), (("phone",), "ranked")])
def test_where_it_can_be_offered(channels: tuple[str, ...], stage: str) -> None:
    assert fell(of(an_offer("a", channels=channels)))[0] == stage


@pytest.mark.parametrize(
    ("steps", "reason", "is_wanted"),
    [
        ([], None, False),
        ([], "РОУМИНГ", True),
        ([], "роуминг в Турции", False),
        ([searched("цены на РОУМИНГ летом")], None, True),
        ([searched("цены на роуминг", surface="tv"), after(hours=2)], None, False),
        ([searched("дача")], None, False),
    ],
)
def test_what_answers_what_the_customer_wants(steps: list[object], reason: str | None, is_wanted: bool) -> None:  # noqa: FBT001 - a case
    day = of(an_offer("a", reasons=("Роуминг",), is_only_in_context=True), *steps, reason=reason)
    assert fell(day) == (("ranked", None) if is_wanted else ("applicability", "context"))
    assert candidate(day, "a").context_percent == (300 if is_wanted else 0)


CHEAP_CALLS = {"usage_kind": "voice", "unit_price_minor": 2, "unit_size": 60, "price_minor": 10}


@pytest.mark.parametrize(
    ("saving", "steps", "stage"),
    [
        (0, [], "suitability"),
        (87, [used("voice", 61, 101)], "ranked"),
        (88, [used("voice", 61, 101)], "suitability"),
        (1, [used("data", 61, 101)], "suitability"),
        (None, [], "ranked"),
    ],
)
def test_it_suits_only_who_saves_enough(saving: int | None, steps: list[object], stage: str) -> None:
    assert fell(of(an_offer("a", **CHEAP_CALLS, min_saving_minor=saving), *steps))[0] == stage


def test_a_rationale_is_in_the_customers_own_numbers() -> None:
    charges = [charged(5, "ch-2"), charged(5, "ch-1"), charged(5, "ch-3", kind="fee")]
    day = of(an_offer("a", **CHEAP_CALLS), used("voice", 61, 101), *charges)
    action = decisions(day)[0].actions[0]
    assert action.rationale is not None
    assert action.rationale.units_30d == 61
    assert action.rationale.current_cost_minor == 101
    assert action.rationale.cost_with_offer_minor == 10 + 2 * 2
    assert action.rationale.saving_minor == 87
    assert action.rationale.evidence_charge_ids == ("ch-2", "ch-1")
    assert decisions(day)[0].actions[1].rationale is None


def test_an_offer_that_costs_more_says_so() -> None:
    day = of(an_offer("a", **{**CHEAP_CALLS, "price_minor": 500}), used("voice", 60, 101))
    rationale = decisions(day)[0].actions[0].rationale
    assert rationale is not None
    assert rationale.saving_minor == 101 - 502


def test_a_cost_that_cannot_be_is_no_rationale() -> None:
    offer = an_offer("a", usage_kind="data", unit_price_minor=10**8, unit_size=1)
    assert decisions(of(offer, used("data", 10**13, 5)))[0].actions[0].rationale is None


def test_an_open_outage_closes_the_gate_to_sales_alone() -> None:
    day = in_outage(offered(a_customer(), an_offer("a"), an_offer("help", kind="service")), OUTAGE)
    day.who(opened_ticket("t-1"), called("i-1"))
    assert decisions(day)[0].gate == "outage"
    assert best(day) == ["help"]
    assert fell(day) == ("gate", "outage")


def test_an_open_ticket_closes_the_gate_until_it_is_resolved() -> None:
    day = of(an_offer("a"), opened_ticket("t-1"))
    assert fell(day) == ("gate", "ticket")
    day.who(resolved_ticket("t-1"), called("i-2"))
    assert decisions(day)[1].gate is None
    assert fell(day) == ("ranked", None)


def test_a_repeat_contact_closes_the_gate_within_its_time() -> None:
    day = of(an_offer("a"), reason="Where is my money")
    day.who(hung_up("i-1"), after(hours=6 * 24), called("i-2"))
    assert decisions(day)[1].gate is None
    day.who(typed("i-2", "where is MY money"))
    assert decisions(day)[2].gate == "repeat_contact"
    day.who(hung_up("i-2"), after(hours=8 * 24), called("i-3", "where is my money"))
    assert decisions(day)[3].gate is None


def test_what_was_offered_after_the_customer_spoke_is_not_offered_in_the_conversation_again() -> None:
    day = of(an_offer("a")).who(typed("i-1", "x"), typed("i-1", "y"))
    assert [best(day, place) for place in range(3)] == [["a", "z-help"], ["a", "z-help"], []]
    assert fell(day) == ("suppression", "offered")
    day.who(called("i-2"), typed("i-2", "z"))
    assert best(day) == ["a", "z-help"]


@pytest.mark.parametrize("outcome", ["impression", "accepted", "rejected"])
def test_what_the_greeting_showed_is_not_offered_in_the_conversation_again(outcome: str) -> None:
    day = of(an_offer("a", cooldown_seconds=0)).who(reported(outcome, "a"), typed("i-1", "x"))
    assert fell(day) == ("suppression", "offered")


def test_who_took_an_action_is_never_offered_it_again() -> None:
    day = of(an_offer("a")).who(reported("accepted", "a"), after(hours=24 * 365), called("i-2"))
    assert fell(day) == ("suppression", "accepted")


def test_who_refused_an_action_is_not_asked_before_its_cooldown_is_over() -> None:
    day = of(an_offer("a")).who(reported("rejected", "a", ago=HOUR), after(hours=22), called("i-2"))
    assert fell(day) == ("suppression", "refused")
    day.who(after(hours=1), called("i-3"))
    assert fell(day) == ("ranked", None)


def test_the_control_group_gets_nothing_and_is_recorded() -> None:
    day = offered(a_customer(), an_offer("a"), an_offer("b", tariffs=("x",)), control_group_percent=100)
    day.who(called("i-1"))
    assert decisions(day)[0].is_control_group
    assert best(day) == []
    assert [fell(day, each) for each in "ab"] == [("suppression", "control"), ("eligibility", "tariff")]


def test_nothing_is_offered_in_more_conversations_than_can_be_remembered() -> None:
    day = offered(a_customer(), an_offer("a"))
    for number in range(17):
        day.who(called(f"i-{number}"))
    assert best(day, 15) == ["a"]
    assert fell(day) == ("suppression", "guard-full")
    day.who(after(hours=4), called("i-99"))
    assert best(day) == ["a"]


def test_a_conversation_keeps_its_reason_for_whoever_asks_in_it() -> None:
    day = of(an_offer("a", reasons=("roaming",), is_only_in_context=True), reason="roaming").who(asked("i-1"))
    assert decisions(day)[1].reason_code == "roaming"
    assert decisions(day)[1].trigger == "channel"
    assert best(day)[0] == "a"
