"""Builds the catalogue from the committed files."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from msgspec import Struct

from schemas import records, source
from schemas.catalogue import Catalogue, RecordType, Topic, WriterSchema

_DEAD_LETTER_RETENTION_SECONDS: Final = 30 * 86_400
# A dead letter is its original, which the broker's default (1 MiB) let through, plus the hub's headers.
_DEAD_LETTER_MAX_BYTES: Final = 2 * 1_048_576


@cache
def load() -> Catalogue:
    """The contracts, read once per process.

    Raises:
        ValueError: a topic names a record without a schema, or a file declares another name than its own.
    """
    schemas = source.records()
    topics = {name: _topic(declared, schemas) for name, declared in source.topics().items()}
    dead_letters = [_dead_letters(topic) for topic in topics.values() if topic.direction in {"in", "config"}]
    topics.update({topic.name: topic for topic in dead_letters})
    writers = {entry["id"]: _writer(entry) for entry in source.lock()}
    return Catalogue(dict(sorted(topics.items())), writers)


def _topic(declared: Mapping[str, Any], schemas: Mapping[str, Mapping[str, Any]]) -> Topic:
    types = tuple(_record_type(name, limits or {}, schemas) for name, limits in declared["records"].items())
    return Topic(
        name=declared["name"],
        owner=declared["owner"],
        description=declared["description"],
        direction=declared["direction"],
        status=declared["status"],
        key=declared["key"],
        is_partitioned=declared["is_partitioned"],
        cleanup=declared["cleanup"],
        retention_seconds=declared.get("retention_seconds"),
        min_compaction_lag_seconds=declared.get("min_compaction_lag_seconds"),
        max_message_bytes=declared.get("max_message_bytes"),
        sequence=declared.get("sequence"),
        records=types,
    )


def _record_type(name: str, limits: Mapping[str, int], schemas: Mapping[str, Mapping[str, Any]]) -> RecordType:
    if name not in schemas:
        raise ValueError(f"{name} has no schema")
    struct: type[Struct] = getattr(records, name.rpartition(".")[2])
    return RecordType(name, schemas[name], struct, limits.get("lateness_seconds"), limits.get("too_old_seconds"))


def _dead_letters(topic: Topic) -> Topic:
    return Topic(
        name=f"{topic.name}.dlq",
        owner=topic.owner,
        description=f"What the hub could not take from {topic.name}: the original key, value and headers, and why.",
        direction="dlq",
        status=topic.status,
        key=topic.key,
        is_partitioned=topic.is_partitioned,
        cleanup="delete",
        retention_seconds=_DEAD_LETTER_RETENTION_SECONDS,
        min_compaction_lag_seconds=None,
        max_message_bytes=_DEAD_LETTER_MAX_BYTES,
        sequence=None,
        records=(),
    )


def _writer(entry: Mapping[str, Any]) -> WriterSchema:
    schema = source.history(entry["name"])[entry["version"]]
    return WriterSchema(entry["id"], entry["name"], entry["version"], schema)
