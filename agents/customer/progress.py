"""The fold's own bookkeeping about a customer, in one section, so that an event costs one changelog record for it."""

import msgspec


class Sequence(msgspec.Struct, array_like=True, gc=False):
    """Where a strictly ordered stream of one source and identifier stands.

    Attributes:
        first: Lowest sequence number that came directly; -1 before the first.
        high: Highest sequence number that came directly; -1 before the first.
        forwarded: Highest sequence number that a mailbox forwarded; -1 when none did.
    """

    first: int = -1
    high: int = -1
    forwarded: int = -1


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
    sequences: dict[str, Sequence] = {}
    unseen: list[str] = []
    context_at: int = 0


SECTION = "progress"
encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(Progress).decode
