import json
import re
from typing import Any

import pytest

from schemas import load, source, wire
from streams.codec import Codec

EXAMPLES = [
    pytest.param(name, example, id=f"{name}-{title}")
    for name in load().record_types
    for title, example in source.examples(name).items()
]
# Numbers set aside for nobody, and opaque ids: an example describes no person.
PHONE = re.compile(r"(?<!\d)\+?7[\s-]?\d{3}[\s-]?\d{3}-?\d{2}-?\d{2}(?!\d)")


@pytest.mark.parametrize("name", list(load().record_types))
def test_every_record_has_an_example(name: str) -> None:
    assert source.examples(name)


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_an_example_goes_over_the_wire_both_ways(name: str, example: dict[str, Any]) -> None:
    record = wire.from_json(name, json.dumps(example).encode())
    codec = Codec(load())
    framed = codec.encode(record)

    assert framed == wire.encode(record)
    assert wire.decode(framed) == record
    assert codec.decoder(load().schema_id(name))(framed, 5) == record
    assert wire.from_json(name, wire.to_json(record)) == record


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_an_example_has_only_fields_of_its_record(name: str, example: dict[str, Any]) -> None:
    fields = {each["name"] for each in load().record_types[name].schema["fields"]}

    assert set(example) <= fields


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_an_example_describes_nobody(name: str, example: dict[str, Any]) -> None:
    assert name
    for number in PHONE.findall(json.dumps(example)):
        assert re.sub(r"\D", "", number).startswith("7900000000")


def test_wire_refuses_what_is_not_a_frame_of_the_registry() -> None:
    for value in (b"", b"\x00\x00\x00", b"\x01\x00\x00\x00\x01", b"\x00\xff\xff\xff\xff"):
        with pytest.raises(ValueError, match=r"framed|registry"):
            wire.decode(value)
    with pytest.raises(ValueError, match="follow"):
        wire.decode(b"\x00" + load().schema_id("hub.timeline.Ticked").to_bytes(4) + b"\x00")
