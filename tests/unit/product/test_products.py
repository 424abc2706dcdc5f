import pytest

from agents.customer.model import GuardFull
from agents.product.model import MAX_ACTIVE, MAX_ENDED, PRODUCTS, Products, spec_ids, tariff
from tests.builders.contact import bought, changed, gave_up
from tests.builders.day import MINUTE, Day, a_customer


def products(day: Day) -> Products:
    found: Products = day.machine.section(PRODUCTS, Products)
    return found


def test_what_was_bought_is_owned_until_it_is_given_up() -> None:
    day = a_customer().who(bought("p-1", "tv"), bought("p-2", "music"))
    assert spec_ids(products(day)) == {"tv", "music"}
    day.who(gave_up("p-1"))
    assert spec_ids(products(day)) == {"music"}
    assert [each.product_id for each in day.context.products] == ["p-2"]


def test_a_product_that_changed_is_what_it_is_now() -> None:
    day = a_customer().who(bought("p-1", "small", is_tariff=True), changed("p-1", "large", is_tariff=True))
    assert spec_ids(products(day)) == {"large"}
    assert day.context.tariff == "The large"


def test_an_older_change_is_old_news() -> None:
    day = a_customer().who(bought("p-1", "small"), changed("p-1", "large"), changed("p-1", "medium", ago=MINUTE))
    assert spec_ids(products(day)) == {"large"}


def test_a_change_does_not_bring_back_what_ended_and_an_activation_does() -> None:
    day = a_customer().who(bought("p-1", "tv"), gave_up("p-1"), changed("p-1", "tv_2"))
    assert spec_ids(products(day)) == frozenset()
    day.who(bought("p-1", "tv_3"))
    assert spec_ids(products(day)) == {"tv_3"}


def test_an_activation_told_after_the_end_brings_nothing_back() -> None:
    day = a_customer().who(gave_up("p-1"), bought("p-1", "tv", ago=MINUTE))
    assert spec_ids(products(day)) == frozenset()


def test_the_tariff_is_the_one_that_became_so_last() -> None:
    day = a_customer().who(
        bought("p-1", "old", is_tariff=True), bought("p-2", "new", is_tariff=True), bought("p-3", "tv")
    )
    assert [each and each.spec_id for each in [tariff(products(day))]] == ["new"]
    day.who(gave_up("p-2"))
    assert day.context.tariff == "The old"
    assert tariff(Products()) is None
    assert tariff(None) is None


def test_what_a_customer_has_is_never_forgotten_and_one_too_many_is_refused() -> None:
    day = a_customer().who(*(bought(f"p-{number:02}", "spec") for number in range(MAX_ACTIVE)))
    with pytest.raises(GuardFull):
        day.who(bought("p-99", "spec"))
    day.who(gave_up("p-00"), bought("p-99", "spec"))


def test_what_ended_last_is_kept_for_late_news() -> None:
    day = a_customer().who(*(gave_up(f"p-{number:02}") for number in range(MAX_ENDED + 2)))
    assert sorted(products(day).products) == [f"p-{number:02}" for number in range(2, MAX_ENDED + 2)]
