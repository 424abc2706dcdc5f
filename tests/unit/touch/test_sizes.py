"""Sections that hold all that they may stay within their byte budgets."""

from agents.care.model import MAX_OPEN, MAX_OVER, Care, Heard, Ticket
from agents.customer.model import encode_section
from agents.product.model import MAX_ACTIVE, MAX_ENDED, Content, Product, Products
from agents.touch.digital import Deed, Digital, Done
from agents.touch.model import MAX_INTENTS, MAX_INTERACTIONS, Intent, Interaction, Touch, Word

AT = 1_760_000_000_000


def size(section: Touch | Care | Products | Digital) -> int:
    return len(encode_section(section) or b"")


def test_a_full_touch_section() -> None:
    def call(number: int) -> Interaction:
        return Interaction(
            f"{number:024}", AT, 1, "messenger", "outbound", Word(AT, 1, "mobile_internet"), Word(AT, 0, "agent-1234"),
            Word(AT, 0, "completed"), Word(AT, 0, "unresolved"), Word(AT, 1, "answered"), 120, 3,
        )  # fmt: skip

    intents = [Intent(AT, f"roaming in {number:020}") for number in range(MAX_INTENTS)]
    full = Touch([call(number) for number in range(MAX_INTERACTIONS)], intents)
    assert 2000 < size(full) <= 4096


def test_a_full_digital_section() -> None:
    deeds: tuple[Deed, ...] = ("form", "install", "login", "permission", "screen", "search", "session")
    assert size(Digital({deed: Done(AT, "UNKNOWN", "w" * 36, "p" * 36) for deed in deeds})) <= 1024


def test_a_full_care_section() -> None:
    tickets = [
        Ticket(f"{n:020}", AT, True, "no_internet", "normal", "o" * 20, "internet", (AT, AT), Heard(AT, 1, "pending"))  # noqa: FBT003 - a field
        for n in range(MAX_OPEN + MAX_OVER)
    ]
    assert size(Care(tickets, 99)) <= 1536


def test_a_full_products_section() -> None:
    content = Content(
        AT, 1, "spec-mobile-123", "The tariff with a long name", is_tariff=True, price_minor=500, currency="RUB"
    )
    each = [Product(f"{n:020}", content, AT, AT) for n in range(MAX_ACTIVE + MAX_ENDED)]
    assert size(Products({one.product_id: one for one in each})) <= 8 * 1024
