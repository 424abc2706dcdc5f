"""`hub dlq show`: dead letters one by one, as JSON; masked, they say nothing about people."""

import json
from collections.abc import AsyncIterator
from functools import cache
from typing import Any, Final, get_args, get_type_hints

import msgspec

from hub.connection import Reader, reader
from hub.dlq.choice import Choice
from hub.dlq.letter import REPLAYED_FROM, Letter, letter_of, letters
from hub.refusal import CommandRefused
from hub.rendering import NAMELESS, rendered, text_of
from schemas import load
from streams.codec import Codec, Undecodable
from streams.guard import DEAD_LETTER_SUFFIX
from streams.logs import MASK, masked
from streams.settings import Settings

_OPEN_FIELDS: Final = frozenset({"event_id", "source", "currency", "scheme", "kind", "config_id"})
"""Texts that name no person: by them a producer finds its event. Of the others only closed lists are shown."""
_OPEN_HEADERS: Final = NAMELESS | {REPLAYED_FROM}


async def show(
    settings: Settings, topic: str, choice: Choice, *, count: int, at: tuple[int, int] | None, is_masked: bool
) -> AsyncIterator[str]:
    """Yield the last `count` letters that are meant by the time they were put aside, or the one at a place.

    Raises:
        CommandRefused: there is no such place, or the topic is not on the cluster.
        StartRefused: no broker answers.
    """
    codec = Codec(load())
    async with reader(settings) as source:
        found = await _last(source, topic, choice, count) if at is None else [await _one(source, topic, *at)]
    for letter in found:
        yield json.dumps(shown(letter, codec, is_masked=is_masked), ensure_ascii=False)


async def _last(source: Reader, topic: str, choice: Choice, count: int) -> list[Letter]:
    kept: list[Letter] = []
    async for letter in letters(source, [topic]):
        if choice.takes(letter):
            kept.append(letter)
            if len(kept) > 4 * count + 1000:
                kept = _newest(kept, count)
    return _newest(kept, count)


def _newest(kept: list[Letter], count: int) -> list[Letter]:
    kept.sort(key=lambda letter: (letter.put_aside_at, letter.partition, letter.offset))
    return kept[-count:] if count else []


async def _one(source: Reader, topic: str, partition: int, offset: int) -> Letter:
    source.assign_at(topic + DEAD_LETTER_SUFFIX, partition, offset)
    async for record in source.to_end():
        if record.offset != offset:
            break
        return letter_of(topic, record)
    raise CommandRefused(f"there is no letter at {partition}:{offset}; it may be older than the topic keeps them.")


def shown(letter: Letter, codec: Codec, *, is_masked: bool) -> dict[str, Any]:
    """Describe a letter: why it is here, where its original was, and what can be read of it.

    The value is a `type` and `record` where it is what the contract says; unmasked else `json`, `text` or `hex`, and
    masked its size alone, for there is no telling whom it is about.
    """
    origin = letter.origin
    headers = {name: text_of(value) for name, value in origin.headers}
    if is_masked:
        headers = {name: value if name in _OPEN_HEADERS else MASK for name, value in headers.items()}
    return {
        "at": letter.at,
        "put_aside_at": letter.put_aside_at,
        "reason": letter.reason,
        "detail": letter.detail,
        "stage": letter.stage,
        "topic": origin.topic,
        "partition": origin.partition,
        "offset": origin.offset,
        "timestamp": origin.timestamp,
        "key": MASK if is_masked and origin.key is not None else text_of(origin.key),
        **({"headers": headers} if headers else {}),
        **_value(letter, codec, is_masked=is_masked),
    }


def _value(letter: Letter, codec: Codec, *, is_masked: bool) -> dict[str, Any]:
    origin = letter.origin
    if origin.value is None:
        return {"record": None}
    try:
        record = codec.decode(origin.value, origin.headers, load().topics[origin.topic])
    except Undecodable:
        return {"bytes": len(origin.value)} if is_masked else _undecodable(origin.value)
    fields = masked_fields(record) if is_masked else msgspec.to_builtins(record)
    return {"type": type(record).NAME, "record": fields}  # type: ignore[attr-defined]  # every record has


def _undecodable(value: bytes) -> dict[str, Any]:
    found = rendered(value)
    return {"hex": value.hex()} if "base64" in found else found


def masked_fields(record: msgspec.Struct) -> dict[str, Any]:
    """Return a record's fields; of its texts only closed lists and what names no person."""
    texts = _texts(type(record))
    return {field: _masked(getattr(record, field), field, texts[field]) for field in record.__struct_fields__}


def _masked(value: Any, field: str, is_text: bool) -> Any:  # noqa: ANN401, FBT001 - any field's
    if isinstance(value, msgspec.Struct):
        return masked_fields(value)
    if isinstance(value, tuple | list):
        return [_masked(each, field, is_text) for each in value]
    if not is_text or value is None:
        return msgspec.to_builtins(value)
    return masked(value) if field in _OPEN_FIELDS and isinstance(value, str) else MASK


@cache
def _texts(kind: type[msgspec.Struct]) -> dict[str, bool]:
    return {name: _holds_text(hint) for name, hint in get_type_hints(kind).items()}


def _holds_text(hint: Any) -> bool:  # noqa: ANN401 - any annotation
    return hint in (str, bytes) or any(_holds_text(each) for each in get_args(hint))
