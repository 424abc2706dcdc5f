"""Reading records whose header names are not UTF-8.

Kafka's protocol says that a header's name is, but no broker checks it and C clients send whatever they are given.
aiokafka raises at such a record, at every attempt, so that nothing behind it would ever be read.
"""

import struct
from collections.abc import Iterator
from typing import Any, Final

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords

_LENGTH_AT: Final = 8
_BEFORE_LENGTH: Final = 12
"""Of a batch: its base offset, eight bytes, and the length itself, four, come before what the length counts."""


def tolerate() -> None:
    r"""Let every consumer of this process read such names, each byte that is not UTF-8 as `\xNN`. Twice is once."""
    fetcher.MemoryRecords = Batches


class Batches:
    """What a fetch brought of one partition, batch by batch.

    Args:
        data: Its bytes; the last batch may be cut off.
    """

    def __init__(self, data: bytes) -> None:
        self._records, self._data, self._next = MemoryRecords(data), memoryview(data), 0

    def size_in_bytes(self) -> int:
        """Return how many bytes there are."""
        size: int = self._records.size_in_bytes()
        return size

    def has_next(self) -> bool:
        """Return True when there is another whole batch."""
        is_there: bool = self._records.has_next()
        return is_there

    def next_batch(self) -> "Batch | None":
        """Return the next whole batch, None behind the last."""
        found = self._records.next_batch()
        if found is None:
            return None
        start = self._next
        (length,) = struct.unpack_from(">i", self._data, start + _LENGTH_AT)
        self._next = start + _BEFORE_LENGTH + length
        return Batch(found, self._data[start : self._next])


class Batch:
    """A batch as aiokafka has it, whose records are read all at once.

    Args:
        found: The batch.
        data: Its bytes.
    """

    def __init__(self, found: Any, data: memoryview) -> None:  # noqa: ANN401 - of any format, in C or in Python
        self._found, self.data = found, data

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the batch says of itself
        return getattr(self._found, name)

    def __next__(self) -> Any:  # noqa: ANN401 - a record
        return next(self._found)

    def __iter__(self) -> Iterator[Any]:
        try:
            return iter(list(self._found))
        except UnicodeDecodeError:
            return iter(_TolerantBatch(bytes(self.data)))


class _TolerantBatch(_DefaultRecordBatchPy):  # type: ignore[misc]  # final; its parser is worth no copy
    """A batch parsed by aiokafka's Python, since its C is closed to changes."""

    _buffer: bytes | bytearray | memoryview

    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        self._buffer = _TolerantBytes(self._buffer)


class _TolerantBytes(bytearray):
    """Bytes whose slices read as text whatever they are."""

    def __getitem__(self, index: Any) -> Any:  # noqa: ANN401 - as bytearray's
        found = super().__getitem__(index)
        return _TolerantBytes(found) if isinstance(index, slice) else found

    def decode(self, encoding: str = "utf-8", errors: str = "backslashreplace") -> str:
        return super().decode(encoding, errors)
