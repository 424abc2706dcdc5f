from hub.show import owner_of
from schemas import wire
from schemas.records import Asserted

HOUR = 3_600_000
NOW = 1_000 * HOUR


def link(customer: str, start: int, end: int | None = None) -> bytes:
    return wire.encode(Asserted("msisdn:79161234567", customer, True, start, f"e-{start}", "/crm", start, end))  # noqa: FBT003 - a field


def closing(customer: str, at: int) -> bytes:
    return wire.encode(Asserted("msisdn:79161234567", customer, False, at, f"e-{at}", "/crm", None, at))  # noqa: FBT003 - a field


def test_the_owner_is_who_has_the_identifier_now() -> None:
    assert owner_of([link("C-1", NOW - HOUR), link("C-2", NOW - 2 * HOUR)], NOW) == "C-1"


def test_a_link_with_an_end_ahead_holds_until_then() -> None:
    values = [link("C-1", NOW - HOUR, NOW + HOUR)]
    assert owner_of(values, NOW) == "C-1"
    assert owner_of(values, NOW + HOUR) is None


def test_nobody_has_what_was_taken_back_or_never_linked() -> None:
    assert owner_of([closing("C-1", NOW - HOUR), link("C-1", NOW - 2 * HOUR)], NOW) is None
    assert owner_of([], NOW) is None
