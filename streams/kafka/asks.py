"""What a transaction asks of brokers, and what is left of it after an answer."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, Final, Literal, TypeAlias

from aiokafka import TopicPartition
from aiokafka import errors as kafka
from aiokafka.protocol.produce import ProduceRequest

from streams.kafka import second

_ALL: Final = -1
_REQUEST_MILLIS: Final = 30_000
_FENCED: Final = 90
"""Kafka's PRODUCER_FENCED; the first version of transactions says INVALID_PRODUCER_EPOCH in its place."""

Place: TypeAlias = int | Literal["transaction", "group"]
"""A broker's number, or whose coordinator."""
Partitions: TypeAlias = list[tuple[str, list[tuple[Any, ...]]]]
Produce: TypeAlias = Callable[[Partitions], Any]
"""Makes a request to write batches: (partition, bytes) by topic."""


def by_topic(pairs: Iterable[tuple[TopicPartition, Any]]) -> Partitions:
    """Group what belongs to partitions the way requests hold it."""
    ordered = sorted(pairs, key=lambda pair: pair[0])
    by_name = groupby(ordered, key=lambda pair: pair[0].topic)
    return [(topic, [(tp.partition, what) for tp, what in group]) for topic, group in by_name]


def produce_in_first(transactional_id: str, topics: Partitions) -> ProduceRequest:
    """Ask to write batches to partitions that have joined the transaction."""
    return ProduceRequest(transactional_id=transactional_id, required_acks=_ALL, timeout=_REQUEST_MILLIS, topics=topics)


def produce_in_second(transactional_id: str, topics: Partitions) -> Any:  # noqa: ANN401 - aiokafka's
    """Ask to write batches, which lets their partitions join the transaction."""
    return second.produce(transactional_id, _ALL, _REQUEST_MILLIS, topics)


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
        errors = [_error(code) for code in self.codes(response) if code]
        self.is_done = not errors
        return errors


def _error(code: int) -> kafka.KafkaError:
    """Return the error of a code; aiokafka does not know the one of a fence, nor say which one it does not know."""
    if code == _FENCED:
        return kafka.ProducerFenced()
    known = kafka.for_code(code)
    return known(f"code {code}") if known is kafka.UnknownError else known()


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


class Ended(OfTransaction):
    """The end, in the second version of transactions.

    Attributes:
        numbers: Producer id and epoch from now on, once it is done.
    """

    numbers: tuple[int, int]

    def codes(self, response: Any) -> Iterator[int]:  # noqa: ANN401 - aiokafka's
        """Yield the one code, and keep the numbers."""
        self.numbers = response.producer_id, response.producer_epoch
        yield response.error_code


class Features(OfTransaction):
    """What the cluster has in force.

    Attributes:
        is_second: It has the second version of transactions, once it is done.
    """

    is_second: bool

    def codes(self, response: Any) -> Iterator[int]:  # noqa: ANN401 - aiokafka's
        """Yield the one code, and keep what is asked for."""
        self.is_second = second.is_in_force(response)
        yield response.error_code


class OfPartitions(_Same):
    """One that is answered with an error code for each partition."""

    def codes(self, response: Any) -> Iterator[int]:  # noqa: ANN401 - aiokafka's
        """Yield the partitions' codes."""
        for topic in response.errors:
            for _, code, *_ in topic[1]:
                yield code


class Batches(Ask):
    """One batch for each of some partitions of one leader; those that are written are taken off `waiting`."""

    def __init__(
        self,
        leader: int,
        produce: Produce,
        waiting: dict[TopicPartition, deque[bytes]],
        own: Sequence[TopicPartition],
    ) -> None:
        super().__init__(leader)
        self._produce, self._waiting, self._own = produce, waiting, own

    def request(self) -> Any:  # noqa: ANN401 - aiokafka's
        """Write the next batch of each."""
        return self._produce(by_topic((tp, self._waiting[tp][0]) for tp in self._own))

    def codes(self, response: Any) -> Iterator[int]:  # noqa: ANN401 - aiokafka's
        """Take off what is written, and yield the partitions' codes."""
        for answered in response.topics:
            topic = answered[0]
            for partition, code, *_ in answered[1]:
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
