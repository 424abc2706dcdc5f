"""What a transaction asks of brokers, and what is left of it after an answer."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, Final, Literal, TypeAlias

from aiokafka import TopicPartition
from aiokafka import errors as kafka
from aiokafka.protocol.produce import ProduceRequest

_ALL: Final = -1
_REQUEST_MILLIS: Final = 30_000

Place: TypeAlias = int | Literal["transaction", "group"]
"""A broker's number, or whose coordinator."""
Partitions: TypeAlias = Iterable[tuple[str, list[tuple[int, Any]]]]


def by_topic(pairs: Iterable[tuple[TopicPartition, Any]]) -> Partitions:
    """Group what belongs to partitions the way requests hold it."""
    ordered = sorted(pairs, key=lambda pair: pair[0])
    for topic, group in groupby(ordered, key=lambda pair: pair[0].topic):
        yield topic, [(tp.partition, what) for tp, what in group]


class Ask(ABC):
    """A request, and what is left of it after an answer."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.is_done = False

    @abstractmethod
    def request(self) -> Any:  # noqa: ANN401 - aiokafka's
        """Write what is left to ask."""

    @abstractmethod
    def codes(self, response: Any) -> Iterator[int]:  # noqa: ANN401 - aiokafka's
        """Yield the error codes of an answer, 0 for what went well."""

    def take(self, response: Any) -> list[kafka.KafkaError]:  # noqa: ANN401 - aiokafka's
        """Return what went wrong."""
        errors = [kafka.for_code(code)() for code in self.codes(response) if code]
        self.is_done = not errors
        return errors


class _Same(Ask):
    """One that is asked again as it was."""

    def __init__(self, place: Place, request: Any) -> None:  # noqa: ANN401 - aiokafka's
        super().__init__(place)
        self._request = request

    def request(self) -> Any:  # noqa: ANN401 - aiokafka's
        """Return it."""
        return self._request


class OfTransaction(_Same):
    """One that the transaction's coordinator answers with a single error code."""

    def __init__(self, request: Any) -> None:  # noqa: ANN401 - aiokafka's
        super().__init__("transaction", request)

    def codes(self, response: Any) -> Iterator[int]:  # noqa: ANN401 - aiokafka's
        """Yield the one code."""
        yield response.error_code


class OfPartitions(_Same):
    """One that is answered with an error code for each partition."""

    def codes(self, response: Any) -> Iterator[int]:  # noqa: ANN401 - aiokafka's
        """Yield the partitions' codes."""
        for _, partitions in response.errors:
            for _, code in partitions:
                yield code


class Batches(Ask):
    """One batch for each of some partitions of one leader; those that are written are taken off `waiting`."""

    def __init__(
        self,
        leader: int,
        transactional_id: str,
        waiting: dict[TopicPartition, deque[bytes]],
        own: Sequence[TopicPartition],
    ) -> None:
        super().__init__(leader)
        self._id, self._waiting, self._own = transactional_id, waiting, own

    def request(self) -> ProduceRequest:
        """Write the next batch of each."""
        topics = by_topic((tp, self._waiting[tp][0]) for tp in self._own)
        return ProduceRequest(
            transactional_id=self._id, required_acks=_ALL, timeout=_REQUEST_MILLIS, topics=list(topics)
        )

    def codes(self, response: Any) -> Iterator[int]:  # noqa: ANN401 - aiokafka's
        """Take off what is written, and yield the partitions' codes."""
        for topic, partitions in response.topics:
            for partition, code, *_ in partitions:
                # Sent once more because the answer was lost, and written the first time.
                is_written = code in (0, kafka.DuplicateSequenceNumber.errno)
                if is_written:
                    self._written(TopicPartition(topic, partition))
                yield 0 if is_written else code

    def _written(self, tp: TopicPartition) -> None:
        batches = self._waiting[tp]
        batches.popleft()
        if not batches:
            del self._waiting[tp]
