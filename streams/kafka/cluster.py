"""Questions and orders to a cluster that are no part of the stream: topics, settings, committed offsets."""

import asyncio
import contextlib
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from streams.core.errors import StartRefused
from streams.kafka.probe import api_versions
from streams.kafka.topics import DesiredTopic

_REACH_SECONDS: Final = 5.0
_REQUEST_MILLIS: Final = 40_000
_READY_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.1
_NONE: Final = -1
_BATCH: Final = 50
"""Topics a request: a broker with a thousand partitions to make answers in time."""


class Cluster:
    """A connection for administration; an async context manager.

    Raises:
        StartRefused: on entering, within a few seconds, when no broker answers.
    """

    def __init__(self, broker: str) -> None:
        self._broker = broker

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(reach, self._broker)
        self._admin = AIOKafkaAdminClient(bootstrap_servers=self._broker, request_timeout_ms=_REQUEST_MILLIS)
        try:
            async with asyncio.timeout(_REACH_SECONDS):
                await self._admin.start()
        except (KafkaError, OSError):
            await self._admin.close()
            raise StartRefused(_unreachable(self._broker)) from None
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._admin.close()

    async def partitions(self) -> dict[str, int]:
        """Return the partition count of every topic."""
        return {topic["topic"]: len(topic["partitions"]) for topic in await self._admin.describe_topics()}

    async def configs(self, topics: Sequence[str]) -> dict[str, dict[str, str]]:
        """Return the settings that the broker reports, by topic and Kafka's name."""
        found: dict[str, dict[str, str]] = {}
        for start in range(0, len(topics), _BATCH):
            wanted = [ConfigResource(ConfigResourceType.TOPIC, name) for name in topics[start : start + _BATCH]]
            for response in await self._admin.describe_configs(wanted):
                for resource in response.to_object()["resources"]:
                    found[resource["resource_name"]] = _reported(resource)
        return found

    async def create(self, topics: Sequence[DesiredTopic], replication_factor: int) -> None:
        """Create topics and return when each has its leaders; one that exists is left as it is.

        Raises:
            StartRefused: the broker refuses a topic, or its leaders do not come.
        """
        for start in range(0, len(topics), _BATCH):
            new = [
                NewTopic(t.name, t.partitions, replication_factor, topic_configs=dict(t.config))
                for t in topics[start : start + _BATCH]
            ]
            response = await self._admin.create_topics(new)
            for name, code, *rest in response.topic_errors:
                if code not in (0, TopicAlreadyExistsError.errno):
                    raise StartRefused(f"the broker refuses topic {name}: {_words(code, rest)}")
        await self._await_leaders({topic.name: topic.partitions for topic in topics})

    async def delete(self, topics: Sequence[str]) -> None:
        """Delete topics and return when they are gone."""
        for start in range(0, len(topics), _BATCH):
            await self._admin.delete_topics(list(topics[start : start + _BATCH]))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_READY_SECONDS):
                while set(topics) & set(await self.partitions()):  # noqa: ASYNC110 - a broker has no event for it
                    await asyncio.sleep(_POLL_SECONDS)

    async def committed(self, group: str, wanted: Iterable[TopicPartition]) -> dict[TopicPartition, int | None]:
        """Return the group's committed next offsets; None where there is none.

        Raises:
            TimeoutError: no coordinator says within half a minute; it moves, or its topic is being created.
        """
        partitions = list(wanted)
        async with asyncio.timeout(_READY_SECONDS):
            while True:
                with contextlib.suppress(KafkaError):
                    found = await self._admin.list_consumer_group_offsets(group, partitions=partitions)
                    # Of a coordinator that moves or loads, aiokafka makes an empty answer instead of an error.
                    if found or not partitions:
                        break
                await asyncio.sleep(_POLL_SECONDS)
        offsets = {tp: found[tp].offset if tp in found else _NONE for tp in partitions}
        return {tp: None if offset == _NONE else offset for tp, offset in offsets.items()}

    async def _await_leaders(self, topics: Mapping[str, int]) -> None:
        limit = asyncio.get_running_loop().time() + _READY_SECONDS
        while topics:
            described = await self._admin.describe_topics(list(topics))
            ready = {t["topic"] for t in described if not t["error_code"] and _leads(t, topics[t["topic"]])}
            topics = {name: count for name, count in topics.items() if name not in ready}
            if topics and asyncio.get_running_loop().time() > limit:
                raise StartRefused(f"topic {min(topics)} was created but has no leader after {_READY_SECONDS:.0f} s")
            if topics:
                await asyncio.sleep(_POLL_SECONDS)


def reach(broker: str) -> None:
    """Return when one of the addresses answers. Blocks for a few seconds at most.

    Raises:
        StartRefused: none answers.
    """
    addresses = [address.rpartition(":") for address in broker.split(",")]
    for host, _, port in addresses:
        with contextlib.suppress(OSError, ValueError):
            api_versions(host.strip().strip("[]"), int(port), _REACH_SECONDS / len(addresses))
            return
    raise StartRefused(_unreachable(broker))


def _unreachable(broker: str) -> str:
    return f"no Kafka broker answers at {broker}; HUB_BROKER names it"


def _leads(topic: dict[str, Any], partitions: int) -> bool:
    return len([p for p in topic["partitions"] if p["leader"] >= 0]) >= partitions


def _words(code: int, rest: Sequence[object]) -> str:
    message = rest[0] if rest else None
    return str(message or for_code(code).__name__)


def _reported(resource: dict[str, Any]) -> dict[str, str]:
    entries = resource["config_entries"]
    return {e["config_names"]: e["config_value"] for e in entries if e["config_value"] is not None}
