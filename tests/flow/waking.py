"""A box of one task that lives by its timers: an event asks to be woken, a tick wakes it."""

from collections.abc import Sequence

from schemas.records import Ticked
from streams.core.fold import Box, Fold, FoldContext, Unit
from streams.core.records import Millis, Output, Record

SOURCE = "flow.timeline.v1"
OUTPUT = "flow.woken.v1"


class WakingFold:
    """State: when to wake, by key; a record's value is the delay in milliseconds."""

    def __init__(self, context: FoldContext) -> None:
        self._store, self._tick = context.store, context.codec.encode(Ticked())
        self._due: dict[bytes, Millis] = {}
        self.now: Millis = 0

    def restored(self) -> None:
        """Build the index of what is due."""
        self._due = {key: int(value) for key, value in self._store.items()}

    def fold(self, topic: str, records: Sequence[Record], unit: Unit) -> None:  # noqa: ARG002 - the port's signature
        """Fire what is due at each record's stamp, then apply it."""
        for record in records:
            self.now = max(self.now, record.timestamp)
            for key in [key for key, due in self._due.items() if due <= self.now]:
                due = self._due.pop(key)
                unit.changes[key] = None
                unit.outputs.append(Output(OUTPUT, 0, key, b"%d" % (self.now - due)))
            if record.key is not None and record.value is not None and record.value != self._tick:
                self._due[record.key] = self.now + int(record.value)
                unit.changes[record.key] = b"%d" % self._due[record.key]

    def next_due(self) -> Millis | None:
        """Return the earliest."""
        return min(self._due.values(), default=None)


def waking_fold(context: FoldContext) -> Fold:
    return WakingFold(context)


def waking_box() -> Box:
    return Box("waking", (SOURCE,), waking_fold, is_single=True, has_ticks=True)
