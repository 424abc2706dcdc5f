"""The boxes of the picture, put together: the only place that knows every capability."""

from typing import Final

from agents.balance import rules as balance
from agents.care import rules as care
from agents.context.rules import view
from agents.control.fold import ControlFold
from agents.customer.decide import Decisions
from agents.customer.fold import CustomerFold
from agents.mailbox import rules as mailbox
from agents.message import rules as message
from agents.nba import rules as nba
from agents.outage import rules as outage
from agents.product import rules as product
from agents.profile import rules as profile
from agents.resolve.fold import ResolveFold
from agents.screenpop import rules as screenpop
from agents.touch import rules as touch
from agents.usage import rules as usage
from schemas import Catalogue
from streams.core.fold import Box, FoldContext
from streams.topics import IDENTITY, STRAY, TIMELINE

_ASKING: Final = frozenset({"contact.interaction.v1", "nba.score.v1"})
"""Topics of people who wait: a caller, and the agent in front of whom the answer is to appear."""
_ANSWERS: Final = frozenset({"contact.screenpop.v1", "nba.request.v1", "nba.decision.v1"})


def decisions() -> Decisions:
    """Return everything that is decided about a customer; capabilities in the order in which they run."""
    return Decisions(
        capabilities=(
            profile.capability(),
            balance.capability(),
            usage.capability(),
            product.capability(),
            outage.capability(),
            touch.capability(),
            care.capability(),
            message.capability(),
            nba.capability(),
            screenpop.capability(),
        ),
        arbitrate=message.arbitrate,
        view=view,
        keep=mailbox.keep,
        claim=mailbox.claim,
        expire=mailbox.expire,
        reach=outage.reach,
    )


def boxes(catalogue: Catalogue, decided: Decisions | None = None) -> tuple[Box, ...]:
    """Return the three boxes over the topics of the contracts.

    Args:
        catalogue: The contracts.
        decided: What to decide by; everything the hub knows unless given.
    """
    rules = decided or decisions()

    def customer(context: FoldContext) -> CustomerFold:
        return CustomerFold(context, rules)

    inputs = tuple(topic.name for topic in catalogue.inputs())
    return (
        Box("resolve", (*inputs, IDENTITY, STRAY), ResolveFold, urgent=_ASKING),
        Box("customer", (TIMELINE,), customer, has_ticks=True, urgent=_ANSWERS),
        Box("control", tuple(topic.name for topic in catalogue.control_topics()), ControlFold, is_single=True),
    )
