"""`hub topics`: makes the cluster's topics what the contracts say, or says in what they differ."""

from collections.abc import Sequence
from typing import NamedTuple

from hub.composition import boxes
from schemas import load
from streams.core.errors import StartRefused
from streams.kafka.cluster import Cluster
from streams.kafka.topics import DesiredTopic, MissingTopic, compare, desired_topics
from streams.settings import Settings


class Verdict(NamedTuple):
    """What a cluster differs in, and what it does not tell; each a sentence."""

    differences: list[str]
    warnings: list[str]


def desired(settings: Settings) -> tuple[DesiredTopic, ...]:
    """Every topic that this installation needs, changelogs included."""
    catalogue = load()
    return desired_topics(catalogue, boxes(catalogue), settings)


async def apply(settings: Settings) -> list[str]:
    """Create what is missing; return the names. What exists is never changed.

    Raises:
        StartRefused: no broker answers, it refuses a topic, or an existing one differs from its contract.
    """
    wanted = desired(settings)
    async with Cluster(settings.broker) as cluster:
        there = await cluster.partitions()
        missing = [topic for topic in wanted if topic.name not in there]
        await cluster.create(missing, settings.replication_factor)
        verdict = await _compared(cluster, wanted)
    if verdict.differences:
        raise StartRefused(f"{verdict.differences[0]}.")
    return [topic.name for topic in missing]


async def verify(settings: Settings) -> Verdict:
    """Compare the cluster's topics with the contracts and change nothing.

    Raises:
        StartRefused: no broker answers.
    """
    async with Cluster(settings.broker) as cluster:
        return await _compared(cluster, desired(settings))


async def remove(settings: Settings) -> list[str]:
    """Delete every topic of this installation that is there; return their names.

    Raises:
        StartRefused: no broker answers, or the topics carry no prefix: a whole cluster is not a demo's to empty.
    """
    if not settings.topic_prefix:
        raise StartRefused("topics without a prefix are not removed: set HUB_TOPIC_PREFIX.")
    async with Cluster(settings.broker) as cluster:
        there = await cluster.partitions()
        names = [name for name in there if name.startswith(settings.topic_prefix)]
        await cluster.delete(names)
    return names


async def _compared(cluster: Cluster, wanted: Sequence[DesiredTopic]) -> Verdict:
    partitions = await cluster.partitions()
    configs = await cluster.configs([topic.name for topic in wanted if topic.name in partitions])
    differences, unreported = compare(wanted, partitions, configs)
    ordered = sorted(differences, key=lambda one: isinstance(one, MissingTopic))
    return Verdict([str(one) for one in ordered], [str(one) for one in unreported])
