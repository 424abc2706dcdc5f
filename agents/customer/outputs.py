"""From a customer in hand to what the chunk commits: changed sections, output records, the context, dead letters."""

from collections.abc import Callable, Collection
from typing import Any, Final

import msgspec

from agents.customer.model import TIMERS, ActiveConfig, Cause, Moment
from agents.customer.work import Work
from agents.message.model import Emit
from schemas.reasons import DeadLetterReason
from schemas.records import (
    Cancelled,
    Decided,
    Entry,
    Impacted,
    OutcomeAttributed,
    Requested,
    ScreenPop,
    Suppressed,
)
from streams.codec import ce_headers
from streams.core.fold import FoldContext, Unit
from streams.core.partitioner import partition_for
from streams.core.records import Millis, Output
from streams.guard import origin_of, put_aside
from streams.tallies import LABELS, Tally
from streams.topics import TIMELINE

_COUNTED: Final[dict[type[msgspec.Struct], tuple[Tally, tuple[str, ...]]]] = {
    Requested: (Tally.MESSAGES, LABELS[Tally.MESSAGES]),
    Suppressed: (Tally.SUPPRESSIONS, LABELS[Tally.SUPPRESSIONS]),
    Cancelled: (Tally.CANCELLATIONS, LABELS[Tally.CANCELLATIONS]),
    Impacted: (Tally.IMPACTS, LABELS[Tally.IMPACTS]),
    Decided: (Tally.DECISIONS, LABELS[Tally.DECISIONS]),
    OutcomeAttributed: (Tally.OUTCOMES, LABELS[Tally.OUTCOMES]),
    ScreenPop: (Tally.SCREEN_POPS, LABELS[Tally.SCREEN_POPS]),
}
"""What is counted of each output: its labels are the record's fields of the same names."""

SOURCE: Final = "hub"
STAGE: Final = "customer"
CONTEXT: Final = "customer.context.v1"


class Outputs:
    """Writes a customer's part of a chunk into its unit.

    Args:
        context: Codec and partition; every output of a customer goes to the task's own partition number.
        view: Makes the context record.
    """

    def __init__(self, context: FoldContext, view: Callable[..., msgspec.Struct]) -> None:
        self._codec, self._view = context.codec, view
        self._partition, self._partitions = context.partition, context.partitions

    def finish(self, work: Work, now: Millis, config: ActiveConfig, unit: Unit) -> None:
        """Encode what changed and emit what follows. The work must not be used for rules afterwards."""
        customer = work.customer
        is_emitted = (customer.is_material or work.is_context_due) and not work.is_provisional
        changed = customer.encode_changed()
        progress = work.progress
        for name in changed:
            if name not in progress.unseen and name != TIMERS:
                progress.unseen = sorted([*progress.unseen, name])
        if is_emitted:
            self._emit_context(work, now, config, unit)
        prefix, changes = work.prefix, unit.changes
        for part, value in work.changes(changed).items():
            changes[prefix + part.encode()] = value
        if work.emits:
            key = work.customer_id.encode()
            for emit in work.emits:
                self._emit(key, emit, unit)
        for entry, owner in work.forwards:
            self._forward(entry, owner, now, unit)
        for entry in work.unclaimed:
            self.dead_letter(entry, DeadLetterReason.UNCLAIMED, "nobody claimed the identifier", unit)

    def _emit_context(self, work: Work, now: Millis, config: ActiveConfig, unit: Unit) -> None:
        progress = work.progress
        progress.version += 1
        sections = progress.unseen
        progress.unseen, progress.context_at = [], 0
        moment = Moment(now, False, Cause("context", SOURCE), self._partition, config)  # noqa: FBT003 - a field
        record = self._view(work.customer, moment, progress.counts, progress.version, sections)
        identity = f"{work.customer_id}-{progress.version}"
        self._output(CONTEXT, work.customer_id.encode(), record, identity, unit)
        unit.tally(Tally.CONTEXTS)

    def _output(self, topic: str, key: bytes, record: Any, identity: str, unit: Unit) -> None:  # noqa: ANN401 - any
        # By the decision's own time: the chunk's end would say how the log was read.
        headers = ce_headers(type(record).NAME, identity, SOURCE, record.decided_at)
        unit.outputs.append(Output(topic, self._partition, key, self._codec.encode(record), headers))

    def _forward(self, entry: Entry, owner: str, now: Millis, unit: Unit) -> None:
        key = owner.encode()
        value = self._codec.encode(msgspec.structs.replace(entry, is_forwarded=True))
        unit.outputs.append(Output(TIMELINE, partition_for(key, self._partitions), key, value, (), now))

    def dead_letter(self, entry: Entry, reason: DeadLetterReason, detail: str, unit: Unit) -> None:
        """Put an event aside with its bytes as its public topic held them."""
        put_aside(unit, origin_of(entry.topic, entry), reason, STAGE, detail, self._partition)

    @staticmethod
    def count(works: Collection[Work], unit: Unit) -> None:
        """Count the events of a whole chunk at once, topic by topic."""
        for tally, topics in (
            (Tally.EVENTS, [topic for work in works for topic in work.applied]),
            (Tally.DUPLICATES, [topic for work in works for topic in work.duplicates]),
        ):
            for topic in dict.fromkeys(topics):
                unit.tally(tally, topic, count=topics.count(topic))
        kept = sum([work.kept for work in works])
        if kept:
            unit.tally(Tally.PROVISIONAL, count=kept)

    def _emit(self, key: bytes, emit: Emit, unit: Unit) -> None:
        record = emit.record
        self._output(emit.topic, key, record, emit.id, unit)
        counted = _COUNTED.get(type(record))
        if counted is not None:
            tally, labels = counted
            unit.tally(tally, *(str(getattr(record, label) or "none") for label in labels))
