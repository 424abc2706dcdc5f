"""JSON CloudEvents in binary mode, checked against the same schemas as Avro.

The body holds the record's fields; what the headers already say (id, source, time) may be left out of it. Unknown
fields are dropped and unknown enum symbols become the enum's default, as they would in Avro.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import UNSET, Struct, UnsetType

from schemas import RecordType, Topic, cloudevents
from schemas.reasons import DeadLetterReason
from schemas.shapes import Array, Enum, Map, Primitive, Record, Shape, Union, parse_record
from streams.codec.envelope import FIELDS, Envelope, agreed, attributes, check_names, instant, undecodable
from streams.codec.errors import Undecodable
from streams.core.records import Header

_ERRORS: Final = (msgspec.MsgspecError, RecursionError, UnicodeError, ValueError)


class _Outline(Struct, gc=False):
    """The envelope's fields of a body, parsed without building the rest."""

    event_id: str | UnsetType = UNSET
    source: str | UnsetType = UNSET
    occurred_at: int | UnsetType = UNSET


class JsonEvents:
    """Reads the JSON way. Not made for the hot path: a few microseconds an event."""

    def __init__(self) -> None:
        self._outline = msgspec.json.Decoder(_Outline)
        self._shapes: dict[str, Record] = {}
        self._readers: dict[str, tuple[Callable[[str], Any], bool]] = {}

    def envelope(self, value: bytes, headers: Sequence[Header], topic: Topic) -> Envelope:
        """The envelope of an input event; Undecodable as `decode`, but for fields outside the envelope."""
        said = attributes(headers)
        record_type = _type_of(said, topic)
        try:
            body = self._outline.decode(value)
        except _ERRORS:
            raise undecodable(
                "the body is not JSON, or its event_id, source or occurred_at is of a wrong type"
            ) from None
        return _envelope(body, said, record_type)

    def decode(self, value: bytes, headers: Sequence[Header], topic: Topic) -> Struct:
        """The whole record.

        Raises:
            Undecodable: no JSON object, a field missing or of a wrong type, a header that contradicts the body, or a
                type that is not one of the topic's.
        """
        said = attributes(headers)
        record_type = _type_of(said, topic)
        read, has_envelope = self._readers.get(record_type.name) or self._reader(record_type)
        try:
            event = read(value.decode())  # its own reader takes any bytes in what it passes over
        except _ERRORS:  # it leaves fields to the headers, has a symbol that is not known, or is wrong
            event = None
        if event is None:
            return self._with_headers(value, said, record_type)
        if has_envelope:
            check_names(event.event_id, event.source)
            agreed(Envelope(event.event_id, event.source, event.occurred_at, record_type.name, None), said)
        found: Struct = event
        return found

    def _with_headers(self, value: bytes, said: dict[str, str], record_type: RecordType) -> Struct:
        """The whole record, of what body and headers say together."""
        try:
            body = msgspec.json.decode(value)
            if not isinstance(body, dict):
                raise undecodable("the body is not a JSON object")
            shape = self._shape(record_type)
            if any(field.name == FIELDS[0] for field in shape.fields):
                envelope = _envelope(msgspec.convert(body, _Outline), said, record_type)
                body = {**body, **dict(zip(FIELDS, envelope, strict=False))}
            return msgspec.convert(_known(shape, body), record_type.struct)
        except _ERRORS:
            raise undecodable("a field is missing, of a wrong type or out of range, or the body is not JSON") from None

    def _reader(self, record_type: RecordType) -> tuple[Callable[[str], Any], bool]:
        """What reads a body that says everything itself, and whether its record begins with an envelope."""
        fields = [field.name for field in self._shape(record_type).fields]
        found = msgspec.json.Decoder(record_type.struct).decode, FIELDS[0] in fields
        self._readers[record_type.name] = found
        return found

    def _shape(self, record_type: RecordType) -> Record:
        shape = self._shapes.get(record_type.name)
        if shape is None:
            shape = self._shapes[record_type.name] = parse_record(record_type.schema)
        return shape


def _envelope(body: _Outline, said: dict[str, str], record_type: RecordType) -> Envelope:
    """What body and headers say together."""
    event_id = said.get(cloudevents.ID) if body.event_id is UNSET else body.event_id
    source = said.get(cloudevents.SOURCE) if body.source is UNSET else body.source
    occurred_at = instant(cloudevents.TIME, said) if body.occurred_at is UNSET else body.occurred_at
    if not event_id or not source or occurred_at is None:
        raise undecodable("event_id, source or occurred_at is neither in the body nor in the headers")
    check_names(event_id, source)
    return agreed(Envelope(event_id, source, occurred_at, record_type.name, None), said)


def _type_of(said: Mapping[str, str], topic: Topic) -> RecordType:
    if said.get(cloudevents.SPECVERSION) != "1.0":
        raise undecodable("ce_specversion is not 1.0: neither framed Avro nor a CloudEvent in binary mode")
    content_type = said.get(cloudevents.CONTENT_TYPE, "application/json")
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise undecodable("content-type is not application/json")
    name = said.get(cloudevents.TYPE)
    if name is None:
        raise undecodable("ce_type is missing")
    for record_type in topic.records:
        if record_type.name == name:
            return record_type
    raise Undecodable(DeadLetterReason.UNKNOWN_TYPE, "ce_type is not a record type of this topic")


def _known(shape: Shape, value: Any) -> Any:  # noqa: ANN401 - JSON
    """The same JSON with the default in place of enum symbols that the schema does not know."""
    match shape, value:
        case Enum(symbols=symbols, default=str(default)), str() if value not in symbols:
            return default
        case Record(fields=fields), dict():
            return {
                field.name: value[field.name]
                if isinstance(field.shape, Primitive)
                else _known(field.shape, value[field.name])
                for field in fields
                if field.name in value
            }
        case Array(items), list():
            return [_known(items, each) for each in value]
        case Map(values), dict():
            return {name: _known(values, each) for name, each in value.items()}
        case Union(branches), _ if value is not None:
            others = [branch for branch in branches if branch != Primitive("null")]
            return _known(others[0], value) if len(others) == 1 else value
        case _:
            return value
