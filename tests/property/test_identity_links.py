"""Laws of identity: order and repetition of what was said never decide whose an identifier is."""

from hypothesis import given
from hypothesis import strategies as st

from agents.identity.model import MAX_LINKS, Closing, Link, Links, encode_links, owner_at

CUSTOMERS = st.sampled_from(["A", "B", "C"])
TIMES = st.integers(0, 12)
LINKS = st.builds(Link, CUSTOMERS, TIMES, st.none() | TIMES, TIMES)
CLOSINGS = st.builds(Closing, CUSTOMERS, TIMES)
ASSERTIONS = st.lists(LINKS | CLOSINGS, max_size=12)


def known_after(assertions: list[Link | Closing]) -> Links:
    known = Links()
    for assertion in assertions:
        if isinstance(assertion, Link):
            known.assert_link(assertion)
        else:
            known.assert_closing(assertion)
    return known


@given(ASSERTIONS, st.data())
def test_any_order_and_any_duplication_give_the_same_state(
    assertions: list[Link | Closing], data: st.DataObject
) -> None:
    repeated = assertions + data.draw(st.lists(st.sampled_from(assertions), max_size=5)) if assertions else []
    shuffled = data.draw(st.permutations(repeated))
    assert encode_links(known_after(shuffled)) == encode_links(known_after(assertions))


@given(st.permutations([Link(f"C{n % 3}", n, None, 0) for n in range(MAX_LINKS + 6)]))
def test_any_order_trims_the_same_links(assertions: list[Link]) -> None:
    assert [each.start for each in known_after(list(assertions)).links] == list(range(6, MAX_LINKS + 6))


@given(ASSERTIONS)
def test_intervals_never_overlap_between_customers(assertions: list[Link | Closing]) -> None:
    intervals = known_after(assertions).intervals()
    for at in range(14):
        assert len({interval.customer_id for interval in intervals if interval.holds(at)}) <= 1


@given(ASSERTIONS, TIMES)
def test_owner_has_a_link_over_that_time(assertions: list[Link | Closing], at: int) -> None:
    owner = owner_at(known_after(assertions), at)
    assert owner is None or any(
        each.customer_id == owner and each.start <= at and (each.end is None or at < each.end)
        for each in assertions
        if isinstance(each, Link)
    )


@given(ASSERTIONS, TIMES, TIMES)
def test_recycled_number_never_inherits(assertions: list[Link | Closing], start: int, at: int) -> None:
    recycled = known_after([*assertions, Link("newcomer", start, None, 99)])
    began_since = {each.customer_id for each in assertions if _begins(each, start, at)}
    if at >= start:
        assert owner_at(recycled, at) in {"newcomer", None, *began_since}
    else:
        assert owner_at(recycled, at) == owner_at(known_after(assertions), at)


def _begins(assertion: Link | Closing, after: int, until: int) -> bool:
    return isinstance(assertion, Link) and after < assertion.start <= until
