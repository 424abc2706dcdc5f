"""Section `touch`: the last conversations and what the customer searched for; what others may use of touch."""

from typing import Final

import msgspec

from agents.touch.interaction import LIVE_MILLIS, Interaction, Word
from schemas.records import Offers
from streams.core.records import Millis

__all__ = [
    "LIVE_MILLIS",
    "MAX_INTENTS",
    "MAX_INTERACTIONS",
    "TOUCH",
    "Intent",
    "Interaction",
    "Touch",
    "Word",
    "is_repeat",
    "repeat_millis",
    "wants",
]

TOUCH: Final = "touch"

MAX_INTERACTIONS: Final = 20
"""Conversations kept; the one that began first makes room."""
MAX_INTENTS: Final = 8
"""Searches kept; the one that counts for the shortest time makes room."""
REPEAT_SECONDS: Final = 7 * 86_400
"""While no offers say otherwise, the same reason again within this is a repeat contact."""


class Intent(msgspec.Struct, array_like=True, frozen=True, gc=False, order=True):
    """What the customer searched for: `words`, as they were typed, count before `until`."""

    until: Millis
    words: str


class Touch(msgspec.Struct, array_like=True, gc=False):
    """Section `touch`, about 3 KB when full.

    Attributes:
        interactions: The newest conversations, in the order in which they began.
        intents: What they searched for, the one that counts longest last; each wording once, whatever its capitals.
    """

    interactions: list[Interaction] = []
    intents: list[Intent] = []

    def find(self, interaction_id: str) -> Interaction | None:
        """Return the conversation when it is known."""
        for interaction in self.interactions:
            if interaction.interaction_id == interaction_id:
                return interaction
        return None

    def live(self, now: Millis) -> Interaction | None:
        """Return the conversation that goes on; of several the one that began last."""
        return next((each for each in reversed(self.interactions) if each.is_live(now)), None)

    def last(self, count: int) -> list[Interaction]:
        """Return the last conversations, newest last; the one that goes on among them."""
        return self.interactions[-count:]


def is_repeat(touch: Touch | None, interaction_id: str | None, reason: str | None, since: Millis) -> bool:
    """Return True when the customer came with the same reason before, in another conversation.

    Conversations count that began at `since` or later and before this one, unless the operator began them; capitals
    do not matter.

    Args:
        touch: The section, None when there is none.
        interaction_id: This conversation; None, or one that is not known, for none: then every other counts.
        reason: What it is about; None is never a repetition.
        since: Begin of the window.
    """
    if touch is None or not reason:
        return False
    folded = reason.casefold()
    this = touch.find(interaction_id) if interaction_id is not None else None
    return any(
        each.reason.text.casefold() == folded
        for each in touch.interactions
        if each.began_at >= since
        and each.direction != "outbound"
        and (each.interaction_id != interaction_id if this is None else each.order < this.order)
    )


def wants(touch: Touch | None, now: Millis) -> tuple[str, ...]:
    """Return the words, as they were typed, of the searches that still count; the newest last."""
    return tuple([intent.words for intent in touch.intents if now < intent.until]) if touch is not None else ()


def repeat_millis(offers: Offers | None) -> Millis:
    """Return within which time the same reason again is a repeat contact."""
    return 1000 * (REPEAT_SECONDS if offers is None else offers.repeat_seconds)
