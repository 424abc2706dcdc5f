"""What reads and writes records of a schema: the compiled part where it was built, generated Python otherwise."""

from collections.abc import Callable

from schemas.reasons import DeadLetterReason
from schemas.shapes import Record
from streams.codec.decoder import Decoder, compile_decoder
from streams.codec.defaults import Types
from streams.codec.encoder import Encoder, compile_encoder, compile_writer
from streams.codec.errors import Undecodable
from streams.codec.plan import decode_plan, encode_plan
from streams.compiled import compiled


def make_decoder(writer: Record, reader: Record, types: Types) -> Decoder:
    """Return a decoder; see `compile_decoder`."""
    part = compiled()
    if part is None:
        return compile_decoder(writer, reader, types)
    decode: Decoder = part.codec.Decoder(decode_plan(writer, reader, types), _refused).decode
    return decode


def make_encoder(schema: Record, prefix: bytes) -> Encoder:
    """Return an encoder; see `compile_encoder`."""
    part = compiled()
    if part is None:
        return compile_encoder(schema, prefix)
    encode: Encoder = part.codec.Encoder(encode_plan(schema), prefix).encode
    return encode


def make_writer(schema: Record, prefix: bytes, known: tuple[str, ...]) -> Callable[..., Callable[..., bytes]]:
    """Return an encoder in two steps; see `compile_writer`."""
    part = compiled()
    if part is None:
        return compile_writer(schema, prefix, known)
    places = {name: number for number, name in enumerate(known)}
    which = tuple(places.pop(field.name, -1) for field in schema.fields)
    if places:
        raise KeyError(min(places))
    plans = tuple(encode_plan(field.shape) for field in schema.fields)
    bind: Callable[..., Callable[..., bytes]] = part.codec.Writer(plans, which, prefix).bind
    return bind


def _refused(detail: str) -> Undecodable:
    return Undecodable(DeadLetterReason.UNDECODABLE, detail)
