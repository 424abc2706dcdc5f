"""Which dead letters go back, in which order, and which stay."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import merge
from operator import attrgetter
from typing import Final

import msgspec

from hub.connection import reader
from hub.dlq.choice import Choice
from hub.dlq.letter import FOREIGN, REPLAYED_FROM, Letter, letters
from hub.refusal import CommandRefused
from schemas.reasons import DeadLetterReason
from streams.core.records import Output
from streams.settings import Settings

INCURABLE: Final = frozenset(
    {
        DeadLetterReason.UNDECODABLE,
        DeadLetterReason.TOO_LARGE,
        DeadLetterReason.LATE,
        DeadLetterReason.NO_KEY,
        DeadLetterReason.NO_VALUE,
    }
)
"""The bytes or their age are what is wrong, and a replay changes neither: these go back only when named."""
MOST_BYTES: Final = 512 * 1024 * 1024
"""Of keys and values held at once; order per key needs all of them before the first goes out."""


@dataclass
class Plan:
    """What a replay would do.

    Attributes:
        ready: What goes back, in the order in which it does.
        incurable: What stays since its reason is not named, by reason.
        again: What stays since its event was put aside again later, by the later reason.
        unfit: What stays since it cannot go back at all, by why.
        over_limit: How many more there would be.
    """

    ready: list[Letter] = field(default_factory=list)
    incurable: Counter[str] = field(default_factory=Counter)
    again: Counter[str] = field(default_factory=Counter)
    unfit: Counter[str] = field(default_factory=Counter)
    over_limit: int = 0


class _Mark(msgspec.Struct, frozen=True, gc=False):
    """What decides whether a letter is its event's newest; `letter` only where the choice takes it."""

    at: str
    put_aside_at: int
    reason: str
    original: tuple[int, int] | None
    parent: str | None
    is_meant: bool
    letter: Letter | None


class _Event(msgspec.Struct, gc=False):
    """All letters of one event; `first` is the offset of its earliest original, which says its place in its order."""

    last: _Mark
    first: int


async def plan_replay(settings: Settings, topic: str, choice: Choice, limit: int | None) -> Plan:
    """Read the dead letters of a topic and decide about each.

    Raises:
        CommandRefused: the topic is not on the cluster, or its letters are too many to be put into order at once.
        StartRefused: no broker answers.
    """
    async with reader(settings) as source:
        return await plan(letters(source, [topic]), choice, source.partitions(topic), limit)


async def plan(found: AsyncIterator[Letter], choice: Choice, partitions: int, limit: int | None) -> Plan:
    """Decide about letters of one topic that has so many partitions.

    Of one event, only the letter that was put aside last goes back: a replay that failed made another letter of it,
    and replaying both would double what the next replay finds. Originals of one partition go back in its order, so
    that a key's events stay in theirs whichever box put them aside; partitions take turns by time.
    """
    done = Plan()
    marks = await _marks(found, choice)
    events, first = _events(marks), {}
    for mark in marks:
        if not mark.is_meant:
            continue
        event = events[mark.at]
        if event.last is not mark:
            done.again[event.last.reason] += 1
        elif mark.letter is None:
            done.incurable[mark.reason] += 1
        elif why := _unfitness(mark.letter, partitions):
            done.unfit[why] += 1
        else:
            done.ready.append(mark.letter)
            first[mark.at] = event.first
    ordered = _in_order(done.ready, first)
    done.ready = ordered[:limit]
    done.over_limit = len(ordered) - len(done.ready)
    return done


def record_to_replay(letter: Letter, *, is_log_clock: bool) -> Output:
    """Return the original for its own topic and partition: key, value and headers as they were, and one header more.

    On the log's clock it keeps its time; on the wall clock it is stamped anew.
    """
    origin = letter.origin
    own = [(name, value) for name, value in origin.headers if name != REPLAYED_FROM]
    headers = (*own, (REPLAYED_FROM, letter.at.encode()))
    timestamp = origin.timestamp if is_log_clock and origin.timestamp >= 0 else None
    return Output(origin.topic, origin.partition, origin.key, origin.value, headers, timestamp)


async def _marks(found: AsyncIterator[Letter], choice: Choice) -> list[_Mark]:
    marks, size = [], 0
    async for letter in found:
        origin, is_meant = letter.origin, choice.takes(letter)
        is_held = is_meant and (letter.reason not in INCURABLE or letter.reason in choice.reasons)
        if is_held:
            size += len(origin.key or b"") + len(origin.value or b"")
            if size > MOST_BYTES:
                raise CommandRefused(f"these letters hold more than {MOST_BYTES >> 20} MiB; narrow them by --since.")
        kept, is_foreign = letter if is_held else None, letter.reason == FOREIGN
        place = None if is_foreign else (origin.partition, origin.offset)
        parent = None if is_foreign else letter.replayed_from
        marks.append(_Mark(letter.at, letter.put_aside_at, letter.reason, place, parent, is_meant, kept))
    return marks


def _events(marks: Sequence[_Mark]) -> Mapping[str, _Event]:
    """Return, by the place of a letter, the event that it is of.

    Letters are of one event when they have the same original (a crash may repeat one where there are no
    transactions), when one is what a replay of the other became, or when both are what replays of a third became.
    """
    found: dict[str | tuple[int, int], _Event] = {}
    for mark in sorted(marks, key=attrgetter("put_aside_at")):
        offset = mark.original[1] if mark.original else 0
        names = [name for name in (mark.at, mark.original, mark.parent) if name is not None]
        event = next((found[name] for name in names if name in found), None) or _Event(mark, offset)
        event.last, event.first = mark, min(event.first, offset)
        found.update(dict.fromkeys(names, event))
    return {mark.at: found[mark.at] for mark in marks}


def _unfitness(letter: Letter, partitions: int) -> str | None:
    if letter.reason == FOREIGN:
        return "not the hub's letter"
    if letter.origin.partition >= partitions:
        return "its partition is gone"
    if letter.origin.key is None and letter.origin.value is None:
        return "neither key nor value"
    return None


def _in_order(ready: Sequence[Letter], first: Mapping[str, int]) -> list[Letter]:
    by_partition: dict[int, list[Letter]] = {}
    for letter in sorted(ready, key=lambda each: first[each.at]):
        by_partition.setdefault(letter.origin.partition, []).append(letter)
    return list(merge(*by_partition.values(), key=attrgetter("origin.timestamp")))
