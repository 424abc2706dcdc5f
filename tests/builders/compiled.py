"""The compiled part beside what it stands for: tests ask both, and both must say the same."""

import os
from collections.abc import Callable
from typing import Any

import pytest

from schemas.shapes import Record
from streams.codec.decoder import Decoder, compile_decoder
from streams.codec.encoder import Encoder, compile_encoder
from streams.codec.errors import Undecodable
from streams.codec.making import make_decoder, make_encoder
from streams.compiled import Compiled, compiled

Make = Callable[..., Any]


def the_compiled_part() -> Compiled:
    """Return it; without it the test is skipped, and fails where everything is required."""
    found = compiled("auto")
    if found is None:
        pytest.skip("needs the compiled part: a C compiler, and `make compiled`")
    return found


def decoder(writer: Record, reader: Record, types: Any) -> Decoder:
    """Return a decoder that asks the generated and the compiled one; what they say differently fails."""
    pure, other = compile_decoder(writer, reader, types), _compiled(make_decoder, writer, reader, types)

    def decode(value: bytes, position: int) -> Any:
        expected, found = _outcome(pure, value, position), _outcome(other, value, position)
        if isinstance(expected, Undecodable) and isinstance(found, Undecodable):
            assert found.reason == expected.reason
            raise found
        # Of floats that are no numbers the representations are equal, they are not.
        assert (type(found), repr(found)) == (type(expected), repr(expected))
        return found

    return decode


def encoder(schema: Record, prefix: bytes) -> Encoder:
    """Return an encoder that asks the generated and the compiled one; what they say differently fails."""
    pure, other = compile_encoder(schema, prefix), _compiled(make_encoder, schema, prefix)

    def encode(record: Any) -> bytes:
        expected, found = _outcome(pure, record), _outcome(other, record)
        if isinstance(expected, Exception) and isinstance(found, Exception):
            raise found
        assert found == expected
        encoded: bytes = found
        return encoded

    return encode


def _compiled(make: Make, *given: Any) -> Any:
    the_compiled_part()
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(os.environ, "HUB_COMPILED", raising=False)
        return make(*given)


def _outcome(call: Make, *given: Any) -> Any:
    try:
        return call(*given)
    except (Undecodable, ValueError, KeyError, TypeError, AttributeError) as error:
        return error
