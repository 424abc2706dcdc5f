"""A customer's eight aggregates as each engine writes them, and what the states of all customers sum up to."""

import json
import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self
from zlib import crc32

import msgspec

from bench.reference import CHANNELS

COMPLAINT: Final = "complained"
_CENT: Final = 0.01
_BINARY: Final = struct.Struct("<qqqdi6ib")
"""As `bench/peers/java/.../Aggregates.java` lays it out; the last kind follows."""


class Aggregates(msgspec.Struct, array_like=True, gc=False):
    """The eight aggregates of one customer.

    Attributes:
        by_channel: Events of each channel, in the order of `CHANNELS`.
        last_at: UTC milliseconds of the last event.
        spent: In units of the event's amount.
        duration: Milliseconds.
    """

    events: int
    last_at: int
    last_kind: str
    last_channel: str
    spent: float
    duration: int
    complaints: int
    by_channel: list[int]


Read = Callable[[bytes], Aggregates]
"""Reads an engine's encoding of a state."""


def from_msgpack(value: bytes) -> Aggregates:
    """Read what the hub's box and the bare loop write."""
    return msgspec.msgpack.decode(value, type=Aggregates)


def from_json(value: bytes) -> Aggregates:
    """Read what the Python peers keep in their tables: the dictionary of `reference.aggregate`."""
    found: Mapping[str, Any] = json.loads(value)
    return Aggregates(
        events=found["events"],
        last_at=found["last_at"],
        last_kind=found["last_kind"],
        last_channel=found["last_channel"],
        spent=found["spent"],
        duration=found["duration"],
        complaints=found.get("complaints", 0),
        by_channel=[found["by_channel"].get(channel, 0) for channel in CHANNELS],
    )


def from_binary(value: bytes) -> Aggregates:
    """Read the compact state of the Java application."""
    events, last_at, duration, spent, complaints, *by_channel, last_channel = _BINARY.unpack_from(value)
    return Aggregates(
        events=events,
        last_at=last_at,
        last_kind=value[_BINARY.size :].decode(),
        last_channel=CHANNELS[last_channel],
        spent=spent,
        duration=duration,
        complaints=complaints,
        by_channel=by_channel,
    )


@dataclass(frozen=True, slots=True)
class Sums:
    """What some states come to. Two equal ones of a run mean that every aggregate was right.

    Attributes:
        count: How many states.
        whole: Sums of everything that is a whole number, by its name; of the last kind and channel a checksum.
        spent: Sum of a floating-point number, whose last digits depend on the order.
    """

    count: int = 0
    whole: Mapping[str, int] = field(default_factory=dict)
    spent: float = 0.0

    @classmethod
    def of(cls, states: Iterable[Aggregates]) -> Self:
        """Sum up."""
        summer = Summer()
        for state in states:
            summer.add(state)
        return cls(*summer.totals())

    def differs(self, other: "Sums") -> str | None:
        """Say in which sums `other` differs, or None."""
        if self.count != other.count:
            return f"{other.count:,} instead of {self.count:,}"
        names = [name for name, total in self.whole.items() if other.whole.get(name) != total]
        if abs(self.spent - other.spent) > _CENT:
            names.append("spent")
        return f"the sums of {', '.join(names)} differ" if names else None


class Summer:
    """Sums states up one after another."""

    def __init__(self) -> None:
        self._count = self._events = self._last_at = self._duration = self._complaints = self._last = 0
        self._spent = 0.0
        self._channels = [0] * len(CHANNELS)

    def add(self, state: Aggregates) -> None:
        """Add one."""
        self._count += 1
        self._events += state.events
        self._last_at += state.last_at
        self._duration += state.duration
        self._complaints += state.complaints
        self._last += crc32(f"{state.last_channel}/{state.last_kind}".encode())
        self._spent += state.spent
        for number, events in enumerate(state.by_channel):
            self._channels[number] += events

    def totals(self) -> tuple[int, dict[str, int], float]:
        """Return what `Sums` is made of."""
        whole = {
            "events": self._events,
            "last time": self._last_at,
            "duration": self._duration,
            "complaints": self._complaints,
            "last kind and channel": self._last,
            **dict(zip(CHANNELS, self._channels, strict=True)),
        }
        return self._count, whole, self._spent
