"""The memory store: a task's state as encoded bytes, so that the garbage collector has nothing to walk."""

from collections.abc import Iterator, Mapping


class MemoryStore:
    """Keeps everything in one dictionary of bytes; rebuilt from the changelog when a task opens."""

    __slots__ = ("_data", "get")

    def __init__(self) -> None:
        self._data: dict[bytes, bytes] = {}
        self.get = self._data.get

    def put(self, key: bytes, value: bytes) -> None:
        """Set `key`."""
        self._data[key] = value

    def delete(self, key: bytes) -> None:
        """Remove `key`; absent is fine."""
        self._data.pop(key, None)

    def update(self, changes: Mapping[bytes, bytes | None]) -> None:
        """Set each key to its value; None removes it."""
        data = self._data
        for key, value in changes.items():
            if value is None:
                data.pop(key, None)
            else:
                data[key] = value

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """Iterate over everything."""
        return iter(self._data.items())

    def clear(self) -> None:
        """Forget everything."""
        self._data.clear()

    def __len__(self) -> int:
        return len(self._data)

    def __repr__(self) -> str:
        return f"MemoryStore({len(self._data)} keys)"
