"""One conversation, put together from events that come in any order."""

from typing import Final

import msgspec

from schemas.records import ContactChannel, ContactOutcome, Direction, PastContact
from streams.core.records import Millis

LIVE_MILLIS: Final = 4 * 3600 * 1000
"""A conversation whose end nobody tells of is over this long after it began."""


class Word(msgspec.Struct, array_like=True, frozen=True, gc=False, order=True):
    """The newest word on a matter: the later counts, of two at once the one of the higher rank.

    Attributes:
        at: When it was said; -1 before the first.
        rank: How much it counts among words of the same time.
        text: What was said.
    """

    at: Millis = -1
    rank: int = 0
    text: str = ""


NEVER: Final = Word()
"""Nothing was said."""


class Interaction(msgspec.Struct, array_like=True, gc=False):
    """A conversation on whatever channel, from start to wrap-up.

    Attributes:
        interaction_id: The conversation.
        began_at: When it started; while that is not known, when the first of it happened.
        starts: How often its start was told; 0 while it is not known.
        channel: Where; UNKNOWN while that is not known.
        direction: Who began it.
        reason: What it is about: of the same time, what was typed counts more than what it started with, and what it
            was closed with more than both.
        agent: Who talks to them.
        ended: How it ended.
        outcome: What it came to in the newest wrap-up.
        queue: `waiting`, or how the last wait ended.
        wait_seconds: How long they waited, over all queues.
        messages: What the customer wrote.
    """

    interaction_id: str
    began_at: Millis
    starts: int = 0
    channel: ContactChannel = "UNKNOWN"
    direction: Direction = "UNKNOWN"
    reason: Word = NEVER
    agent: Word = NEVER
    ended: Word = NEVER
    outcome: Word = NEVER
    queue: Word = NEVER
    wait_seconds: int = 0
    messages: int = 0

    @property
    def order(self) -> tuple[Millis, str]:
        """Order of conversations: by their beginning."""
        return self.began_at, self.interaction_id

    @property
    def reason_code(self) -> str | None:
        """What it is about, None while nobody said."""
        return self.reason.text if self.reason.at >= 0 else None

    @property
    def agent_id(self) -> str | None:
        """Who talks to them, None while nobody does."""
        return self.agent.text if self.agent.at >= 0 else None

    @property
    def contact_outcome(self) -> ContactOutcome:
        """What it came to; UNKNOWN until it is said."""
        return self.outcome.text if self.outcome.at >= 0 else "UNKNOWN"  # type: ignore[return-value]  # of the contract's

    @property
    def is_over(self) -> bool:
        """Whether its end or its wrap-up is known."""
        return self.ended.at >= 0 or self.outcome.at >= 0

    def is_live(self, now: Millis) -> bool:
        """Return True while it goes on."""
        return not self.is_over and now < self.began_at + LIVE_MILLIS

    def shown(self) -> PastContact:
        """Return it as others see it."""
        return PastContact(self.interaction_id, self.channel, self.reason_code, self.contact_outcome, self.began_at)
