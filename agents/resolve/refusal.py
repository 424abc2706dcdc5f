"""What resolve refuses before it looks at whose a record is: its size and its time."""

from typing import Final

from schemas.reasons import DeadLetterReason
from streams.core.records import Millis, Record
from streams.guard import Refused

FUTURE_MILLIS: Final = 5 * 60 * 1000
"""How far ahead of its arrival an event may claim to have happened; clocks of upstream systems drift."""

_HEADER_BYTES: Final = 4
"""What a header costs beside its name and value; a record may carry a million empty ones."""


def check_size(record: Record, value: bytes, limit: int) -> None:
    """Refuse what would not fit on a timeline: a value above `limit` bytes, or key and headers above it.

    Raises:
        Refused: `too-large`.
    """
    if len(value) > limit:
        raise Refused(DeadLetterReason.TOO_LARGE, f"a value of more than {limit} bytes")
    if record.headers or len(record.key or b"") > limit:
        headers = sum(_HEADER_BYTES + len(name.encode()) + len(content or b"") for name, content in record.headers)
        beside = len(record.key or b"") + headers
        if beside > limit:
            raise Refused(DeadLetterReason.TOO_LARGE, f"key and headers of more than {limit} bytes")


def check_time(occurred_at: Millis, arrived_at: Millis, too_old: float) -> None:
    """Refuse what cannot have happened yet, and what is older than its type allows; infinity is any age.

    Raises:
        Refused: `future` or `late`.
    """
    age = arrived_at - occurred_at
    if age < -FUTURE_MILLIS:
        raise Refused(DeadLetterReason.FUTURE, "occurred_at is more than 5 minutes ahead of its arrival")
    if age > too_old:
        raise Refused(DeadLetterReason.LATE, f"occurred_at is more than {too_old // 1000} s before its arrival")
