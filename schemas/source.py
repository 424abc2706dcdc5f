"""Reads the committed contracts: topics, record schemas, their history, examples, the lock and the reasons.

The only place that knows where these files lie. Reads package data, so it works from a checkout and from a wheel.
"""

import json
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

import yaml

LOCK: Final = "registry.lock.json"

_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's where it is there: every worker reads all of this when it starts, in 6 ms of CPU instead of 23."""


def root() -> Traversable:
    """The folder of the contracts."""
    return files("schemas")


def topics() -> dict[str, dict[str, Any]]:
    """Topic name to what its YAML says, in order of name."""
    read = {each.name.removesuffix(".yaml"): _yaml(each) for each in _in("topics", ".yaml")}
    for name, topic in read.items():
        if topic.get("name") != name:
            raise ValueError(f"topics/{name}.yaml declares the name {topic.get('name')}")
    return read


def records() -> dict[str, dict[str, Any]]:
    """Full name to the current Avro schema, in order of name."""
    read = {each.name.removesuffix(".avsc"): json.loads(each.read_text()) for each in _in("records", ".avsc")}
    for name, schema in read.items():
        if f"{schema.get('namespace')}.{schema.get('name')}" != name:
            raise ValueError(f"records/{name}.avsc declares another name")
    return read


def history(full_name: str) -> dict[int, dict[str, Any]]:
    """Version to schema of one record, oldest first; empty when it was never registered."""
    folder = root() / "history" / full_name
    if not folder.is_dir():
        return {}
    versions = {int(each.name.removesuffix(".avsc")): json.loads(each.read_text()) for each in folder.iterdir()}
    return dict(sorted(versions.items()))


def registered_names() -> list[str]:
    """Full names that were ever registered."""
    folder = root() / "history"
    return sorted(each.name for each in folder.iterdir()) if folder.is_dir() else []


def lock() -> list[dict[str, Any]]:
    """The registry's entries: id, name, version and fingerprint, in order of id."""
    file = root() / LOCK
    entries: list[dict[str, Any]] = json.loads(file.read_text())["schemas"] if file.is_file() else []
    return entries


def reasons() -> Mapping[str, Mapping[str, str]]:
    """The closed lists: `dead_letter` and `suppression`, each reason with its sentence."""
    read: Mapping[str, Mapping[str, str]] = _yaml(root() / "reasons.yaml")
    return read


def examples(full_name: str) -> dict[str, dict[str, Any]]:
    """Example name to example of one record; bytes are base64."""
    folder = root() / "examples" / full_name
    if not folder.is_dir():
        return {}
    return {each.name.removesuffix(".json"): json.loads(each.read_text()) for each in sorted(folder.iterdir(), key=str)}


def _in(folder: str, ending: str) -> list[Traversable]:
    found = [each for each in (root() / folder).iterdir() if each.name.endswith(ending)]
    return sorted(found, key=lambda each: each.name)


def _yaml(file: Traversable) -> Any:  # noqa: ANN401 - what a file says
    return yaml.load(file.read_text(), Loader=_Loader)  # noqa: S506 - one of the two safe ones
