"""What a field cannot hold is refused, and by the compiled part as by the generated."""

from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from schemas import load
from schemas.records import Activated, UsageRated
from schemas.shapes import parse_record
from streams.codec.making import make_writer
from tests.builders.compiled import encoder
from tests.unit.codec.values import any_record

REFUSED = (ValueError, KeyError, TypeError, AttributeError)
JUNK = [None, 1.5, 3.0, float("nan"), 2**31, -(2**31) - 1, 2**63, -(2**63) - 1, 10**30, "text", "\ud800", b"bytes", (),
        (None,), (1,), ("a",), {}, {"a": 1}, {1: "a"}, object(), True, bytearray(b"x"), memoryview(b"yz")]  # fmt: skip


def encode(record: Any) -> bytes:
    schema = load().record_types[type(record).NAME].schema
    return encoder(parse_record(schema), b"\x00frame")(record)


@given(record=any_record(), data=st.data(), junk=st.sampled_from(JUNK))
def test_a_field_with_something_else_is_refused_or_written_by_both_alike(
    record: Struct, data: st.DataObject, junk: object
) -> None:
    field = data.draw(st.sampled_from(record.__struct_fields__ or ("NAME",)))
    if field in record.__struct_fields__:
        record = msgspec.structs.replace(record, **{field: junk})
    with suppress(*REFUSED):
        assert encode(record).startswith(b"\x00frame")


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("sequence", 2**63, ValueError),
        ("cost_minor", "much", TypeError),
        ("kind", "smoke", KeyError),
        ("source", b"/bytes", (TypeError, AttributeError)),
        ("event_id", None, (TypeError, AttributeError)),
    ],
)
def test_a_value_that_its_field_cannot_hold_is_refused(field: str, value: object, error: type[Exception]) -> None:
    right = UsageRated("e", "/s", 0, 1, "data", 1, 100, "RUB")
    assert encode(right)
    assert field in right.__struct_fields__
    with pytest.raises(error):
        encode(msgspec.structs.replace(right, **{field: value}))


def test_bytes_that_are_not_there_are_refused() -> None:
    with pytest.raises(TypeError):
        encode(Activated(1, "policy", "x", 1, None))  # type: ignore[arg-type]  # what is refused


@pytest.mark.parametrize("count", [0, 2])
def test_a_wrong_number_of_shared_values_is_refused(count: int) -> None:
    shape = parse_record(load().record_types[UsageRated.NAME].schema)
    with pytest.raises(TypeError):
        make_writer(shape, b"", ("source",))(*["/s"] * count)
