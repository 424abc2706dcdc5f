import msgspec
import pytest

from agents.customer.model import ActiveConfig, Customer, encode_section, short
from tests.builders.kept import customer_with


class Part(msgspec.Struct, array_like=True, gc=False):
    """A section."""

    values: dict[str, int] = {}


def stored(**parts: dict[str, int]) -> dict[str, bytes | None]:
    return {name: encode_section(Part(values)) for name, values in parts.items()}


def test_a_section_is_changed_in_place_and_said_to_have_changed() -> None:
    customer = customer_with(stored(a={"x": 1}, b={"x": 1}))
    customer.section("a", Part).values["x"] = 2
    customer.section("b", Part)
    assert customer.encode_changed() == stored(a={"x": 2})


def test_a_section_changed_back_has_not_changed() -> None:
    customer = customer_with(stored(a={"x": 1, "y": 2}))
    values = customer.section("a", Part).values
    values["x"] = values.pop("x")  # the order of keys leaves no trace
    assert customer.encode_changed() == {}


def test_a_section_that_says_nothing_is_not_stored() -> None:
    customer = customer_with(stored(a={"x": 1}))
    customer.section("a", Part).values.clear()
    customer.section("new", Part)
    assert customer.encode_changed() == {"a": None}


def test_a_dropped_section_is_gone_and_begins_anew() -> None:
    customer = customer_with(stored(a={"x": 1}))
    customer.drop("a")
    assert (customer.peek("a", Part), customer.encode_changed()) == (None, {"a": None})
    customer.section("a", Part).values["y"] = 1
    assert customer.encode_changed() == stored(a={"y": 1})


def test_peeking_sees_what_was_changed_and_creates_nothing() -> None:
    customer = customer_with(stored(a={"x": 1}))
    assert customer.peek("b", Part) is None
    assert customer.peek("a", Part) is customer.section("a", Part)
    assert customer.encode_changed() == {}


def test_a_stored_section_is_read_once() -> None:
    reads: list[str] = []

    def get(name: str) -> bytes | None:
        reads.append(name)
        return stored(a={"x": 1})["a"]

    customer = Customer("c-1", get)
    customer.peek("a", Part)
    customer.section("a", Part)
    customer.drop("a")
    assert reads == ["a"]


def test_timers_are_a_section_and_can_be_taken_back() -> None:
    customer = customer_with({})
    customer.set_timer("t", 5)
    customer.set_timer("u", 6)
    customer.set_timer("t", 7)
    customer.clear_timer("u")
    customer.clear_timer("never set")
    assert dict(customer.timers) == {"t": 7}
    assert list(customer.encode_changed()) == ["timers"]
    assert customer.new_timers == [("t", 5), ("u", 6), ("t", 7)]


def test_a_customer_shows_neither_their_id_nor_their_accounts() -> None:
    customer = customer_with({})
    customer.section("money:a-1", Part)
    assert repr(customer) == "Customer(open=['money'])"


def test_what_follows_from_a_configuration_is_worked_out_once() -> None:
    config = ActiveConfig(3)
    made = [config.derived(derive), config.derived(derive)]
    assert made[0] is made[1]
    assert made[0] == [3]
    assert ActiveConfig(4).derived(derive) == [4]


def derive(config: ActiveConfig) -> list[int]:
    return [config.activation]


def test_a_text_is_short_or_refused_without_being_named() -> None:
    assert short("x" * 128, "field") == "x" * 128
    with pytest.raises(ValueError, match=r"^field is longer than 128 characters$"):
        short("secret" * 30, "field")
