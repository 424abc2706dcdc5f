"""The contracts as typed values: topics, the record types on them, and the schemas that writers used."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from msgspec import Struct

Key = Literal["person", "customer", "identifier", "object", "none"]
Direction = Literal["in", "config", "out", "internal", "dlq"]


@dataclass(frozen=True, slots=True)
class RecordType:
    """A record that a topic may carry.

    `lateness_seconds`: older than this at arrival changes state and triggers nothing. `too_old_seconds`: older than
    this at arrival goes to the dead letters. None where time does not decide.
    """

    name: str
    schema: Mapping[str, Any]
    struct: type[Struct]
    lateness_seconds: int | None
    too_old_seconds: int | None


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic's contract. A retention of None is without limit, a size of None the broker's own default."""

    name: str
    owner: str
    description: str
    direction: Direction
    status: Literal["draft", "stable"]
    key: Key
    is_partitioned: bool
    cleanup: Literal["delete", "compact"]
    retention_seconds: int | None
    min_compaction_lag_seconds: int | None
    max_message_bytes: int | None
    sequence: Literal["strict"] | None
    records: tuple[RecordType, ...]


@dataclass(frozen=True, slots=True)
class WriterSchema:
    """A schema that some writer used: one version of one record, with its id on the wire."""

    id: int
    name: str
    version: int
    schema: Mapping[str, Any]


class Catalogue:
    """Everything that the hub and its neighbours agreed on. Immutable, the same in every process."""

    def __init__(self, topics: Mapping[str, Topic], writers: Mapping[int, WriterSchema]) -> None:
        self.topics = MappingProxyType(dict(topics))
        self.writers = MappingProxyType(dict(writers))
        self.record_types = MappingProxyType({each.name: each for topic in topics.values() for each in topic.records})
        ordered = sorted(writers.values(), key=lambda writer: writer.version)
        self._latest = {writer.name: writer.id for writer in ordered}

    def inputs(self) -> tuple[Topic, ...]:
        """The people-keyed topics that upstream publishes to, in order of name."""
        return tuple(topic for topic in self.topics.values() if topic.direction == "in" and topic.key != "object")

    def control_topics(self) -> tuple[Topic, ...]:
        """The one-partition topics that the control box reads, configuration and network, in order of name."""
        read = (topic for topic in self.topics.values() if topic.direction in ("config", "in"))
        return tuple(topic for topic in read if topic.key == "object")

    def schema_id(self, full_name: str) -> int:
        """The id of a record's latest version; KeyError for a record that has none."""
        return self._latest[full_name]

    def writer(self, schema_id: int) -> WriterSchema:
        """What a schema id on the wire stands for; KeyError for an id that was never given."""
        return self.writers[schema_id]

    def dead_letters_of(self, topic_name: str) -> str:
        """The topic for what is wrong on an input or config topic; KeyError for a topic that has none."""
        name = f"{topic_name}.dlq"
        return self.topics[name].name
