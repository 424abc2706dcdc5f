"""Everything that can be wrong with the committed contracts, each as a sentence."""

from collections.abc import Iterator
from pathlib import Path

from schemas import registry, source
from schemas.compatibility import full_transitive
from schemas.generate.files import drifted
from schemas.loader import load


def problems(project: Path) -> list[str]:
    """What is wrong; empty when the contracts hold together and derived files are up to date."""
    return [
        *(
            f"{path.relative_to(project)} is not what the contracts say: python -m schemas generate"
            for path in drifted(project)
        ),
        *(f"{name} has an unregistered version: python -m schemas register" for name in registry.unregistered()),
        *incompatible(),
        *_dropped(),
        *_altered(),
        *_unshown(),
    ]


def incompatible() -> Iterator[str]:
    """Current schemas on stable topics that may not follow their history."""
    for topic in load().topics.values():
        if topic.status == "stable":
            for record_type in topic.records:
                for each in full_transitive(record_type.schema, source.history(record_type.name)):
                    yield f"{record_type.name}{each.path}: {each.message} ({each.rule})"


def _dropped() -> Iterator[str]:
    for name in source.registered_names():
        if name not in load().record_types:
            yield f"{name} was registered and is on no topic any more; its data may still be on the log"


def _altered() -> Iterator[str]:
    for entry in source.lock():
        schema = source.history(entry["name"]).get(entry["version"])
        if schema is None or registry.fingerprint(schema) != entry["fingerprint"]:
            yield f"version {entry['version']} of {entry['name']} was altered after it got its id"


def _unshown() -> Iterator[str]:
    for name in source.records():
        if not source.examples(name):
            yield f"{name} has no example"
