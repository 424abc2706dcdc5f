"""Records as JSON for people and pipes, and back."""

import base64
import json
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from hub.refusal import CommandRefused
from schemas import Topic, wire

NAMELESS: Final = frozenset({"hub_topic", "hub_reason", "hub_stage", "ce_type", "ce_specversion", "content-type"})
"""Headers that are closed lists: they stay when the rest is masked."""
_FRAMED = 0


def record_of(topic: Topic, name: str | None, fields: Mapping[str, Any]) -> msgspec.Struct:
    """Make the record that `fields` describe; an event's id, source and time are filled in where they are missing.

    Args:
        topic: Where it is to go.
        name: The record's full or short name; None where the topic has one type.
        fields: JSON values by field name.

    Raises:
        CommandRefused: the topic has no such record, or the fields are not its.
    """
    names = {record.name: record for record in topic.records}
    if name is None and len(names) == 1:
        name = next(iter(names))
    found = [record for full, record in names.items() if name in {full, full.rpartition(".")[2]}]
    if not found:
        raise CommandRefused(f"say which record of {topic.name} this is by --type: one of {', '.join(sorted(names))}.")
    struct = found[0].struct
    known = {field.name for field in msgspec.structs.fields(struct)}
    event = {"event_id": str(uuid.uuid4()), "source": "/hub/publish", "occurred_at": time.time_ns() // 1_000_000}
    filled = {key: value for key, value in event.items() if key in known} | dict(fields)
    if unknown := sorted(filled.keys() - known):
        raise CommandRefused(f"{found[0].name} has no field {unknown[0]!r}; it has {', '.join(sorted(known))}.")
    try:
        return msgspec.convert(filled, struct)
    except msgspec.ValidationError as fault:
        raise CommandRefused(f"this is no {found[0].name}: {fault}.") from None


def objects_in(text: str) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects of a document, a list, or lines.

    Raises:
        CommandRefused: it is no JSON, or no objects.
    """
    decoder, place, text = json.JSONDecoder(), 0, text.strip()
    while place < len(text):
        try:
            value, place = decoder.raw_decode(text, place)
        except ValueError as fault:
            raise CommandRefused(f"this is no JSON: {fault}.") from None
        for item in value if isinstance(value, list) else [value]:
            if not isinstance(item, dict):
                raise CommandRefused("a record is a JSON object.")
            yield item
        while place < len(text) and text[place].isspace():
            place += 1


def rendered(value: bytes | None) -> dict[str, Any]:
    """Render a value: `type` and `record` of framed Avro, else `json`, `text` or `base64` of what it is."""
    if value is None:
        return {"record": None}
    if value[:1] == bytes([_FRAMED]):
        try:
            record = wire.decode(value)
        except (ValueError, KeyError, EOFError, IndexError, TypeError):
            return {"base64": base64.b64encode(value).decode()}
        return {"type": type(record).NAME, "record": msgspec.to_builtins(record)}  # type: ignore[attr-defined]  # every record has
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(value).decode()}
    try:
        return {"json": json.loads(text)}
    except ValueError:
        return {"text": text}


def text_of(raw: bytes | None) -> str | None:
    """Render a key or a header's value."""
    return None if raw is None else raw.decode("utf-8", "backslashreplace")
