"""Topics of an installation: create, verify, list, and delete what belongs to a prefix."""

import logging
from collections.abc import Sequence
from typing import NamedTuple

from schemas import Catalogue
from streams.core.fold import Box
from streams.kafka.cluster import Cluster
from streams.kafka.topics import Difference, UnreportedSetting, compare, desired_topics
from streams.settings import Settings

logger = logging.getLogger(__name__)


class Verdict(NamedTuple):
    """What a comparison found.

    Attributes:
        differences: Reasons not to start; each is one sentence as a string.
        unreported: Settings that nobody could compare.
        created: Topics that were created first.
    """

    differences: Sequence[Difference]
    unreported: Sequence[UnreportedSetting]
    created: Sequence[str] = ()


class ListedTopic(NamedTuple):
    """One topic of the installation.

    Attributes:
        name: On the cluster.
        partitions: As desired.
        found: As they are; None when the topic is missing.
        config: As desired.
    """

    name: str
    partitions: int
    found: int | None
    config: dict[str, str]


async def apply_topics(settings: Settings, catalogue: Catalogue, boxes: Sequence[Box]) -> Verdict:
    """Create what is missing and compare the rest, which is changed by nobody but an operator.

    Raises:
        StartRefused: no broker answers, or it refuses a topic.
    """
    desired = desired_topics(catalogue, boxes, settings)
    async with Cluster(settings.broker) as cluster:
        present = await cluster.partitions()
        missing = [topic for topic in desired if topic.name not in present]
        await cluster.create(missing, settings.replication_factor)
        configs = await cluster.configs([topic.name for topic in desired])
        differences, unreported = compare(desired, await cluster.partitions(), configs)
    return Verdict(differences, unreported, [topic.name for topic in missing])


async def verify_topics(settings: Settings, catalogue: Catalogue, boxes: Sequence[Box]) -> Verdict:
    """Compare the cluster with what this installation needs.

    Raises:
        StartRefused: no broker answers.
    """
    desired = desired_topics(catalogue, boxes, settings)
    async with Cluster(settings.broker) as cluster:
        present = await cluster.partitions()
        configs = await cluster.configs([topic.name for topic in desired if topic.name in present])
    differences, unreported = compare(desired, present, configs)
    return Verdict(differences, unreported)


async def list_topics(settings: Settings, catalogue: Catalogue, boxes: Sequence[Box]) -> list[ListedTopic]:
    """Return the installation's topics in the catalogue's order, missing ones too.

    Raises:
        StartRefused: no broker answers.
    """
    async with Cluster(settings.broker) as cluster:
        present = await cluster.partitions()
    return [
        ListedTopic(topic.name, topic.partitions, present.get(topic.name), dict(topic.config))
        for topic in desired_topics(catalogue, boxes, settings)
    ]


async def delete_topics(settings: Settings) -> list[str]:
    """Delete every topic under the installation's prefix, changelogs included, and return their names.

    Raises:
        ValueError: the prefix is empty; it would be every topic of the cluster.
        StartRefused: no broker answers.
    """
    if not settings.topic_prefix:
        raise ValueError("only what lies under a topic prefix can be deleted as a whole")
    async with Cluster(settings.broker) as cluster:
        names = sorted(name for name in await cluster.partitions() if name.startswith(settings.topic_prefix))
        await cluster.delete(names)
    return names
