"""Keys of a task's state: an owner (a customer, an identifier, or the partition itself) and a part of it."""

from collections.abc import Mapping
from typing import Final

_SEPARATOR: Final = b"/"
PARTITION: Final = "\x00partition"
"""Owner of what belongs to the whole partition; no customer id can be equal to it."""


def state_key(owner: str, part: str) -> bytes:
    """Return the changelog key of `part` of `owner`; `owner` holds no slash."""
    return f"{owner}/{part}".encode()


def owner_of(key: bytes) -> bytes:
    """Return the owner's bytes: keys with equal owners must not be split over two changelog batches."""
    return key.partition(_SEPARATOR)[0]


def split_key(key: bytes) -> tuple[str, str]:
    """Return (owner, part) of a key made by `state_key`."""
    owner, _, part = key.partition(_SEPARATOR)
    return owner.decode(), part.decode()


def in_turn(changes: Mapping[bytes, bytes | None]) -> dict[bytes, bytes | None]:
    """Return changes in the order for a log that may end between owners: each one's together, the partition's last.

    How far an outage's customers were reached is the partition's. Written before them it would pass over those whose
    part was never written; behind them a few are reached once more, which changes nothing.
    """
    own = PARTITION.encode()
    return dict(sorted(changes.items(), key=lambda change: (owner_of(change[0]) == own, change[0])))
