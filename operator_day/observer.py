"""Reads what the hub has committed: outputs and dead letters, and how far its own topics are written."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from operator_day.events import Header
from schemas import load

CONTEXT: Final = "customer.context.v1"
REQUEST: Final = "message.request.v1"
SUPPRESSION: Final = "message.suppression.v1"
DECISION: Final = "nba.decision.v1"
TRACE: Final = "nba.trace.v1"
SCORE_REQUEST: Final = "nba.request.v1"
DEAD_LETTERS: Final = ".dlq"
HUBS_OWN: Final = ("hub.identity.v1", "hub.stray.v1", "hub.timeline.v1")
"""What the hub writes and reads itself, in the order in which a record passes them."""

FETCH_WAIT_MS: Final = 20
_FETCH_BYTES: Final = 1024 * 1024


class Seen(NamedTuple):
    """A record as it was read; `topic` is the logical name."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...]

    def __repr__(self) -> str:
        return f"Seen({self.topic}, {self.partition}, {self.offset})"


@dataclass(slots=True, repr=False)
class Observed:
    """What the committed topics say.

    Attributes:
        contexts: the last context of each customer, by the record's key.
        day_contexts: the same as the day ended, before the clock's last jump; empty until then.
        messages: everything on the topic of requests and cancellations.
        suppressions: everything on the topic of suppressions.
        dead_letters: everything on dead-letter topics.
        by_topic: everything on every other topic of outputs, such as screen-pops and decisions.
        outputs: records by topic, contexts and the hub's own among them.
    """

    contexts: dict[bytes, bytes] = field(default_factory=dict)
    day_contexts: dict[bytes, bytes] = field(default_factory=dict)
    messages: list[Seen] = field(default_factory=list)
    suppressions: list[Seen] = field(default_factory=list)
    dead_letters: list[Seen] = field(default_factory=list)
    by_topic: defaultdict[str, list[Seen]] = field(default_factory=lambda: defaultdict(list))
    outputs: Counter[str] = field(default_factory=Counter)

    def enter(self, topic: str, records: Sequence[Any]) -> None:
        """Take over records of the logical `topic`, whatever client read them: in their order, each once."""
        self.outputs[topic] += len(records)
        if topic in HUBS_OWN:
            return
        if topic == CONTEXT:
            self.contexts.update({record.key: record.value for record in records})
            return
        self.kept(topic).extend(
            Seen(topic, r.partition, r.offset, r.timestamp, r.key, r.value, tuple(r.headers)) for r in records
        )

    def kept(self, topic: str) -> list[Seen]:
        """Give the list that the records of `topic` are kept in."""
        if topic == REQUEST:
            return self.messages
        if topic == SUPPRESSION:
            return self.suppressions
        return self.dead_letters if topic.endswith(DEAD_LETTERS) else self.by_topic[topic]

    def end_day(self) -> None:
        """Keep the contexts as they are now."""
        self.day_contexts = dict(self.contexts)


class Observer:
    """A read_committed reader of everything that the hub writes under a prefix, from the first record on.

    It reads by offsets of its own, joins no group and commits nothing.

    Args:
        broker: `host:port`, several separated by commas.
        prefix: stands before every topic's name on the broker.
        is_gapless: whether offsets have no gaps on this broker, as on the embedded one. There, a batch may become
            visible before an earlier one of another producer, so that a reader that goes on misses the earlier for
            good (seen at a load above the machine's cores): what stands behind a gap is read again.
    """

    def __init__(self, broker: str, prefix: str, *, is_gapless: bool = False) -> None:
        self.observed = Observed()
        self._is_gapless = is_gapless
        self._prefix = prefix
        self._consumer: Any = AIOKafkaConsumer(
            bootstrap_servers=broker,
            client_id="operator-day-observer",
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            fetch_max_wait_ms=FETCH_WAIT_MS,
            max_partition_fetch_bytes=_FETCH_BYTES,
        )
        self._next: dict[tuple[str, int], int] = {}
        self._rounds: dict[TopicPartition, tuple[int, int]] = {}
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._consumer.start()
        topics = [topic.name for topic in load().topics.values() if topic.direction in ("out", "internal", "dlq")]
        partitions: list[TopicPartition] = []
        for topic in topics:
            found = await self._partitions_of(self._prefix + topic)
            partitions += [TopicPartition(self._prefix + topic, number) for number in sorted(found)]
        self._consumer.assign(partitions)
        self._task = asyncio.create_task(self._read(), name="observer")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._consumer.stop()

    async def _partitions_of(self, name: str) -> set[int]:
        found: set[int] | None = self._consumer.partitions_for_topic(name)
        if found is None:
            await self._consumer._client.force_metadata_update()  # noqa: SLF001  # no public way to wait for it
            found = self._consumer.partitions_for_topic(name)
        return found or set()

    def written(self) -> dict[tuple[str, int], int]:
        """Give the next offset after the last record seen, for each partition of the hub's own topics."""
        return {place: offset for place, offset in self._next.items() if place[0] in HUBS_OWN}

    async def caught_up(self) -> None:
        """Return once everything committed before this call has been read, and no transaction is open.

        A fetch that was under way already may show an older end, so each partition's second answer counts.
        """
        waiting = {place: (0, self._polled(place)) for place in self._consumer.assignment()}
        while waiting:
            self._raise_if_broken()
            await asyncio.sleep(FETCH_WAIT_MS / 4_000)
            for place, (answers, before) in list(waiting.items()):
                polled = self._polled(place)
                if polled != before:
                    answers, before = answers + 1, polled  # noqa: PLW2901  # the next look starts from here
                    waiting[place] = (answers, before)
                if answers > 1 and await self._is_at_end(place):
                    del waiting[place]

    def _polled(self, place: TopicPartition) -> int:
        return self._consumer.last_poll_timestamp(place) or 0

    async def _is_at_end(self, place: TopicPartition) -> bool:
        high = self._consumer.highwater(place)
        return high is not None and await self._consumer.position(place) >= high

    def _raise_if_broken(self) -> None:
        if self._task is not None and self._task.done():
            self._task.result()
            raise RuntimeError("the observer stopped reading")

    async def _read(self) -> None:
        while True:
            fetched = await self._consumer.getmany(timeout_ms=1_000)
            for place, records in fetched.items():
                known = self._before_a_gap(place, records) if self._is_gapless else records
                if known:
                    self._enter(place.topic[len(self._prefix) :], place.partition, known)

    def _before_a_gap(self, place: TopicPartition, records: list[Any]) -> list[Any]:
        start = self._next.get((place.topic[len(self._prefix) :], place.partition), 0)
        if records[-1].offset - start == len(records) - 1:
            return records
        count = next(index for index, record in enumerate(records) if record.offset != start + index)
        self._consumer.seek(place, start + count)
        return records[:count]

    def _enter(self, topic: str, partition: int, records: list[Any]) -> None:
        self._next[topic, partition] = records[-1].offset + 1
        self.observed.enter(topic, records)
