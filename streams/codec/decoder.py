"""Decoders as generated source: one function per (writer's schema, reader's Struct).

The function walks the bytes in the writer's order, keeps what the reader wants, skips the rest, and calls the Struct
once with everything in its place: no dictionary, no lookup, no branch that the schemas already decide. Added, removed,
renamed and promoted fields and unknown enum symbols are settled while generating. fastavro stays the oracle in tests.

Hostile bytes cannot do harm: every loop turn consumes a byte or ends, counts are checked against what is left, a slice
past the end is found when the position is compared with the length, and nothing is allocated from a length alone.
"""

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from schemas.reasons import DeadLetterReason
from schemas.shapes import Record, UnsupportedSchemaError
from streams.codec import varint
from streams.codec.defaults import Types
from streams.codec.errors import MalformedError, Undecodable
from streams.codec.reading import record, value
from streams.codec.skipping import skip
from streams.codec.source import Source

Decoder = Callable[[bytes, int], Any]


def compile_decoder(writer: Record, reader: Record, types: Types) -> Decoder:
    """A function of (bytes, position of the body) that returns the reader's record and raises only `Undecodable`.

    Args:
        writer: The schema that the bytes were written with.
        reader: The schema wanted.
        types: What builds each of the reader's records, by full name, taking its fields in order.

    Raises:
        UnsupportedSchemaError: the reader cannot read anything of this writer.
    """
    source = Source()
    with _function(source):
        record(source, writer, reader, types, "found")
        source.line("if p != end:")
        source.line("    raise Malformed('bytes follow its last field' if p < end else 'it ends within a field')")
        source.line("return found")
    return _compiled(source, f"<decoder of {writer.name}>")


def compile_prefix(writer: Record, wanted: tuple[str, ...]) -> Decoder:
    """A function that returns the first occurrence of these required fields as a tuple, and reads no further.

    Raises:
        UnsupportedSchemaError: the writer has no such fields.
    """
    source = Source()
    names: dict[str, str] = {}
    with _function(source):
        for each in writer.fields:
            if each.name in wanted:
                names[each.name] = source.name()
                value(source, each.shape, each.shape, {}, names[each.name])
            elif len(names) < len(wanted):
                skip(source, each.shape)
        source.line("if p > end:")
        source.line("    raise Malformed('it ends within a field')")
        source.line(f"return ({', '.join(names.get(each, '') for each in wanted)})")
    if len(names) != len(wanted):
        raise UnsupportedSchemaError(f"{writer.name} does not have the fields {', '.join(wanted)}")
    return _compiled(source, f"<prefix of {writer.name}>")


@contextmanager
def _function(source: Source) -> Iterator[None]:
    """The frame of a decoder: whatever its body meets comes out as `Undecodable`."""
    with source.block("def decode(b, p):"):
        with source.block("try:"):
            source.line("end = len(b)")
            yield
        for error, detail in (
            ("Malformed as error", "str(error)"),
            ("(IndexError, OverflowError, struct_error)", "'it ends within a field'"),
            ("UnicodeDecodeError", "'a string is not UTF-8'"),
        ):
            source.line(f"except {error}:")
            source.line(f"    raise Undecodable(UNDECODABLE, {detail}) from None")


def _compiled(source: Source, name: str) -> Decoder:
    scope: dict[str, Any] = {
        "Undecodable": Undecodable,
        "UNDECODABLE": DeadLetterReason.UNDECODABLE,
        "Malformed": MalformedError,
        "struct_error": struct.error,
        "three_pairs": struct.Struct("<3H").unpack_from,
        **{f"instant{number}": table for number, table in enumerate(varint.instant_tables())},
        "float_at": struct.Struct("<f").unpack_from,
        "double_at": struct.Struct("<d").unpack_from,
        "new_tuple": tuple.__new__,
        "tail": varint.tail,
        "int_tail": varint.int_tail,
        "size_tail": varint.size_tail,
        "block_tail": varint.block_tail,
        "skip_block_tail": varint.skip_block_tail,
        "signed": varint.signed(),
        "sizes": varint.sizes(),
        **source.constants,
    }
    exec(compile(source.text(), name, "exec"), scope)  # noqa: S102 - made here from committed schemas alone
    decode: Decoder = scope["decode"]
    return decode
