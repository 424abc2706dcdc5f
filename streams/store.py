"""The memory store: a task's state as encoded bytes, so that the garbage collector has nothing to walk."""

from collections.abc import Iterator, Mapping
from typing import Final

_SEPARATOR: Final = b"/"
_MOST_NAMES: Final = 4096
"""Names of parts that are kept once for all owners; those with an id in them are many, and must not pile up."""
_NOTHING: Final[Mapping[str, bytes]] = {}


class MemoryStore:
    """Keeps an owner's parts together, as a rule reads them; rebuilt from the changelog when a task opens.

    With a dictionary over all keys every part read is four places in memory that nobody was at for a while; see
    docs/adr/0018-parts-by-owner.md. A key without a slash is an owner of one part, and kept as it is.
    """

    __slots__ = ("_alone", "_last", "_last_parts", "_names", "_owners")

    def __init__(self) -> None:
        self._alone: dict[bytes, bytes] = {}
        self._owners: dict[bytes, dict[str, bytes]] = {}
        self._names: dict[bytes, str] = {}
        self._last: bytes | None = None
        self._last_parts: dict[str, bytes] = {}

    def get(self, key: bytes) -> bytes | None:
        """Return the value of `key`, or None."""
        owner, slash, part = key.partition(_SEPARATOR)
        return self.of(owner).get(part.decode()) if slash else self._alone.get(key)

    def of(self, owner: bytes) -> Mapping[str, bytes]:
        """Return the parts of an owner as they are until the next change; empty when there are none."""
        return self._owners.get(owner, _NOTHING)

    def owners(self) -> Iterator[tuple[bytes, Mapping[str, bytes]]]:
        """Iterate over the owners and their parts; keys without a slash are nobody's part."""
        return iter(self._owners.items())

    def put(self, key: bytes, value: bytes) -> None:
        """Set `key`."""
        owner, slash, part = key.partition(_SEPARATOR)
        if not slash:
            self._alone[key] = value
            return
        if owner != self._last:  # else as the key before, which a changelog has by the dozen
            self._last, self._last_parts = owner, self._owners.setdefault(owner, {})
        self._last_parts[self._names.get(part) or self._name(part)] = value

    def delete(self, key: bytes) -> None:
        """Remove `key`; absent is fine."""
        owner, slash, part = key.partition(_SEPARATOR)
        if not slash:
            self._alone.pop(key, None)
        elif (parts := self._owners.get(owner)) is not None:
            parts.pop(part.decode(), None)
            if not parts:
                del self._owners[owner]
                self._last = None

    def update(self, changes: Mapping[bytes, bytes | None]) -> None:
        """Set each key to its value; None removes it."""
        put = self.put
        for key, value in changes.items():
            if value is None:
                self.delete(key)
            else:
                put(key, value)

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """Iterate over everything."""
        yield from self._alone.items()
        for owner, parts in self._owners.items():
            for part, value in parts.items():
                yield owner + _SEPARATOR + part.encode(), value

    def clear(self) -> None:
        """Forget everything."""
        self._alone.clear()
        self._owners.clear()
        self._last = None

    def _name(self, part: bytes) -> str:
        name = part.decode()
        if len(self._names) < _MOST_NAMES:
            self._names[part] = name
        return name

    def __len__(self) -> int:
        return len(self._alone) + sum(map(len, self._owners.values()))

    def __repr__(self) -> str:
        return f"MemoryStore({len(self)} keys)"
