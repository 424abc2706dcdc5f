"""Inputs that are nearly right: the contracts' own examples, cut, changed, blown up, spliced, or mere rubbish."""

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final, NamedTuple, Self

from schemas import Catalogue, Topic, source, wire
from streams.codec import Codec
from streams.core.records import Header

_LARGEST: Final = 20_000
_HUGE: Final = (2**7, 2**13, 2**20, 2**31, 2**32, 2**62, 2**63 - 1, 2**63, 2**64 - 1, 2**70)
_TOKENS: Final = (
    b"null", b"true", b"{}", b"[]", b'""', b"1e999", b"-0", b"NaN", b"9" * 400, b'"\\ud800"', b"\xff\xfe", b"\x00",
)  # fmt: skip
_KEYS: Final = (
    None, b"", b":", b"msisdn:", b"msisdn:79161234567", b"msisdn:8 916 123-45-67", b"customer:C-1", b"customer:",
    b"\xff\xfe", b"x" * 5000, b"contract:\x00", "msisdn:٧٩١٦١٢٣٤٥٦٧".encode(), b"a/b:c", b"\x00meta", b"clock", b"o-1",
)  # fmt: skip


class Input(NamedTuple):
    """A record as somebody outside might publish it."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...]

    def to_json(self) -> str:
        """Return it as text that `of_json` reads."""
        headers = [[name, None if value is None else value.hex()] for name, value in self.headers]
        return json.dumps({"topic": self.topic, "key": _hex(self.key), "value": _hex(self.value), "headers": headers})

    @classmethod
    def of_json(cls, text: str) -> Self:
        """Return the input that `to_json` wrote."""
        found = json.loads(text)
        headers = tuple((name, _bytes(value)) for name, value in found["headers"])
        return cls(found["topic"], _bytes(found["key"]), _bytes(found["value"]), headers)


class Inputs:
    """Draws inputs; the same seed draws the same ones.

    Args:
        seed: Of everything.
        catalogue: The contracts.
        codec: Writes what is right.
    """

    def __init__(self, seed: int, catalogue: Catalogue, codec: Codec) -> None:
        self._rng = Random(f"fuzz/{seed}")
        self._topics = [*catalogue.inputs(), *catalogue.control_topics()]
        self._known = [right for topic in self._topics for right in _rights(topic, codec)]

    def draw(self) -> Input:
        """Return the next one."""
        rng = self._rng
        right = rng.choice(self._known)
        value = right.value or b""
        for _ in range(rng.choice((0, 1, 1, 1, 2, 5))):
            value = rng.choice(_CHANGES)(rng, value, self._known)[:_LARGEST]
        headers = right.headers if rng.random() < 0.8 else _changed_headers(rng, right.headers)
        key = right.key if rng.random() < 0.6 else rng.choice(_KEYS)
        topic = right.topic if rng.random() < 0.95 else rng.choice(self._topics).name
        return Input(topic, key, None if rng.random() < 0.01 else value, headers)


def _rights(topic: Topic, codec: Codec) -> list[Input]:
    """Return every example of a topic, framed, and as JSON where it is an event."""
    found: list[Input] = []
    for kind in topic.records:
        for example in source.examples(kind.name).values():
            record: Any = wire.from_json(kind.name, json.dumps(example).encode())
            key = _key_of(record)
            found.append(Input(topic.name, key, codec.encode(record), ()))
            if hasattr(record, "occurred_at"):
                headers = wire.ce_headers(record, record.event_id, record.source, record.occurred_at)
                found.append(Input(topic.name, key, wire.to_json(record), tuple(headers)))
    return found


def _key_of(record: Any) -> bytes:
    for name in ("outage_id", "resource_id", "alarm_id", "kind"):
        if hasattr(record, name):
            return str(getattr(record, name)).encode()
    if hasattr(record, "config_id"):
        return f"{record.config_id}@{record.version}".encode()
    return f"customer:{record.customer_id}".encode() if hasattr(record, "customer_id") else b"msisdn:79161234567"


Change = Callable[[Random, bytes, Sequence[Input]], bytes]


def _rubbish(rng: Random, _: bytes, __: Sequence[Input]) -> bytes:
    return rng.randbytes(rng.choice((0, 1, 4, 5, 6, 30, 300)))


def _framed_rubbish(rng: Random, value: bytes, _: Sequence[Input]) -> bytes:
    return value[:5] + rng.randbytes(rng.choice((0, 1, 10, 100)))


def _flipped(rng: Random, value: bytes, _: Sequence[Input]) -> bytes:
    changed = bytearray(value)
    for _each in range(rng.choice((1, 1, 2, 8))):
        if changed:
            changed[rng.randrange(len(changed))] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
    return bytes(changed)


def _cut(rng: Random, value: bytes, _: Sequence[Input]) -> bytes:
    return value[: rng.randint(0, len(value))]


def _longer(rng: Random, value: bytes, _: Sequence[Input]) -> bytes:
    return value + rng.randbytes(rng.choice((1, 2, 9, 500)))


def _huge(rng: Random, value: bytes, _: Sequence[Input]) -> bytes:
    """Put a length that cannot be where some byte was."""
    at, number = rng.randint(min(5, len(value)), len(value)), rng.choice(_HUGE)
    return value[:at] + _varint(number) + value[at + rng.choice((0, 1)) :]


def _endless(rng: Random, value: bytes, _: Sequence[Input]) -> bytes:
    at = rng.randint(min(5, len(value)), len(value))
    return value[:at] + rng.choice((b"\xff", b"\x80", b"\x02", b"\x01\x00", b"\x00")) * rng.choice((10, 1000, 9000))


def _nested(rng: Random, value: bytes, _: Sequence[Input]) -> bytes:
    """Put something deep into JSON, or for all of it."""
    begin, end = rng.choice(((b"[", b"]"), (b'{"a":', b"}"), (b'{"event_id":', b"}")))
    depth = rng.choice((50, 900, 3000))
    deep = begin * depth + b"1" + end * rng.choice((0, depth))
    at = rng.randint(0, len(value))
    return deep if rng.random() < 0.3 else value[:at] + deep + value[at:]


def _token(rng: Random, value: bytes, _: Sequence[Input]) -> bytes:
    """Put another value where JSON has one."""
    places = [at for at, byte in enumerate(value) if byte in b":,[{"] or [0]
    at = rng.choice(places) + 1
    return value[:at] + rng.choice(_TOKENS) + value[at + rng.choice((0, 0, 1, 4)) :]


def _spliced(rng: Random, value: bytes, known: Sequence[Input]) -> bytes:
    other = rng.choice(known).value or b""
    return value[: rng.randint(0, len(value))] + other[rng.randint(0, len(other)) :]


def _repeated(rng: Random, value: bytes, _: Sequence[Input]) -> bytes:
    start, end = sorted((rng.randint(0, len(value)), rng.randint(0, len(value))))
    return value[:end] + value[start:end] * rng.choice((1, 5, 200)) + value[end:]


_CHANGES: Final[Sequence[Change]] = (
    _rubbish, _framed_rubbish, _flipped, _flipped, _cut, _longer, _huge, _huge, _endless, _nested, _token, _token,
    _spliced, _repeated,
)  # fmt: skip


def _changed_headers(rng: Random, headers: tuple[Header, ...]) -> tuple[Header, ...]:
    names = ["ce_id", "ce_type", "ce_time", "ce_source", "ce_specversion", "ce_expirytime", "content-type", "x", ""]
    values = [
        None,
        b"",
        b"\xff",
        b"1.0",
        b"application/json",
        b"9999-12-31T23:59:60Z",
        b"0000-00-00T00:00:00Z",
        b"e" * 999,
    ]
    found = [header for header in headers if rng.random() < 0.8]
    found += [(rng.choice(names), rng.choice(values)) for _ in range(rng.choice((0, 1, 3)))]
    rng.shuffle(found)
    return tuple(found)


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()


def _bytes(value: str | None) -> bytes | None:
    return None if value is None else bytes.fromhex(value)
