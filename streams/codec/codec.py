"""The codec: picks the generated function for what is on the wire."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from msgspec import Struct

from schemas import Catalogue, Topic, WriterSchema, records
from schemas.reasons import DeadLetterReason
from schemas.shapes import Record, named_types, parse_record
from streams.codec.decoder import Decoder, compile_prefix
from streams.codec.encoder import Encoder
from streams.codec.envelope import FIELDS, Carrier, Envelope, agreed, attributes, check_names, undecodable
from streams.codec.errors import Undecodable
from streams.codec.json_events import JsonEvents
from streams.codec.making import make_decoder, make_encoder, make_writer
from streams.codec.occurrence import Occurrence, occurrence_reader, starts_with_envelope
from streams.core.records import Header

FRAME: Final = 5
"""Bytes before the body: a zero and a schema id of four, big end first (Confluent's wire format)."""
_new: Final = tuple.__new__


class Codec:
    """Reads and writes every record of the catalogue. Functions are generated on first use and kept.

    One per process is enough; it is not shared between threads.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._json = JsonEvents()
        self._compiled: dict[int, Decoder] = {}
        # By topic, then by the five bytes of the frame: a hit is known to be the topic's own type.
        self._decoders: dict[str, dict[bytes, Decoder]] = {name: {} for name in catalogue.topics}
        self._prefixes: dict[str, dict[bytes, tuple[Decoder, str]]] = {name: {} for name in catalogue.topics}
        self._types: dict[str, dict[bytes, str]] = {name: {} for name in catalogue.topics}
        self._encoders: dict[type[Struct], Encoder] = {}

    def envelope(self, record: Carrier, topic: Topic) -> Envelope:
        """What an input event says about itself, reading no further than that.

        Headers that say something else than an Avro or JSON body are an error. The rest of the body may still turn out
        to be wrong in `decode`.

        Raises:
            Undecodable: no value, an unknown schema, a type that is not this topic's, or bytes that break the contract.
        """
        value = record.value
        if value is None:
            raise Undecodable(DeadLetterReason.NO_VALUE, "the record has no value")
        found = self._prefixes[topic.name].get(value[:FRAME])
        if found is None:
            if value[:1] != b"\x00":
                return self._json.envelope(value, record.headers, topic)
            writer = self._writer(value, topic)
            shape = parse_record(writer.schema)
            found = compile_prefix(shape, FIELDS), writer.name
            self._prefixes[topic.name][value[:FRAME]] = found
            if starts_with_envelope(shape):
                self._types[topic.name][value[:FRAME]] = writer.name
        read, name = found
        event_id, source, occurred_at = read(value, FRAME)
        check_names(event_id, source)
        envelope: Envelope = _new(Envelope, (event_id, source, occurred_at, name, None))
        return agreed(envelope, attributes(record.headers)) if record.headers else envelope

    def occurrence(self, topic: Topic) -> Occurrence:
        """A function of this topic's records that returns time and type of the event, as `envelope` would say them."""
        return occurrence_reader(self._types[topic.name], lambda record: self.envelope(record, topic))

    def decode(self, value: bytes, headers: Sequence[Header], topic: Topic) -> Struct:
        """The typed record, in the latest version of its schema whichever it was written with.

        Raises:
            Undecodable: as `envelope`; also bytes behind the last field.
        """
        read = self._decoders[topic.name].get(value[:FRAME])
        if read is None:
            if value[:1] != b"\x00":
                return self._json.decode(value, headers, topic)
            read = self.decoder(self._writer(value, topic).id)
            self._decoders[topic.name][value[:FRAME]] = read
        record: Struct = read(value, FRAME)
        return record

    def decoder(self, schema_id: int) -> Callable[[bytes, int], Struct]:
        """What reads a body of this writer's schema from a position to the end; KeyError for an id never given."""
        read = self._compiled.get(schema_id)
        if read is None:
            writer = self._catalogue.writer(schema_id)
            reader = parse_record(self._catalogue.record_types[writer.name].schema)
            types = {each.name: _struct(each) for each in named_types(reader) if isinstance(each, Record)}
            read = self._compiled[schema_id] = make_decoder(parse_record(writer.schema), reader, types)
        return read

    def part_decoder(self, kind: type[Struct]) -> tuple[bytes, Callable[[bytes, int], Any]]:
        """The frame of the latest schema named `kind.NAME`, and what reads of such a body the fields that `kind` has.

        The other fields are passed over. `kind` begins with its fields in the schema's order.
        """
        whole, frame = self._written(kind)
        part = replace(whole, fields=tuple(each for each in whole.fields if each.name in kind.__struct_fields__))
        types = {each.name: _struct(each) for each in named_types(part) if isinstance(each, Record)}
        return frame, make_decoder(whole, part, {**types, whole.name: kind})

    def encode(self, record: Struct) -> bytes:
        """The record as framed Avro, in the latest registered version of its schema.

        Raises:
            KeyError: not a record of the contracts, or an enum's symbol that is none.
            ValueError, TypeError, AttributeError: a value that its field cannot hold.
        """
        write = self._encoders.get(type(record))
        if write is None:
            write = self._encoders[type(record)] = make_encoder(*self._written(type(record)))
        return write(record)

    def writer(self, kind: type[Struct], known: tuple[str, ...]) -> Callable[..., Callable[..., bytes]]:
        """What `encode` writes, in two steps, for records that share some of their fields.

        Returns:
            A function of the known fields that returns one of the others, in their order; that returns bytes.

        Raises:
            KeyError: not a record of the contracts, or a field that it does not have.
        """
        return make_writer(*self._written(kind), known)

    def _written(self, kind: type[Struct]) -> tuple[Record, bytes]:
        writer = self._catalogue.writer(self._catalogue.schema_id(_name_of(kind)))
        return parse_record(writer.schema), b"\x00" + writer.id.to_bytes(FRAME - 1)

    def _writer(self, value: bytes, topic: Topic) -> WriterSchema:
        if len(value) < FRAME:
            raise undecodable("the value is shorter than its frame")
        writer = self._catalogue.writers.get(int.from_bytes(value[1:FRAME]))
        if writer is None:
            raise Undecodable(DeadLetterReason.UNKNOWN_SCHEMA, "the schema id is not in the registry")
        if not any(each.name == writer.name for each in topic.records):
            raise Undecodable(DeadLetterReason.UNKNOWN_TYPE, f"{writer.name} is not a record type of this topic")
        return writer


def _struct(record: Record) -> Callable[..., object]:
    struct: Callable[..., object] = getattr(records, record.short_name)
    return struct


def _name_of(kind: type[Struct]) -> str:
    name = getattr(kind, "NAME", None)
    if not isinstance(name, str):
        raise KeyError("not a record of the contracts")
    return name
