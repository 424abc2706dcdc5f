"""Keep what nobody has claimed, hand it over when somebody does, give it up when nobody did."""

from collections.abc import Callable, Sequence
from typing import Final

from agents.customer.model import Customer, Moment
from agents.mailbox.model import HEAD, Letter, Mailbox, letters_section
from schemas.records import Claimed, Entry, Header
from streams.core.records import Millis

MAX_LETTERS: Final = 64
MAX_BYTES: Final = 256 * 1024
UNCLAIMED_MILLIS: Final = 30 * 24 * 3600 * 1000
"""How long a letter waits; the state of identifiers that nobody ever claims ends with it."""


def keep(customer: Customer, entry: Entry, occurred_at: Millis, moment: Moment) -> Sequence[Entry]:
    """Put an event into the provisional customer's mailbox.

    Args:
        customer: The provisional customer.
        entry: The event as it came.
        occurred_at: When it happened.
        moment: Now.

    Returns:
        The entry itself when the mailbox has no room for it, to be dead-lettered; else nothing.
    """
    mailbox = customer.section(HEAD, Mailbox)
    size = letter_bytes(entry)
    if len(mailbox.letters) >= MAX_LETTERS or mailbox.size + size > MAX_BYTES:
        return (entry,)
    letter = customer.section(letters_section(mailbox.next), Letter)
    letter.occurred_at, letter.kept_at = occurred_at, moment.now
    letter.topic, letter.partition, letter.offset = entry.topic, entry.partition, entry.offset
    letter.timestamp, letter.key, letter.value = entry.timestamp, entry.key, entry.value
    letter.headers = [(header.name, header.value) for header in entry.headers]
    if not mailbox.letters:
        customer.set_timer(HEAD, moment.now + UNCLAIMED_MILLIS)
    mailbox.letters.append(mailbox.next)
    mailbox.next += 1
    mailbox.size += size
    return ()


def claim(customer: Customer, claimed: Claimed, moment: Moment) -> Sequence[Entry]:
    """Take out what happened while the identifier was the claiming customer's.

    Args:
        customer: The provisional customer.
        claimed: Whose the identifier turned out to be, and from when to when.
        moment: Now; the time does not matter, only what is in the mailbox.

    Returns:
        The events of the interval in the order in which they were kept, marked as forwarded. What happened outside
        it stays for another claim.
    """
    del moment
    start, end = claimed.valid_from, claimed.valid_to
    return _take(
        customer,
        lambda letter: letter.occurred_at >= start and (end is None or letter.occurred_at < end),
        is_forwarded=True,
    )


def expire(customer: Customer, moment: Moment) -> Sequence[Entry]:
    """Take out what has waited too long, to be dead-lettered. Called when the timer `mailbox` fires; sets the next."""
    latest = moment.now - UNCLAIMED_MILLIS
    return _take(customer, lambda letter: letter.kept_at <= latest, is_forwarded=False)


def letter_bytes(entry: Entry) -> int:
    """Return what an event counts against the mailbox's bound: its key, value and headers."""
    headers = sum(len(header.name) + len(header.value or b"") for header in entry.headers)
    return len(entry.key or b"") + len(entry.value or b"") + headers


def _take(customer: Customer, is_wanted: Callable[[Letter], bool], *, is_forwarded: bool) -> list[Entry]:
    """Remove and return the wanted letters, oldest first, and let the timer follow the oldest that stays."""
    mailbox = customer.section(HEAD, Mailbox)
    taken: list[Entry] = []
    staying: list[int] = []
    oldest: Millis | None = None
    for number in mailbox.letters:
        letter = customer.section(letters_section(number), Letter)
        if is_wanted(letter):
            taken.append(_entry(letter, is_forwarded=is_forwarded))
            customer.drop(letters_section(number))
        else:
            staying.append(number)
            oldest = letter.kept_at if oldest is None else oldest
    mailbox.letters = staying
    mailbox.size -= sum(letter_bytes(entry) for entry in taken)
    if oldest is None:
        customer.drop(HEAD)
        customer.clear_timer(HEAD)
    else:
        customer.set_timer(HEAD, oldest + UNCLAIMED_MILLIS)
    return taken


def _entry(letter: Letter, *, is_forwarded: bool) -> Entry:
    headers = tuple(Header(name, value) for name, value in letter.headers)
    return Entry(
        letter.topic, letter.partition, letter.offset, letter.timestamp, letter.key, letter.value, headers, is_forwarded
    )
