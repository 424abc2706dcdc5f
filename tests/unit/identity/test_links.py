"""Who owned an identifier when."""

from agents.identity.model import MAX_LINKS, Closing, Interval, Link, Links, decode_links, encode_links, owner_at


def links(*assertions: Link | Closing) -> Links:
    """Put assertions together, in the order given."""
    known = Links()
    for assertion in assertions:
        if isinstance(assertion, Link):
            known.assert_link(assertion)
        else:
            known.assert_closing(assertion)
    return known


def link(customer: str, start: int, end: int | None = None, asserted_at: int = 0) -> Link:
    return Link(customer, start, end, asserted_at)


def owners(known: Links, *times: int) -> list[str | None]:
    return [owner_at(known, at) for at in times]


def test_link_holds_from_its_start_to_before_its_end() -> None:
    assert owners(links(link("A", 10, 20)), 9, 10, 19, 20) == [None, "A", "A", None]


def test_link_without_end_holds_for_ever() -> None:
    assert owners(links(link("A", 10)), 9, 10, 10**15) == [None, "A", "A"]


def test_recycled_number_never_inherits() -> None:
    recycled = links(link("A", 0), link("B", 50))
    assert owners(recycled, 0, 49, 50, 99) == ["A", "A", "B", "B"]
    assert owners(links(link("B", 50, 60), link("A", 0)), 49, 55, 60) == ["A", "B", None]


def test_closing_ends_what_began_before_it_whichever_comes_first() -> None:
    for known in (links(link("A", 0), Closing("A", 30)), links(Closing("A", 30), link("A", 0))):
        assert owners(known, 29, 30) == ["A", None]


def test_closing_of_another_customer_changes_nothing() -> None:
    assert owners(links(link("A", 0), Closing("B", 30)), 30) == ["A"]


def test_customer_gets_the_identifier_back_by_a_link_that_starts_at_the_closing() -> None:
    assert owners(links(link("A", 0), Closing("A", 30), link("A", 30)), 29, 30, 99) == ["A", "A", "A"]


def test_later_assertion_of_the_same_start_replaces_the_end() -> None:
    first, second = link("A", 0, None, 1), link("A", 0, 20, 2)
    for known in (links(first, second), links(second, first)):
        assert owners(known, 19, 20) == ["A", None]


def test_of_two_ends_asserted_at_once_the_earlier_holds() -> None:
    long, short = link("A", 0, 90, 1), link("A", 0, 20, 1)
    for known in (links(long, short), links(short, long)):
        assert owners(known, 19, 20) == ["A", None]


def test_of_two_links_with_one_start_the_one_asserted_later_wins() -> None:
    one, two = link("A", 0, None, 5), link("B", 0, None, 9)
    for known in (links(one, two), links(two, one)):
        assert owners(known, 0, 50) == ["B", "B"]


def test_link_that_ends_when_it_starts_never_was() -> None:
    assert owners(links(link("A", 10), link("B", 20, 20)), 15, 25) == ["A", "A"]


def test_repeated_assertion_is_no_news() -> None:
    known = links(link("A", 0), Closing("A", 30))
    assert not known.assert_link(link("A", 0))
    assert not known.assert_closing(Closing("A", 30))
    assert known.assert_link(link("B", 40))


def test_oldest_links_are_trimmed_and_the_newest_owners_stay() -> None:
    known = links(*(link(f"C{n}", n * 10) for n in range(MAX_LINKS + 5)))
    assert len(known.links) == MAX_LINKS
    assert owners(known, 49, 50, 10 * (MAX_LINKS + 4)) == [None, "C5", f"C{MAX_LINKS + 4}"]
    assert not known.assert_link(link("C0", 0))


def test_intervals_are_what_remains_of_the_links() -> None:
    known = links(link("A", 0), link("B", 50, 60), link("A", 70))
    assert known.intervals() == [Interval("A", 0, 50), Interval("B", 50, 60), Interval("A", 70, None)]


def test_links_survive_the_store() -> None:
    known = links(link("A", 0, 5, 3), Closing("A", 4))
    known.has_mailbox = True
    assert decode_links(encode_links(known)) == known
