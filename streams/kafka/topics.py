"""Which topics an installation needs, and in what a cluster differs from that. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from schemas import Catalogue, Topic
from streams.core.fold import Box
from streams.kafka.names import Names
from streams.settings import Settings

_CONTRACT: Final = ("cleanup.policy", "retention.ms", "min.compaction.lag.ms", "max.message.bytes")
"""What a difference is reported for; the rest is tuning, which a cluster's operators may change."""

_CHANGELOG_MAX_BYTES: Final = 8 << 20
"""All sections of one customer in one commit must fit in a batch where there are no transactions."""

_CHANGELOG_SEGMENT_BYTES: Final = 64 << 20
"""Only closed segments are compacted; Kafka's 1 GiB would have to be read at every recovery."""

_DURABLE_REPLICAS: Final = 3


@dataclass(frozen=True, slots=True)
class DesiredTopic:
    """A topic as it must be.

    Attributes:
        name: On the cluster.
        partitions: How many.
        config: Topic settings by Kafka's names.
    """

    name: str
    partitions: int
    config: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class MissingTopic:
    """A topic is not there."""

    topic: str

    def __str__(self) -> str:
        return f"topic {self.topic} is missing; `hub topics apply` creates it"


@dataclass(frozen=True, slots=True)
class OtherPartitions:
    """A topic has another number of partitions, which decides who its records belong to and cannot be changed."""

    topic: str
    expected: int
    found: int

    def __str__(self) -> str:
        return f"topic {self.topic} has {self.found} partitions instead of {self.expected}; the number is for life"


@dataclass(frozen=True, slots=True)
class OtherSetting:
    """A topic has another value of a setting that its contract states."""

    topic: str
    key: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"topic {self.topic} has {self.key}={self.found} instead of {self.expected}"


@dataclass(frozen=True, slots=True)
class UnreportedSetting:
    """A broker does not report a setting, so nobody knows; a warning, no difference."""

    topic: str
    key: str

    def __str__(self) -> str:
        return f"the broker does not report {self.key} of topic {self.topic}: not compared"


Difference: TypeAlias = MissingTopic | OtherPartitions | OtherSetting


def desired_topics(catalogue: Catalogue, boxes: Iterable[Box], settings: Settings) -> tuple[DesiredTopic, ...]:
    """Return every topic of the catalogue, and the changelogs of `boxes`, as this installation needs them."""
    names = Names.of(settings)
    topics = [_of_contract(topic, names, settings) for topic in catalogue.topics.values()]
    return (*topics, *(_changelog(box, names, settings) for box in boxes))


def compare(
    desired: Iterable[DesiredTopic],
    partitions: Mapping[str, int],
    configs: Mapping[str, Mapping[str, str]],
) -> tuple[list[Difference], list[UnreportedSetting]]:
    """Compare with what a cluster has: partition counts and reported settings by topic name."""
    differences: list[Difference] = []
    unreported: list[UnreportedSetting] = []
    for topic in desired:
        found = partitions.get(topic.name)
        if found is None:
            differences.append(MissingTopic(topic.name))
            continue
        if found != topic.partitions:
            differences.append(OtherPartitions(topic.name, topic.partitions, found))
        config = configs.get(topic.name, {})
        for key in _CONTRACT:
            expected, reported = topic.config.get(key), config.get(key)
            if expected is not None and reported is None:
                unreported.append(UnreportedSetting(topic.name, key))
            elif expected is not None and reported is not None and not _is_equal(key, expected, reported):
                differences.append(OtherSetting(topic.name, key, expected, reported))
    return differences, unreported


def _is_equal(key: str, expected: str, found: str) -> bool:
    if key == "cleanup.policy":
        return {p.strip() for p in expected.split(",")} == {p.strip() for p in found.split(",")}
    return expected == found


def _of_contract(topic: Topic, names: Names, settings: Settings) -> DesiredTopic:
    config: dict[str, str] = {"cleanup.policy": topic.cleanup}
    if topic.cleanup == "delete":
        is_unlimited = settings.retention == "unlimited" or topic.retention_seconds is None
        config["retention.ms"] = "-1" if is_unlimited else str((topic.retention_seconds or 0) * 1000)
    if topic.min_compaction_lag_seconds is not None:
        config["min.compaction.lag.ms"] = str(topic.min_compaction_lag_seconds * 1000)
    if topic.max_message_bytes is not None:
        config["max.message.bytes"] = str(topic.max_message_bytes)
    partitions = settings.partitions if topic.is_partitioned else 1
    return DesiredTopic(names.topic(topic.name), partitions, config | _durability(settings))


def _changelog(box: Box, names: Names, settings: Settings) -> DesiredTopic:
    config = {
        "cleanup.policy": "compact",
        "max.message.bytes": str(_CHANGELOG_MAX_BYTES),
        "segment.bytes": str(_CHANGELOG_SEGMENT_BYTES),
    }
    partitions = box.tasks(settings.partitions)
    return DesiredTopic(names.changelog(box.name), partitions, config | _durability(settings))


def _durability(settings: Settings) -> dict[str, str]:
    # An acknowledged record then survives the loss of any one replica.
    return {"min.insync.replicas": "2"} if settings.replication_factor >= _DURABLE_REPLICAS else {}
