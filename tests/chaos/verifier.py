"""Reads everything that the hub commits, with another client than the hub's, and knows nothing but the topics."""

import threading
import time
from collections.abc import Iterable
from typing import Any, Final

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

from operator_day.observer import Observed, Seen
from schemas import load
from streams.kafka.names import Names
from tests.chaos.checks import Checks

_TURN_RECORDS: Final = 2000
_TURN_SECONDS: Final = 0.2
_ASK_SECONDS: Final = 10.0


class Verifier(threading.Thread):
    """A read_committed reader from the first record on, beside the run.

    Attributes:
        checks: What it found so far.
        observed: What stands on the topics, for the reconciliation; complete after `finish`.

    Args:
        broker: `host:port`.
        names: Of the installation.
        boxes: Whose changelogs are read too.
    """

    def __init__(self, broker: str, names: Names, boxes: Iterable[str]) -> None:
        super().__init__(name="verifier", daemon=True)
        self.checks, self.observed = Checks(), Observed()
        self._names = names
        self._boxes = {names.changelog(box): box for box in boxes}
        self._ends: dict[tuple[str, int], int] = {}
        self._is_over = threading.Event()
        self._failure: BaseException | None = None
        self._consumer = Consumer(
            {
                "bootstrap.servers": broker,
                "group.id": "chaos-verifier",  # asked for, not used: it assigns its partitions itself
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
                "fetch.wait.max.ms": 100,
                "allow.auto.create.topics": False,
                "log_level": 0,
            }
        )

    def run(self) -> None:
        """Read until `close`."""
        try:
            self._consumer.assign([TopicPartition(*place, OFFSET_BEGINNING) for place in self._places()])
            while not self._is_over.is_set():
                for message in self._consumer.consume(_TURN_RECORDS, _TURN_SECONDS):
                    self._take(message)
        except BaseException as failure:  # noqa: BLE001 - told to whoever waits
            self._failure = failure

    def finish(self, limit_seconds: float) -> None:
        """Return when everything committed before this call has been looked at. Blocks.

        Raises:
            TimeoutError: a partition's end was not reached; a transaction may still be open.
        """
        limit = time.monotonic() + limit_seconds
        waiting = {place: self._high(place) for place in self._places()}
        while waiting:
            if self._failure is not None:
                raise self._failure
            if time.monotonic() > limit:
                raise TimeoutError(f"{min(waiting)} is not read to its end, with {len(waiting) - 1} more")
            time.sleep(_TURN_SECONDS)
            waiting = {place: end for place, end in waiting.items() if self._ends.get(place, -1) < end}

    def close(self) -> None:
        """Read no more. Blocks for a moment."""
        self._is_over.set()
        self.join(_ASK_SECONDS)
        self._consumer.close()

    def _high(self, place: tuple[str, int]) -> int:
        limit = time.monotonic() + _ASK_SECONDS
        while True:
            try:
                return int(self._consumer.get_watermark_offsets(TopicPartition(*place), _ASK_SECONDS)[1])
            except KafkaException:
                if time.monotonic() > limit:
                    raise

    def _places(self) -> list[tuple[str, int]]:
        topics = self._consumer.list_topics(timeout=_ASK_SECONDS).topics
        contracts = load().topics.values()
        ours = {self._names.topic(each.name) for each in contracts if each.direction in ("out", "internal", "dlq")}
        wanted = sorted((ours | self._boxes.keys()) & topics.keys())
        return [(name, partition) for name in wanted for partition in sorted(topics[name].partitions)]

    def _take(self, message: Message) -> None:
        topic, partition, offset = str(message.topic()), int(message.partition() or 0), int(message.offset() or 0)
        error = message.error()
        if error is not None:
            if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - its public name
                self._ends[topic, partition] = offset
            return  # a broker that is away is back soon
        headers: Any = message.headers()
        seen = Seen(
            self._names.logical(topic),
            partition,
            offset,
            message.timestamp()[1],
            message.key(),
            message.value(),
            tuple(headers or ()),
        )
        box = self._boxes.get(topic)
        if box is not None:
            self.checks.change(box, seen)
            return
        self.checks.look(seen)
        self.observed.enter(seen.topic, [seen])
