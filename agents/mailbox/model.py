"""Sections of a mailbox: a head, and one section per letter so that keeping one rewrites no other."""

from typing import Final

import msgspec

from streams.core.records import Header, Millis

HEAD: Final = "mailbox"
"""Section of the head, and name of the timer that lets letters expire."""
LETTERS: Final = "mailbox:"
"""Prefix of the letters' sections."""


class Mailbox(msgspec.Struct, array_like=True, gc=False):
    """Section `mailbox`: which letters there are. Dropped with the last of them.

    Attributes:
        next: Number of the next letter.
        letters: Numbers of those kept, oldest first.
        size: Bytes of all of them together, by `letter_bytes`.
    """

    next: int = 0
    letters: list[int] = []
    size: int = 0


class Letter(msgspec.Struct, array_like=True, gc=False):
    """Section `mailbox:<number>`: one event as its topic held it.

    Attributes:
        occurred_at: When it happened; decides to whom it goes.
        kept_at: The partition's time when it was kept; decides when it expires.
        topic, partition, offset, timestamp, key, value, headers: As in a timeline entry.
    """

    occurred_at: Millis = 0
    kept_at: Millis = 0
    topic: str = ""
    partition: int = 0
    offset: int = 0
    timestamp: Millis = 0
    key: bytes | None = None
    value: bytes | None = None
    headers: list[Header] = []


def letters_section(number: int) -> str:
    """Return the name of the section of letter `number`."""
    return f"{LETTERS}{number}"
