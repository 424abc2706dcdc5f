"""An event that cannot become part of a record."""

from schemas.reasons import DeadLetterReason


class Poison(Exception):  # noqa: N818 - what it is, not what went wrong in the program
    """Ends as a dead letter.

    Attributes:
        reason: From the closed list.
        detail: One clause without any of the payload.
        has_touched: True when the record may have been changed before it was found out.
    """

    def __init__(self, reason: DeadLetterReason, detail: str, *, has_touched: bool = True) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail, self.has_touched = reason, detail, has_touched
