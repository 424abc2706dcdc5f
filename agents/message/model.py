"""What rules want done about a customer, and what the contact policy remembers of them."""

from typing import TypeAlias

import msgspec

from schemas.reasons import SuppressionReason
from streams.core.records import Millis


class Notice(msgspec.Struct, frozen=True, gc=False):
    """Somebody should be told; the contact policy decides whether, when and how.

    The same purpose, subject and phase is the same message, however often and for whatever cause it is wanted: a rule
    puts into `phase` what makes one occasion differ from the next.

    Attributes:
        purpose: What it is about, such as `balance.low`; names the template.
        subject: What it is about in particular, such as the account.
        phase: Which occasion of that subject.
        parameters: Values for the template by name.
        expires_at: Useless from then on, UTC milliseconds.
    """

    purpose: str
    subject: str
    phase: str
    parameters: dict[str, int | str]
    expires_at: Millis


class Covered(msgspec.Struct, frozen=True, gc=False):
    """A rule wanted a message and something stops it; becomes a suppression.

    Attributes:
        notice: What was wanted.
        reason: What stopped it.
    """

    notice: Notice
    reason: SuppressionReason


class Emit(msgspec.Struct, frozen=True, gc=False):
    """A record for one of the customer's output topics, keyed by the customer's id.

    Attributes:
        topic: Logical topic name.
        record: The typed record.
        id: The output's CloudEvents id, the same for the same decision.
    """

    topic: str
    record: msgspec.Struct
    id: str


Effect: TypeAlias = Notice | Covered | Emit
"""What a rule wants done."""

NOTHING: tuple[Effect, ...] = ()
"""The effects of an event that only changes state."""
