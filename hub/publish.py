"""`hub publish`: a producer's stand-in for trying things out; writes framed Avro under the public contracts."""

from collections.abc import Mapping
from typing import Any

from hub.connection import writer
from hub.refusal import CommandRefused
from hub.rendering import objects_in, record_of
from schemas import Topic, load, wire
from streams.settings import Settings


def public_topic(name: str) -> Topic:
    """Find a topic that others may write to.

    Raises:
        CommandRefused: there is none of this name, or the hub alone writes it.
    """
    topics = load().topics
    open_to_all = [topic.name for topic in topics.values() if topic.direction in {"in", "config"}]
    if name not in topics:
        raise CommandRefused(f"there is no topic {name}; those to publish to are {', '.join(sorted(open_to_all))}.")
    if name not in open_to_all:
        raise CommandRefused(f"only the hub writes {name}.")
    return topics[name]


async def publish(settings: Settings, topic_name: str, text: str, record_type: str | None, key: str | None) -> int:
    """Publish every record in `text`; nothing is published when one of them is no record. Return how many.

    An object is the record's fields, or `{"type", "key", "record"}` as `hub tail` prints it.

    Raises:
        CommandRefused: see above, or the key is missing.
        StartRefused: no broker answers.
    """
    topic = public_topic(topic_name)
    ready = [_ready(topic, item, record_type, key) for item in objects_in(text)]
    async with writer(settings) as connected:
        for record_key, value in ready:
            await connected.write(topic.name, record_key, value, ())
    return len(ready)


def _ready(topic: Topic, item: Mapping[str, Any], record_type: str | None, key: str | None) -> tuple[bytes, bytes]:
    fields = item.get("record")
    if isinstance(fields, dict):
        record_type, key = record_type or item.get("type"), key or item.get("key")
    else:
        fields = item
    if not key:
        raise CommandRefused("a record needs a key: --key scheme:value, such as msisdn:79161234567 or customer:C-1.")
    return key.encode(), wire.encode(record_of(topic, record_type, fields))
