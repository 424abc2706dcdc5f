"""`hub tail`: the records of a topic, decoded, one JSON object a line."""

import json
from collections.abc import AsyncIterator
from typing import Any

from aiokafka import ConsumerRecord

from hub.connection import Reader, reader
from hub.refusal import CommandRefused
from hub.rendering import NAMELESS, rendered, text_of
from schemas import load
from streams.core.partitioner import partition_for
from streams.kafka.names import Names
from streams.logs import MASK, masked_value
from streams.settings import Settings


async def tail(
    settings: Settings, topic: str, *, key: str | None, count: int | None, is_following: bool, is_masked: bool
) -> AsyncIterator[str]:
    """Yield the last `count` records (all of them when None) by time, then, following, what comes.

    With `key`, only its records, and only its own partition is read.

    Raises:
        CommandRefused: there is no such topic.
        StartRefused: no broker answers.
    """
    if topic not in load().topics:
        raise CommandRefused(f"there is no topic {topic}; `hub topics list` names them.")
    names = Names.of(settings)
    async with reader(settings) as source:
        partitions = source.partitions(topic)
        wanted = list(range(partitions)) if key is None else [partition_for(key.encode(), partitions)]
        await source.assign(topic, wanted, None if key is not None else count)
        async for record in _stored(source, key, count):
            yield line(record, names, is_masked=is_masked)
        if is_following:
            async for record in source.follow():
                if key is None or record.key == key.encode():
                    yield line(record, names, is_masked=is_masked)


async def _stored(source: Reader, key: str | None, count: int | None) -> AsyncIterator[ConsumerRecord]:
    kept: list[ConsumerRecord] = []
    async for record in source.to_end():
        if key is not None and record.key != key.encode():
            continue
        if count is None:
            yield record
            continue
        kept.append(record)
        if len(kept) > 4 * count + 1000:
            kept = _newest(kept, count)
    for record in _newest(kept, count or 0):
        yield record


def _newest(records: list[ConsumerRecord], count: int) -> list[ConsumerRecord]:
    ordered = sorted(records, key=lambda record: (record.timestamp, record.partition, record.offset))
    return ordered[-count:] if count else []


def line(record: ConsumerRecord, names: Names, *, is_masked: bool) -> str:
    """Render one record; masked, it shows neither keys nor who it is about."""
    headers = {name: text_of(value) for name, value in record.headers}
    shown: dict[str, Any] = {
        "topic": names.logical(record.topic),
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": record.timestamp,
        "key": text_of(record.key),
        **({"headers": headers} if headers else {}),
        **rendered(record.value),
    }
    if is_masked:
        shown["headers"] = {name: value if name in NAMELESS else MASK for name, value in headers.items()}
        shown |= {name: MASK for name in ("key", "text", "base64") if shown.get(name) is not None}
        shown |= {name: masked_value(shown[name]) for name in ("record", "json") if name in shown}
    return json.dumps(shown, ensure_ascii=False)
