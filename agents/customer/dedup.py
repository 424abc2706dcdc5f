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
_FULL: Final = _HASH * (1 + BLOCK_EVENTS)
_HEAD: Final = "dedup"

Read = Callable[[str], bytes | None]
Write = Callable[[str, bytes | None], None]


class Head(msgspec.Struct, array_like=True, gc=False):
    """Numbers of the oldest and the newest live block."""

    first: int = 0
    last: int = 0


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Head).decode


def fingerprint(source: str, type_name: str, event_id: str) -> bytes:
    """Return the 8-byte key under which an event is known."""
    return blake2b(f"{source}\x1f{type_name}\x1f{event_id}".encode(), digest_size=_HASH).digest()


def was_seen(key: bytes, now: int, read: Read, write: Write) -> bool:
    """Return True when `key` was remembered within the window; remember it otherwise.

    Raises:
        GuardFull: every block is live and full.
    """
    raw = read(_HEAD)
    head = _decode(raw) if raw is not None else Head()
    newest = read(f"dedup:{head.last}") or b""
    if _holds(newest, key):
        return True
    for number in range(head.last - 1, head.first - 1, -1):
        if _holds(read(f"dedup:{number}") or b"", key):
            return True
    if len(newest) >= _FULL:
        _drop_old(head, now, read, write)
        if head.last - head.first + 1 >= MAX_BLOCKS:
            raise GuardFull("too many events of one customer within the duplicate window")
        head.last += 1
        newest = b""
        write(_HEAD, _encode(head))
    write(f"dedup:{head.last}", now.to_bytes(_HASH, "big") + newest[_HASH:] + key)
    return False


def _holds(block: bytes, key: bytes) -> bool:
    at = block.find(key, _HASH)
    while at >= 0 and at % _HASH:
        at = block.find(key, at + 1)
    return at >= 0


def _drop_old(head: Head, now: int, read: Read, write: Write) -> None:
    while head.first < head.last:
        block = read(f"dedup:{head.first}")
        if block is not None and int.from_bytes(block[:_HASH], "big") > now - WINDOW_MILLIS:
            return
        write(f"dedup:{head.first}", None)
        head.first += 1
