"""`hub config`: puts versions of configuration and lets one take effect. A version never changes once it is there."""

from typing import Any

from agents.control.model import ACTIVATION, TOPIC_OF_KIND, reference
from agents.control.validation import fault_of
from hub.connection import Reader, reader, writer
from hub.refusal import CommandRefused
from hub.rendering import objects_in, record_of
from schemas import load, wire
from schemas.records import ConfigActivated
from streams.settings import Settings


def version_key(config_id: str, version: int) -> bytes:
    """Give the key of a version."""
    return reference(config_id, version).encode()


async def put(settings: Settings, kind: str, text: str) -> list[str]:
    """Put the versions in `text` (JSON objects); return their keys. The same content again is harmless.

    Raises:
        CommandRefused: no such kind, no such record, a fault in it, or the version is there with another content.
        StartRefused: no broker answers.
    """
    topic = load().topics[_topic(kind)]
    records: list[Any] = [record_of(topic, None, item) for item in objects_in(text)]
    for record in records:
        if fault := fault_of(record):
            raise CommandRefused(f"this {kind} may not be kept: {fault}.")
    keys = []
    async with reader(settings) as source, writer(settings) as target:
        known = await _versions(source, topic.name)
        for record in records:
            key, value = version_key(record.config_id, record.version), wire.encode(record)
            if known.get(key, value) != value:
                raise CommandRefused(f"{kind} {key.decode()} exists with another content; put it as a new version.")
            if key not in known:
                await target.write(topic.name, key, value, ())
            keys.append(key.decode())
    return keys


async def activate(settings: Settings, kind: str, config_id: str, version: int) -> None:
    """Let a version take effect for everybody.

    Raises:
        CommandRefused: no such kind or version.
        StartRefused: no broker answers.
    """
    topic = _topic(kind)
    async with reader(settings) as source:
        known = await _versions(source, topic)
    if version_key(config_id, version) not in known:
        there = ", ".join(sorted(key.decode() for key in known)) or "none"
        raise CommandRefused(f"there is no {kind} {config_id}@{version}; there is {there}.")
    record = ConfigActivated(kind=kind, config_id=config_id, version=version)
    async with writer(settings) as target:
        await target.write(ACTIVATION, kind.encode(), wire.encode(record), ())


async def _versions(source: Reader, topic: str) -> dict[bytes, bytes]:
    source.partitions(topic)
    await source.assign(topic, [0])
    return {record.key: record.value async for record in source.to_end() if record.key and record.value}


def _topic(kind: str) -> str:
    if kind not in TOPIC_OF_KIND:
        raise CommandRefused(f"there is no configuration {kind!r}; there is {', '.join(TOPIC_OF_KIND)}.")
    return TOPIC_OF_KIND[kind]
