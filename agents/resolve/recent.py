"""A bounded memory of what was worked out lately."""

from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """A dictionary of at most `capacity` entries; beyond it the oldest goes.

    `get` is the dictionary's own, since it runs several times per event.
    """

    __slots__ = ("_capacity", "_data", "get")

    def __init__(self, capacity: int) -> None:
        self._data: dict[K, V] = {}
        self._capacity = capacity
        self.get = self._data.get

    def keep(self, key: K, value: V) -> V:
        """Remember and return `value`."""
        data = self._data
        if len(data) >= self._capacity and key not in data:
            del data[next(iter(data))]
        data[key] = value
        return value

    def drop(self, key: K) -> None:
        """Forget `key`; absent is fine."""
        self._data.pop(key, None)

    def __len__(self) -> int:
        return len(self._data)
