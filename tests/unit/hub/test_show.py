import io

from rich.console import Console

from hub.show import owner_of, rendered_context
from schemas import wire
from schemas.records import Account, Asserted, Context
from streams.topics import IDENTITY
from tests.builders.resolver import NUMBER, Resolver

HOUR = 3_600_000
NOW = 1_000 * HOUR


def linked(customer: str, start: int, end: int | None = None) -> Asserted:
    return Asserted(NUMBER, customer, True, start, f"e-{start}", "/crm", start, end)  # noqa: FBT003 - a field


def unlinked(customer: str, at: int) -> Asserted:
    return Asserted(NUMBER, customer, False, at, f"e-{at}", "/crm", None, at)  # noqa: FBT003 - a field


def link(customer: str, start: int, end: int | None = None) -> bytes:
    return wire.encode(linked(customer, start, end))


def closing(customer: str, at: int) -> bytes:
    return wire.encode(unlinked(customer, at))


def test_the_owner_is_who_has_the_identifier_now() -> None:
    assert owner_of([link("C-1", NOW - HOUR), link("C-2", NOW - 2 * HOUR)], NOW) == "C-1"


def test_a_link_with_an_end_ahead_holds_until_then() -> None:
    values = [link("C-1", NOW - HOUR, NOW + HOUR)]
    assert owner_of(values, NOW) == "C-1"
    assert owner_of(values, NOW + HOUR) is None


def test_the_owner_is_found_when_compaction_has_left_the_last_record_alone() -> None:
    home = Resolver()
    home.learn(linked("C-2", NOW - HOUR), linked("C-1", NOW - 9 * HOUR), unlinked("C-1", NOW - HOUR))
    last = home.unit.outputs[-1]
    assert last.topic == IDENTITY
    assert owner_of([last.value or b""], NOW) == "C-2"


def test_what_was_said_around_the_last_settled_record_counts() -> None:
    home = Resolver()
    home.learn(linked("C-1", NOW - 9 * HOUR))
    (settled,) = home.unit.outputs
    not_read_yet, later = link("C-2", NOW - 3 * HOUR), link("C-3", NOW - HOUR)
    assert owner_of([not_read_yet, settled.value or b""], NOW) == "C-2"
    assert owner_of([not_read_yet, settled.value or b"", later], NOW) == "C-3"


def test_nobody_has_what_was_taken_back_or_never_linked() -> None:
    assert owner_of([closing("C-1", NOW - HOUR), link("C-1", NOW - 2 * HOUR)], NOW) is None
    assert owner_of([], NOW) is None


def test_nothing_of_a_customer_is_cut_off_on_a_narrow_terminal() -> None:
    account = Account("A-1234567890-1234567890", 4200, "RUB", 7)
    context = Context("C-1", 3, NOW, 1, accounts=(account,))
    written = io.StringIO()
    Console(file=written, width=60).print(rendered_context(context))
    assert "…" not in written.getvalue()
