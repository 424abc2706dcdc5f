"""Which events a customer's record has seen: blocks of 16 hashes, so that an event rewrites 136 bytes and no more.

A block is 8 bytes of its newest event's arrival time and up to 16 hashes of 8 bytes. With a few thousand events of
one customer in the window the chance that two differ and collide is below 1e-12.
"""

from collections.abc import Callable
from hashlib import blake2b
from typing import Final

import msgspec

from agents.customer.model import GuardFull

WINDOW_MILLIS: Final = 72 * 3600 * 1000
BLOCK_EVENTS: Final = 16
MAX_BLOCKS: Final = 256
"""4,096 events of one customer in 72 hours; beyond that the guard says so instead of forgetting."""

_HASH: Final = 8
_FULL: Final = _HASH * BLOCK_EVENTS
_HEAD: Final = "dedup"


class Head(msgspec.Struct, array_like=True, gc=False):
    """Numbers of the oldest and the newest live block."""

    first: int = 0
    last: int = 0


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Head).decode


def fingerprint(source: str, type_name: str, event_id: str) -> bytes:
    """Return the 8-byte key under which an event is known."""
    return blake2b(f"{source}\x1f{type_name}\x1f{event_id}".encode(), digest_size=_HASH).digest()


class Seen(msgspec.Struct, gc=False, eq=False):
    """What a customer's record has seen, in hand for a chunk: the blocks are read once and written once.

    Attributes:
        _get: Reads what the store has of a part.
        _head: Which blocks are live; None before the first event.
        _known: All their hashes.
        _newest: Those of the newest block.
        _stamp: Arrival time of the newest block's newest event; negative while this chunk added none.
        _changed: Other parts that this chunk wrote.
    """

    _get: Callable[[str], bytes | None]
    _head: Head | None = None
    _known: bytes = b""
    _newest: bytes = b""
    _stamp: int = -1
    _changed: dict[str, bytes | None] = {}

    def was_seen(self, key: bytes, now: int) -> bool:
        """Return True when `key` was remembered within the window; remember it otherwise.

        Raises:
            GuardFull: every block is live and full.
        """
        head = self._head or self._load()
        at = self._known.find(key)
        while at >= 0:
            if not at % _HASH:
                return True
            at = self._known.find(key, at + 1)
        if len(self._newest) >= _FULL:
            self._begin_block(head, now)
        self._known += key
        self._newest += key
        self._stamp = now
        return False

    def changes(self) -> dict[str, bytes | None]:
        """Return the parts that differ from the store; None for those that are no more."""
        if self._head is not None and self._stamp >= 0:
            self._changed[_block(self._head.last)] = self._stamp.to_bytes(_HASH, "big") + self._newest
        return self._changed

    def _load(self) -> Head:
        raw = self._read(_HEAD)
        head = self._head = Head() if raw is None else _decode(raw)
        self._newest = self._hashes(head.last)
        self._known = self._older(head) + self._newest
        return head

    def _begin_block(self, head: Head, now: int) -> None:
        self.changes()
        while head.first < head.last:
            block = self._read(_block(head.first))
            if block is not None and int.from_bytes(block[:_HASH], "big") > now - WINDOW_MILLIS:
                break
            self._changed[_block(head.first)] = None
            head.first += 1
        if head.last - head.first + 1 >= MAX_BLOCKS:
            raise GuardFull("too many events of one customer within the duplicate window")
        head.last += 1
        self._changed[_HEAD] = _encode(head)
        self._newest = b""
        self._known = self._older(head)

    def _older(self, head: Head) -> bytes:
        return b"".join([self._hashes(number) for number in range(head.first, head.last)])

    def _hashes(self, number: int) -> bytes:
        return (self._read(_block(number)) or b"")[_HASH:]

    def _read(self, part: str) -> bytes | None:
        changed = self._changed
        return changed[part] if part in changed else self._get(part)


def _block(number: int) -> str:
    return f"{_HEAD}:{number}"
