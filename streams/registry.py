"""The committed schemas as a schema registry sees them: subjects, versions, ids. Read only, no I/O.

Subjects follow the TopicRecordNameStrategy, `<topic>-<record's full name>`; whatever stands before the topic's name
(an installation's topic prefix) is tolerated. Codes are Confluent's (Schema Registry API reference, "Errors").
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Self

from fastavro.schema import SchemaParseException, to_parsing_canonical_form

from schemas import Catalogue, WriterSchema

SUBJECT_UNKNOWN: Final = 40401
VERSION_UNKNOWN: Final = 40402
SCHEMA_UNKNOWN: Final = 40403
READ_ONLY: Final = 40301
VERSION_INVALID: Final = 42202
SCHEMA_INVALID: Final = 42201


class RegistryRefused(Exception):  # noqa: N818  # reads as what happened, like its siblings
    """A request that the registry answers with an error; `code` is Confluent's, its first three digits HTTP's."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class Registry:
    """Answers what standard serializers ask.

    Args:
        topics: Full names of the record types on each topic.
        schemas: Every version of every record type.
    """

    def __init__(self, topics: Mapping[str, Iterable[str]], schemas: Iterable[WriterSchema]) -> None:
        self._by_id = {schema.id: schema for schema in schemas}
        by_name: dict[str, list[WriterSchema]] = {}
        for schema in sorted(self._by_id.values(), key=lambda one: one.version):
            by_name.setdefault(schema.name, []).append(schema)
        self._subjects = {
            f"{topic}-{name}": by_name[name] for topic, names in topics.items() for name in names if name in by_name
        }

    @classmethod
    def of(cls, catalogue: Catalogue) -> Self:
        """Make the registry of the committed contracts."""
        topics = {topic.name: [record.name for record in topic.records] for topic in catalogue.topics.values()}
        return cls(topics, catalogue.writers.values())

    def subjects(self) -> list[str]:
        """Name every subject, sorted."""
        return sorted(self._subjects)

    def versions(self, subject: str) -> list[int]:
        """Number the versions of `subject`, rising."""
        return [schema.version for schema in self._schemas_of(subject)]

    def version(self, subject: str, version: str) -> dict[str, Any]:
        """Describe a version, a number or `latest`; the answer names the subject as it was asked."""
        schemas = self._schemas_of(subject)
        if version in {"latest", "-1"}:
            return _described(subject, schemas[-1])
        if not version.isascii() or not version.isdigit():
            raise RegistryRefused(VERSION_INVALID, "A version is a number from 1 or 'latest'.")
        for schema in schemas:
            if schema.version == int(version):
                return _described(subject, schema)
        raise RegistryRefused(VERSION_UNKNOWN, f"Version {int(version)} not found.")

    def by_id(self, schema_id: int) -> dict[str, Any]:
        """Give the schema of an id."""
        schema = self._by_id.get(schema_id)
        if schema is None:
            raise RegistryRefused(SCHEMA_UNKNOWN, f"Schema {schema_id} not found.")
        return {"schema": json.dumps(schema.schema)}

    def look_up(self, subject: str, body: object) -> dict[str, Any]:
        """Find the version of `subject` whose schema is the one in `body`: word for word, else in canonical form."""
        wanted = _schema_in(body)
        canonical = _canonical(wanted)
        schemas = self._schemas_of(subject)[::-1]
        alike = [schema for schema in schemas if _canonical(schema.schema) == canonical]
        # Avro's canonical form leaves defaults out, so two versions may share it; the same words go first.
        for schema in sorted(alike, key=lambda one: one.schema != wanted):
            return _described(subject, schema)
        raise RegistryRefused(SCHEMA_UNKNOWN, "Schema not found.")

    def register(self, subject: str, body: object) -> dict[str, Any]:
        """Answer the id of a schema that is known; schemas are added by a change of the repository alone."""
        try:
            return {"id": self.look_up(subject, body)["id"]}
        except RegistryRefused as refused:
            if refused.code == SCHEMA_INVALID:
                raise
            raise RegistryRefused(READ_ONLY, "This registry is read only: schemas are added in schemas/.") from None

    def _schemas_of(self, subject: str) -> Sequence[WriterSchema]:
        found = self._subjects.get(subject)
        if found is not None:
            return found
        tails = [known for known in self._subjects if subject.endswith(known)]
        if not tails:
            raise RegistryRefused(SUBJECT_UNKNOWN, "Subject not found.")
        return self._subjects[max(tails, key=len)]


def _described(subject: str, schema: WriterSchema) -> dict[str, Any]:
    return {"subject": subject, "id": schema.id, "version": schema.version, "schema": json.dumps(schema.schema)}


def _schema_in(body: object) -> object:
    if not isinstance(body, dict) or not isinstance(body.get("schema"), str):
        raise RegistryRefused(SCHEMA_INVALID, 'The body is {"schema": "<the schema as a JSON text>"}.')
    if body.get("schemaType", "AVRO") != "AVRO":
        raise RegistryRefused(SCHEMA_INVALID, "Schemas are Avro here.")
    try:
        return json.loads(body["schema"])
    except ValueError:
        raise RegistryRefused(SCHEMA_INVALID, "The schema is no JSON text.") from None


def _canonical(schema: Any) -> str:  # noqa: ANN401  # any JSON value until it is parsed
    try:
        return str(to_parsing_canonical_form(schema))
    except (SchemaParseException, KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise RegistryRefused(SCHEMA_INVALID, "The schema is no Avro schema.") from None
