"""An event that cannot become part of a record."""

from schemas.reasons import DeadLetterReason
from streams.guard import Refused


class Poison(Refused):
    """Ends as a dead letter.

    Attributes:
        has_touched: True when the record may have been changed before it was found out.
    """

    def __init__(self, reason: DeadLetterReason, detail: str, *, has_touched: bool = True) -> None:
        super().__init__(reason, detail)
        self.has_touched = has_touched
