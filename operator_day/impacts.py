"""What an outage or works must mean to a customer: the words of the ledger for it."""

from typing import Final, NamedTuple

from schemas.records import OutagePhase

ANY: Final = -1
"""Minutes that depend on when in its hour the customer was reached."""


class ImpactKey(NamedTuple):
    """What names an impact: whom it is on, of which root problem or works, and what happened to it."""

    customer: str
    outage: str
    phase: OutagePhase

    def __repr__(self) -> str:
        return f"ImpactKey({self.phase})"


class ExpectedImpact(NamedTuple):
    """An impact that must be published, once.

    Attributes:
        minutes: how long it lasted for the customer, or `ANY`; None before it is over.
        story: whose scene it belongs to.
    """

    minutes: int | None
    story: str
