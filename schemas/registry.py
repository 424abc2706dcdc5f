"""The committed registry: which schema has which id, and how a new version gets one.

Ids are given once and never reused, like a schema registry's; a record on the wire carries one. A version is new
when anything a reader acts on changed (types, defaults, enum defaults), not when a sentence of documentation did.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from schemas import source


def fingerprint(schema: Mapping[str, Any]) -> str:
    """SHA-256 of what a reader acts on.

    Avro's own parsing canonical form leaves out defaults, which decide how old data is read, so it cannot be used.
    """
    return hashlib.sha256(json.dumps(_essence(schema), sort_keys=True).encode()).hexdigest()


def _essence(schema: object) -> object:
    if isinstance(schema, Mapping):
        return {key: value if key == "default" else _essence(value) for key, value in schema.items() if key != "doc"}
    if isinstance(schema, list):
        return [_essence(each) for each in schema]
    return schema


def unregistered() -> list[str]:
    """Full names whose current schema has no version of its own yet."""
    latest = {entry["name"]: entry["fingerprint"] for entry in source.lock()}
    return [name for name, schema in source.records().items() if latest.get(name) != fingerprint(schema)]


def register(folder: Path) -> list[str]:
    """Gives every unregistered schema the next version and the next id; returns their full names.

    The history and the lock only ever grow. Checks nothing: that is the compatibility check's business.
    """
    entries = source.lock()
    names = unregistered()
    for name in names:
        schema = source.records()[name]
        version = max((entry["version"] for entry in entries if entry["name"] == name), default=0) + 1
        target = folder / "history" / name / f"{version}.avsc"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((folder / "records" / f"{name}.avsc").read_bytes())
        number = max((entry["id"] for entry in entries), default=0) + 1
        entries.append({"id": number, "name": name, "version": version, "fingerprint": fingerprint(schema)})
    if names:
        lines = ",\n".join(f"    {json.dumps(entry)}" for entry in entries)
        (folder / source.LOCK).write_text(f'{{\n  "schemas": [\n{lines}\n  ]\n}}\n')
    return names
