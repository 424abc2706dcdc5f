"""What an outage or works must mean to a customer: the words of the ledger for it."""

from typing import NamedTuple

from schemas.records import OutagePhase


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
        minutes: how long it lasted for the customer; None before it is over.
        story: whose scene it belongs to.
    """

    minutes: int | None
    story: str
