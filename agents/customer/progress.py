"""The fold's own bookkeeping about a customer, in one section, so that an event costs one changelog record for it."""

from typing import Final

import msgspec

MAX_GAPS: Final = 8
"""Gaps remembered per stream; a number changes hands seldom, and what is in an older gap counts as brought."""
MAX_STREAMS: Final = 256
"""Streams of a customer. Beyond it a source changes its name with every event, and the section would grow with it."""


class Stream(msgspec.Struct, array_like=True, gc=False):
    """Where a strictly ordered stream of one source and identifier stands.

    Attributes:
        first: Lowest sequence number that came directly; -1 before the first.
        high: Highest sequence number that came directly; -1 before the first.
        forwarded: Highest sequence number that a mailbox forwarded; -1 when none did.
        gaps: First and last number of what did not come directly between `first` and `high`, newest last: when it
            happened the identifier was somebody else's, or nobody's, so a mailbox may bring it yet.
    """

    first: int = -1
    high: int = -1
    forwarded: int = -1
    gaps: list[tuple[int, int]] = []

    def advance(self, sequence: int) -> None:
        """Take over a number above `high` that came directly."""
        if self.first < 0:
            self.first = sequence
        elif sequence > self.high + 1:
            self.gaps = [*self.gaps, (self.high + 1, sequence - 1)][-MAX_GAPS:]
        self.high = sequence

    def has_brought(self, sequence: int) -> bool:
        """Return True when the number came directly."""
        return self.first <= sequence <= self.high and not any(low <= sequence <= last for low, last in self.gaps)


class TopicCount(msgspec.Struct, array_like=True, gc=False):
    """Events of one public topic: how many changed the record, how many were known before."""

    applied: int = 0
    duplicate: int = 0


class Progress(msgspec.Struct, array_like=True, gc=False):
    """How far a customer's record has come.

    Attributes:
        position: Next timeline offset to apply; what lies below was applied and is a redelivery.
        version: Version of the context emitted last; 0 before the first.
        counts: Events by public topic.
        sequences: Streams of topics that declare a strict order, by `source|identifier`.
        unseen: Sections changed since the context was emitted last, sorted.
        context_at: When the context goes out at the latest; 0 when nothing waits to be told. Stands here and not among
            the timers, since this section is written anyway.
    """

    position: int = 0
    version: int = 0
    counts: dict[str, TopicCount] = {}
    sequences: dict[str, Stream] = {}
    unseen: list[str] = []
    context_at: int = 0


SECTION = "progress"
encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(Progress).decode
