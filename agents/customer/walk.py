"""What control said about outages on this partition, and how far its customers have been told.

A revision of an outage is walked once, from `notify_at` on, the gravest outage first and of equal ones the smaller:
whoever is under its leaves or in it already, in the order of their ids, `SLICE` customers of all outages together
before a record is applied. The cursor moves with the chunk's commit, so a walk goes on where it was after a crash. What
a customer makes of it is idempotent per revision: a slice that was walked and not committed is walked again.
"""

from collections.abc import Iterator, Mapping
from heapq import nsmallest
from typing import Final, NamedTuple

import msgspec

from agents.customer.places import PlaceIndex
from agents.outage.model import NETWORK, Network, Outage, Outages, places
from schemas.records import OutageChanged
from streams.core.fold import Unit
from streams.core.keys import PARTITION, state_key
from streams.core.records import Millis
from streams.timers import NEVER

SLICE: Final = 500
"""Customers reached before one record, so that an outage of a large node delays nobody's events for long."""
MAX_OVER: Final = 256
"""Outages that are over and known still, so that a repeated record about one says nothing new."""
_GRAVITY: Final = {"critical": 0, "major": 1, "minor": 2}
_KEY: Final = "outage/"
_PIECE: Final = "outage-leaves/"


class Standing(msgspec.Struct, array_like=True, gc=False):
    """An outage's newest revision, without its leaves.

    Attributes:
        change: The last piece of the revision, its leaves left out.
        cursor: Id of the customer reached last; empty before the first.
        is_walked: Everybody was reached.
        size: How many it was about when it came, whoever is under it and in it already twice.
    """

    change: bytes
    cursor: str = ""
    is_walked: bool = False
    size: int = 0


class Piece(msgspec.Struct, array_like=True, frozen=True):
    """A part of a revision's leaves."""

    revision: int
    leaves: tuple[str, ...]


class _Known(NamedTuple):
    outage: Outage
    standing: Standing


class OutageBook:
    """Keeps a partition's outages and walks its customers.

    Attributes:
        due: When there is somebody to reach; `NEVER` when there is not.
        outages: What is broken now; replaced, never changed.
    """

    def __init__(self) -> None:
        self.due: Millis = NEVER
        self.outages = Outages()
        self._standings: dict[str, Standing] = {}
        self._index = PlaceIndex()
        self._known: dict[str, _Known] = {}
        self._pieces: dict[str, dict[int, Piece]] = {}

    def restore(self, owner: str, parts: Mapping[str, bytes]) -> None:
        """Take an owner's state as it was at the last commit; `restored` ends it."""
        if NETWORK in parts:
            network = msgspec.msgpack.decode(parts[NETWORK], type=Network)
            self._index.move(owner, frozenset(), places(network))
        for part, value in parts.items() if owner == PARTITION else ():
            if part.startswith(_PIECE):
                outage_id, _, number = part.removeprefix(_PIECE).rpartition("/")
                self._pieces.setdefault(outage_id, {})[int(number)] = msgspec.msgpack.decode(value, type=Piece)
            elif part.startswith(_KEY):
                self._standings[part.removeprefix(_KEY)] = msgspec.msgpack.decode(value, type=Standing)

    def restored(self) -> None:
        """Know the outages again, once every part was taken: an outage's leaves may come after it."""
        for outage_id, standing in self._standings.items():
            self._known[outage_id] = _Known(self._whole(_decode_change(standing.change)), standing)
        self._standings.clear()
        self._see()

    def move(self, customer_id: str, before: frozenset[str], after: frozenset[str]) -> None:
        """Know where a customer is now."""
        self._index.move(customer_id, before, after)

    def take(self, message: OutageChanged, unit: Unit) -> bool:
        """Take over a piece of a revision; return True when rules see other outages now.

        An older or repeated revision changes nothing; a revision counts once all its pieces are here.
        """
        known = self._known.get(message.outage_id)
        if known is not None and known.outage.revision >= message.revision:
            return False
        pieces = self._pieces.setdefault(message.outage_id, {})
        pieces[message.piece] = Piece(message.revision, message.leaves)
        self._put(f"{_PIECE}{message.outage_id}/{message.piece}", pieces[message.piece], unit)
        current = [number for number, piece in pieces.items() if piece.revision == message.revision]
        if len(current) < message.pieces:
            return False
        for number in [number for number in pieces if number >= message.pieces]:
            del pieces[number]
            unit.changes[state_key(PARTITION, f"{_PIECE}{message.outage_id}/{number}")] = None
        change = msgspec.structs.replace(message, leaves=())
        outage = self._whole(change)
        standing = Standing(msgspec.msgpack.encode(change), size=self._index.count(_reach(outage)))
        self._known[message.outage_id] = _Known(outage, standing)
        self._put(_KEY + message.outage_id, standing, unit)
        self._forget(unit)
        self._see()
        return True

    def walk(self, now: Millis, unit: Unit) -> Iterator[tuple[Outage, list[str]]]:
        """Yield outages, the gravest first, each with the next customers to reach: at most `SLICE` in all."""
        left = SLICE
        for outage, standing in sorted((each for each in self._waiting() if each.outage.notify_at <= now), key=_turn):
            if left <= 0:
                break
            ahead = {customer_id for customer_id in self._index.at(_reach(outage)) if customer_id > standing.cursor}
            reached = nsmallest(left, ahead)
            if len(reached) == len(ahead):
                standing.is_walked = True
            if reached:
                standing.cursor = reached[-1]
            left -= len(reached)
            self._put(_KEY + outage.outage_id, standing, unit)
            self._next()
            yield outage, reached

    def _waiting(self) -> Iterator[_Known]:
        """Yield what is not walked to its end, due or not."""
        return (known for known in self._known.values() if not known.standing.is_walked)

    def _whole(self, change: OutageChanged) -> Outage:
        pieces = self._pieces.get(change.outage_id, {})
        return Outage(
            outage_id=change.outage_id,
            revision=change.revision,
            state=change.state,
            leaves=frozenset(
                leaf for piece in pieces.values() if piece.revision == change.revision for leaf in piece.leaves
            ),
            service_kinds=tuple(change.service_kinds),
            severity=change.severity,
            started_at=change.started_at,
            notify_at=change.notify_at,
            cause_event_id=change.cause_event_id,
            cause_source=change.cause_source,
            ended_at=change.ended_at,
            eta=change.eta,
            cause_public=change.cause_public,
        )

    def _forget(self, unit: Unit) -> None:
        if len(self._known) <= MAX_OVER:
            return
        over = [known.outage for known in self._known.values() if known.standing.is_walked and not known.outage.leaves]
        over.sort(key=lambda outage: (outage.notify_at, outage.outage_id))
        for outage in over[: max(0, len(over) - MAX_OVER)]:
            del self._known[outage.outage_id]
            unit.changes[state_key(PARTITION, _KEY + outage.outage_id)] = None
            for number in self._pieces.pop(outage.outage_id, {}):
                unit.changes[state_key(PARTITION, f"{_PIECE}{outage.outage_id}/{number}")] = None

    def _see(self) -> None:
        self.outages = Outages(known.outage for known in self._known.values())
        self._next()

    def _next(self) -> None:
        self.due = min((known.outage.notify_at for known in self._waiting()), default=NEVER)

    @staticmethod
    def _put(part: str, value: msgspec.Struct, unit: Unit) -> None:
        unit.changes[state_key(PARTITION, part)] = msgspec.msgpack.encode(value)


def _turn(known: _Known) -> tuple[int, int, Millis, str]:
    """Order outages: who is under a grave or a small one does not wait for everybody under a large one."""
    outage, standing = known
    return _GRAVITY.get(outage.severity, len(_GRAVITY)), standing.size, outage.notify_at, outage.outage_id


def _reach(outage: Outage) -> Iterator[str]:
    """Yield the places whose customers an outage concerns."""
    yield from (f"leaf:{leaf}" for leaf in outage.leaves)
    yield f"outage:{outage.outage_id}"


def _decode_change(stored: bytes) -> OutageChanged:
    return msgspec.msgpack.decode(stored, type=OutageChanged)
