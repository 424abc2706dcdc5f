"""Section `touch`: the last conversations and what the customer searched for; what others may use of touch."""

from typing import Final

import msgspec

from agents.customer.model import short
from agents.touch.interaction import LIVE_MILLIS, Interaction, Word
from schemas.records import Offers
from streams.core.records import Millis

__all__ = [
    "LIVE_MILLIS",
    "MAX_INTENTS",
    "MAX_INTERACTIONS",
    "SHOWN",
    "TOUCH",
    "Intent",
    "Interaction",
    "Touch",
    "Word",
    "intent_millis",
    "is_repeat",
    "repeat_millis",
    "wants",
]

TOUCH: Final = "touch"

MAX_INTERACTIONS: Final = 20
"""Conversations kept; the one that began first makes room."""
SHOWN: Final = 3
"""Conversations that others see."""
MAX_INTENTS: Final = 8
"""Searches kept; the one that counts for the shortest time makes room."""
REPEAT_SECONDS: Final = 7 * 86_400
"""While no offers say otherwise, the same reason again within this is a repeat contact."""
INTENT_SECONDS: Final = 1800
"""While no offers say otherwise, a search counts for this long, the customary length of a session."""


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

    def meet(self, interaction_id: str, at: Millis) -> Interaction:
        """Return the conversation for change, known from now on; something of it happened at `at`."""
        found = self.find(interaction_id)
        if found is None:
            found = Interaction(short(interaction_id, "interaction_id"), at)
            self.interactions.append(found)
        elif not found.starts:
            found.began_at = min(found.began_at, at)
        return found

    def settle(self) -> list[Interaction]:
        """Put the conversations in order, forget those beyond the bound, and return what was forgotten."""
        self.interactions.sort(key=lambda each: each.order)
        forgotten = self.interactions[:-MAX_INTERACTIONS]
        del self.interactions[:-MAX_INTERACTIONS]
        return forgotten

    def search(self, intent: Intent) -> None:
        """Keep what was searched for; the same words again count for longer."""
        folded = intent.words.casefold()
        same = [each for each in self.intents if each.words.casefold() == folded]
        others = [each for each in self.intents if each not in same]
        self.intents = sorted([*others, max([*same, intent])])[-MAX_INTENTS:]

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


def intent_millis(offers: Offers | None) -> Millis:
    """Return for how long a search says what the customer wants."""
    return 1000 * (INTENT_SECONDS if offers is None else offers.intent_seconds)


def repeat_millis(offers: Offers | None) -> Millis:
    """Return within which time the same reason again is a repeat contact."""
    return 1000 * (REPEAT_SECONDS if offers is None else offers.repeat_seconds)
