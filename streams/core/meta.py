"""META: the last changelog record of every commit, and the truth about where a task stands."""

from typing import Final

import msgspec

META_KEY: Final = b"\x00meta"
"""Sorts before every customer's key and can be no customer's."""


class Meta(msgspec.Struct, frozen=True, array_like=True):
    """Where a task stands after a commit.

    Attributes:
        offsets: Next offset to read by logical source topic.
        now: The task's time.
    """

    offsets: dict[str, int]
    now: int

    def encode(self) -> bytes:
        """Return the changelog value."""
        return msgspec.msgpack.encode(self)

    @classmethod
    def decode(cls, value: bytes) -> "Meta":
        """Return the META of a changelog value.

        Raises:
            msgspec.DecodeError: the changelog is damaged.
        """
        return msgspec.msgpack.decode(value, type=cls)
