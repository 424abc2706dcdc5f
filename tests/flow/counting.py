"""A box small enough to be checked by hand: it counts each key's events and says so at every tenth."""

from collections.abc import Sequence

from streams.core.fold import Box, Fold, FoldContext, Unit
from streams.core.keys import state_key
from streams.core.records import Millis, Output, Record

SOURCES = ("flow.first.v1", "flow.second.v1")
OUTPUT = "flow.tenth.v1"


class CountingFold:
    """State: events by key, and how many came out of order. A value is the key's next number, from 0 on."""

    def __init__(self, context: FoldContext) -> None:
        self._store, self._partition = context.store, context.partition
        self.now: Millis = 0

    def restored(self) -> None:
        """Nothing is derived."""

    def fold(self, topic: str, records: Sequence[Record], unit: Unit) -> None:
        """Count; in each source a key's numbers rise by one, whatever happens."""
        for record in records:
            if record.key is None or record.value is None:
                continue
            key = state_key(record.key.decode(), topic)
            stored = unit.changes.get(key) or self._store.get(key) or b"0 0"
            count, wrong = (int(part) for part in stored.split())
            wrong += int(record.value) != count + wrong
            count += 1
            unit.changes[key] = b"%d %d" % (count, wrong)
            self.now = max(self.now, record.timestamp)
            if count % 10 == 0:
                name = b"%s/%s/%d" % (record.key, topic.encode(), count)
                unit.outputs.append(Output(OUTPUT, self._partition, name, b"%d %d" % (count, wrong)))

    def next_due(self) -> Millis | None:
        """No timers."""
        return None


def counting_fold(context: FoldContext) -> Fold:
    return CountingFold(context)


def counting_box() -> Box:
    return Box("counting", SOURCES, counting_fold)
