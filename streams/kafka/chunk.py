"""What the transport hands an agent: all that one fetch brought for it, as one Faust message."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, NamedTuple

from faust.serializers.schemas import Schema
from faust.types import TP

from streams.core.records import Record


class Chunk(NamedTuple):
    """Records of one partition, offsets rising, gaps legal.

    Attributes:
        tp: Where they come from, on the cluster.
        records: aiokafka's own records, at least one.
        epoch: The seek they were fetched after; chunks of another epoch must not be applied, since the
            records between them and the task's position would be lost.
        end: The next offset to read, where that is further than the one behind the last record.
    """

    tp: TP
    records: Sequence[Record]
    epoch: int
    end: int = 0

    def parts(self, size: Callable[[], int]) -> "Iterator[Chunk]":
        """Yield it in parts; each has as many records as `size` says when its turn comes."""
        tp, records, epoch, end = self
        start = 0
        while (stop := start + size()) < len(records):
            yield Chunk(tp, records[start:stop], epoch)
            start = stop
        yield Chunk(tp, records[start:], epoch, end) if start else self


class ChunkSchema(Schema):  # type: ignore[misc]  # Faust has no types
    """Passes chunks through; the box decodes."""

    def compile(self, app: Any, **_: Any) -> Callable[..., Awaitable[Any]]:  # noqa: ANN401 - Faust's signature
        """Return what Faust calls to make an event of a message."""

        async def decode(message: Any, *, propagate: bool = False) -> Any:  # noqa: ANN401, ARG001 - Faust's call
            return app.create_event(None, message.value, None, message)

        return decode
