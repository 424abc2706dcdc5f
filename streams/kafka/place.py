"""Where a task stands on the cluster."""

from dataclasses import dataclass

from aiokafka import TopicPartition

from streams.kafka.names import Names


@dataclass(frozen=True, slots=True)
class Place:
    """Where a task stands on the cluster.

    Attributes:
        box: Name of its box.
        partition: Its number.
        sources: Logical names of its sources.
        names: Names on the cluster.
    """

    box: str
    partition: int
    sources: tuple[str, ...]
    names: Names

    @property
    def changelog(self) -> TopicPartition:
        """The task's changelog partition."""
        return TopicPartition(self.names.changelog(self.box), self.partition)

    def source(self, topic: str) -> TopicPartition:
        """Return the task's partition of a logical source topic."""
        return TopicPartition(self.names.topic(topic), self.partition)

    def __str__(self) -> str:
        return f"task {self.box}-{self.partition}"
