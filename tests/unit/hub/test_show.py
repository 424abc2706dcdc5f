import io

from rich.console import Console

from hub.show import owner_of, rendered_context
from schemas import wire
from schemas.records import Account, Asserted, Context

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


def test_nothing_of_a_customer_is_cut_off_on_a_narrow_terminal() -> None:
    account = Account("A-1234567890-1234567890", 4200, "RUB", 7)
    context = Context("C-1", 3, NOW, 1, accounts=(account,))
    written = io.StringIO()
    Console(file=written, width=60).print(rendered_context(context))
    assert "…" not in written.getvalue()
