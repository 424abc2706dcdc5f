"""A section that holds all that it may stays within its byte budget; docs/adr/0003-sections.md tells the figures."""

import pytest
from msgspec import Struct

from agents.balance.model import MAX_ACCOUNTS, Accounts
from agents.customer.dedup import BLOCK_EVENTS, WINDOW_MILLIS, Seen, fingerprint
from agents.customer.model import encode_section
from agents.message.arbitration import MAX_HELD, MAX_SUPPRESSED
from agents.message.model import Consent, Contact, Holds, Send, Wish
from agents.message.verdict import MAX_CRITICAL_SENDS
from agents.profile.model import MAX_ENDED, MAX_LIVE, End, Ids, Link

AT = 1_760_000_000_000
CLASSES, CHANNELS = ("critical", "service", "relationship", "survey", "marketing"), ("sms", "push", "email")
KIB = 1024


def full_ids() -> Ids:
    links = [Link(f"msisdn:79161234{number:03}", AT, AT, AT) for number in range(MAX_LIVE + MAX_ENDED)]
    return Ids(links, [End(f"msisdn:79161234{number:03}", AT) for number in range(MAX_ENDED)])


def full_contact() -> Contact:
    consents = {f"{each}/{channel}": Consent(True, AT, AT, "p" * 36) for each in CLASSES for channel in CHANNELS}  # noqa: FBT003 - a field
    sends = [
        Send(f"{number:032}", AT, "relationship", ["sms", "push", "email"], AT) for number in range(MAX_CRITICAL_SENDS)
    ]
    return Contact(consents, sends=sends, suppressed={f"{number:032}": AT for number in range(MAX_SUPPRESSED)})


def full_holds() -> Holds:
    parameters: dict[str, int | str] = {
        "account_id": "A-1234567",
        "balance_minor": 100,
        "currency": "RUB",
        "level_id": "level-50",
        "level_minor": 5000,
        "days_left": 3,
    }
    wishes = [
        Wish(f"{number:032}", "balance.low", "service", parameters, AT, "e" * 36, "/billing/a", AT, AT, "A-1234567", 5)
        for number in range(MAX_HELD)
    ]
    return Holds({wish.message_id: wish for wish in wishes})


@pytest.mark.parametrize(
    ("section", "budget"),
    [
        pytest.param(full_ids(), 4 * KIB, id="ids"),
        pytest.param(Accounts({f"A-{number:08}": AT for number in range(MAX_ACCOUNTS)}), 256, id="accounts"),
        pytest.param(full_contact(), 11 * KIB, id="contact"),
        pytest.param(full_holds(), 9 * KIB, id="holds"),
    ],
)
def test_a_section_full_of_everything_stays_within_its_budget(section: Struct, budget: int) -> None:
    assert budget / 2 < len(encode_section(section) or b"") <= budget


def test_an_event_rewrites_a_block_and_nothing_more() -> None:
    stored: dict[str, bytes | None] = {}
    for number in range(BLOCK_EVENTS):
        seen = Seen(stored.get)
        seen.was_seen(fingerprint("/s", "T", f"e-{number}"), AT + WINDOW_MILLIS)
        written = seen.changes()
        assert [len(value or b"") for value in written.values()] == [8 + 8 * (number + 1)]
        stored |= written
