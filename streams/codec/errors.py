"""What the codec says of bytes that break the contract."""

from schemas.reasons import DeadLetterReason


class Undecodable(Exception):  # noqa: N818 - a verdict on a record, which its reader acts on, not a fault of the program
    """A record that cannot be read under its topic's contract.

    Attributes:
        reason: What its dead letter will say.
        detail: One sentence for the producer; holds names of the contract, never anything of the payload.
    """

    def __init__(self, reason: DeadLetterReason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class MalformedError(ValueError):
    """Bytes that no writer of the schema could have written; raised inside generated decoders only."""
