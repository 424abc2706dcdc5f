"""What offers and propensities must be: a version that is kept never leads to a decision outside its contract."""

from typing import Any

import msgspec
import pytest

from agents.control.validation import fault_of
from schemas.records import GroupPrior, Propensity
from tests.builders.offers import an_offer, offers_of, propensities_of


def test_good_offers_and_propensities_have_no_fault() -> None:
    sells = an_offer("a", usage_kind="data", unit_size=1, unit_price_minor=0, min_saving_minor=-5, reasons=("TV",))
    assert fault_of(offers_of(sells, an_offer("b", value_minor=-5, service_value=5, kind="service"))) is None
    assert fault_of(propensities_of(("a", "super", 0), ("a", None, 1_000_000), priors={"g": 5})) is None


@pytest.mark.parametrize(
    "other",
    [
        {"action_id": ""}, {"action_id": "a" * 129}, {"title": ""}, {"title": "a" * 129}, {"group": ""},
        {"kind": "UNKNOWN"}, {"product_spec_id": ""}, {"channels": ("UNKNOWN",)}, {"tariffs": ("",)},
        {"required_spec_ids": ("",)}, {"excluded_spec_ids": ("",)}, {"reasons": ("",)}, {"reasons": (" ",)},
        {"reasons": ("a" * 129,)}, {"is_only_in_context": True}, {"currency": "rub"}, {"value_minor": 10**8 + 1},
        {"value_minor": -1}, {"service_value": 10**8 + 1}, {"context_percent": -1}, {"context_percent": 10_001},
        {"lever_percent": -1}, {"lever_percent": 10_001}, {"price_minor": -1}, {"price_minor": 10**11 + 1},
        {"unit_size": 0}, {"unit_price_minor": 1}, {"unit_price_minor": -1, "usage_kind": "voice"},
        {"min_saving_minor": 0}, {"cooldown_seconds": -1}, {"cooldown_seconds": 2**31 - 1},
    ],
)  # fmt: skip
def test_a_bad_offer_is_refused(other: dict[str, Any]) -> None:
    bad = msgspec.structs.replace(an_offer("a"), **other)
    assert fault_of(offers_of(an_offer("b"), bad)) is not None


@pytest.mark.parametrize(
    "other",
    [
        {"offers": ()}, {"offers": (an_offer("a"), an_offer("a"))}, {"config_id": ""}, {"max_actions": 0},
        {"max_actions": 4}, {"max_per_group": 0}, {"expires_seconds": 0}, {"response_seconds": 0},
        {"response_seconds": 2**31 - 1}, {"repeat_seconds": -1}, {"intent_seconds": -1}, {"scorer_wait_millis": -1},
        {"scorer_wait_millis": 60_001}, {"control_group_percent": -1}, {"control_group_percent": 101},
        {"offers": tuple([an_offer(f"a-{number}") for number in range(1_001)])},
    ],
)  # fmt: skip
def test_bad_rules_for_all_offers_are_refused(other: dict[str, Any]) -> None:
    assert fault_of(msgspec.structs.replace(offers_of(an_offer("a")), **other)) is not None


@pytest.mark.parametrize(
    "other",
    [
        {"model": ""},
        {"priors": (GroupPrior("g", 1), GroupPrior("g", 2))},
        {"priors": (GroupPrior("", 1),)},
        {"priors": (GroupPrior("g", -1),)},
        {"propensities": (Propensity("a", None, 1), Propensity("a", None, 2))},
        {"propensities": (Propensity("", None, 1),)},
        {"propensities": (Propensity("a", "", 1),)},
        {"propensities": (Propensity("a", None, 1_000_001),)},
    ],
)
def test_bad_propensities_are_refused(other: dict[str, Any]) -> None:
    assert fault_of(msgspec.structs.replace(propensities_of(), **other)) is not None
