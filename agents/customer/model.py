"""A customer's record as rules see it: sections, timers, the moment, and what a capability contributes.

Pure: no clock, no I/O of its own, nothing of the engine. The fold makes a `Customer` per customer and chunk, hands it
to the rules event by event, and stores what `encode_changed` says.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeAlias, TypeVar

import msgspec

from agents.message.model import Effect
from agents.outage.model import Outages
from schemas.records import Requested
from streams.core.records import Millis

LONGEST_ID = 128
"""Characters of an id or a short text that goes into the record; real ones have less than half of that."""

S = TypeVar("S", bound=msgspec.Struct)
T = TypeVar("T")

TIMERS = "timers"
"""Name of the section that holds a customer's timers."""


class GuardFull(Exception):  # noqa: N818 - reads as what happened
    """A guard list is full, so the event cannot be applied; nothing of the list was forgotten to make room."""


def short(text: str, field: str) -> str:
    """Return `text` when it is short enough for the record.

    Raises:
        ValueError: it is longer than `LONGEST_ID`; the message names the field alone.
    """
    if len(text) > LONGEST_ID:
        raise ValueError(f"{field} is longer than {LONGEST_ID} characters")
    return text


class Timers(msgspec.Struct, array_like=True, gc=False):
    """Section `timers`: what is due when. Never trimmed.

    Attributes:
        due: Due time by timer name.
    """

    due: dict[str, Millis] = {}


class _Part(msgspec.Struct, gc=False):
    """A section in hand.

    Attributes:
        stored: Its bytes as they were read; None when there were none.
        section: As it is now; None when it was dropped.
        is_open: It was handed out for change, or dropped.
    """

    stored: bytes | None
    section: Any
    is_open: bool


class Customer(msgspec.Struct, gc=False, eq=False):
    """The live record of one customer within one chunk.

    A section is decoded once, changed in place many times, and encoded once. A section that says no more than a new
    one of its kind is not stored. After a rule raised, the object must be thrown away.

    Attributes:
        id: The customer's opaque id.
        is_material: A field changed for which the context goes out with this chunk.
        is_moved: The customer is to be found elsewhere in the partition's index.
        new_timers: Name and due time of the timers set, for the index of what is due.
    """

    id: str
    _get: Callable[[str], bytes | None]
    is_material: bool = False
    is_moved: bool = False
    new_timers: list[tuple[str, Millis]] = []
    _parts: dict[str, _Part] = {}

    def __repr__(self) -> str:
        opened = {name.partition(":")[0] for name, part in self._parts.items() if part.is_open}
        return f"Customer(open={sorted(opened)})"

    def section(self, name: str, kind: type[S]) -> S:
        """Return the section for change in place; a new one when nothing is stored."""
        part = self._parts.get(name) or self._take(name, kind)
        if part.section is None:
            part.section = kind()
        part.is_open = True
        section: S = part.section
        return section

    def peek(self, name: str, kind: type[S]) -> S | None:
        """Return the section for reading only, None when there is none; a change made through it may be lost."""
        part = self._parts.get(name)
        if part is None:
            raw = self._get(name)
            if raw is None:
                return None
            part = self._parts[name] = _Part(raw, _decoder(kind)(raw), is_open=False)
        section: S | None = part.section
        return section

    def stored(self, name: str, kind: type[S]) -> S | None:
        """Return the section as it was before this chunk, a copy of its own."""
        part = self._parts.get(name)
        raw = self._get(name) if part is None else part.stored
        return None if raw is None else _decoder(kind)(raw)

    def drop(self, name: str) -> None:
        """Forget a section and what is stored of it."""
        part = self._parts.get(name)
        self._parts[name] = _Part(self._get(name) if part is None else part.stored, None, is_open=True)

    def set_timer(self, name: str, due: Millis) -> None:
        """Let the timer `name` fire at `due`; a timer of that name moves."""
        self.section(TIMERS, Timers).due[name] = due
        self.new_timers.append((name, due))

    def clear_timer(self, name: str) -> None:
        """Take the timer back; it does not fire, even when it is due at this very moment."""
        self.section(TIMERS, Timers).due.pop(name, None)

    @property
    def timers(self) -> Mapping[str, Millis]:
        """Due time by timer name."""
        found = self.peek(TIMERS, Timers)
        return found.due if found is not None else {}

    def mark_material(self) -> None:
        """Say that a field changed for which the context goes out with this chunk."""
        self.is_material = True

    def mark_moved(self) -> None:
        """Say that the customer is to be found elsewhere in the partition's index: other leaves, other outages."""
        self.is_moved = True

    def encode_changed(self) -> dict[str, bytes | None]:
        """Return the sections whose bytes differ from what was read, by name; None for those that are no more."""
        changed: dict[str, bytes | None] = {}
        for name, part in self._parts.items():
            if part.is_open:
                encoded = None if part.section is None else encode_section(part.section)
                if encoded != part.stored:
                    changed[name] = encoded
        return changed

    def _take(self, name: str, kind: type[S]) -> _Part:
        raw = self._get(name)
        section = kind() if raw is None else _decoder(kind)(raw)
        part = self._parts[name] = _Part(raw, section, is_open=True)
        return part


def encode_section(section: msgspec.Struct) -> bytes | None:
    """Return the section's bytes, canonical (map keys sorted), or None when it says no more than a new one."""
    encode, empty = _encoder(type(section))
    encoded = encode(section)
    return None if encoded == empty else encoded


@cache
def _decoder(kind: type[S]) -> Callable[[bytes], S]:
    return msgspec.msgpack.Decoder(kind).decode


@cache
def _encoder(kind: type[msgspec.Struct]) -> tuple[Callable[[msgspec.Struct], bytes], bytes]:
    encode = msgspec.msgpack.Encoder(order="deterministic").encode
    return encode, encode(kind())


class Cause(msgspec.Struct, frozen=True, gc=False):
    """What leads to a decision where no event does; an event is its own cause.

    Attributes:
        event_id: Its `event_id`.
        source: Its `source`.
    """

    event_id: str
    source: str


class ActiveConfig:
    """What `[control]` has put in force on a timeline partition, one object per change of it.

    Args:
        activation: Number of the newest activation applied on this timeline partition.
        contents: At most one configuration record of each kind.
        outages: What is broken now.
    """

    __slots__ = ("_contents", "_derived", "activation", "outages")

    def __init__(self, activation: int = 0, *contents: msgspec.Struct, outages: Outages | None = None) -> None:
        self.activation = activation
        self.outages = outages if outages is not None else Outages()
        self._contents = {type(content): content for content in contents}
        self._derived: dict[Callable[..., Any], Any] = {}

    def of(self, kind: type[S]) -> S | None:
        """Return the configuration of that type; None where none was activated yet."""
        return self._contents.get(kind)  # type: ignore[return-value]  # by its own type

    def with_outages(self, outages: Outages) -> "ActiveConfig":
        """Return the same configuration with other outages; what was derived stays, for it knows no outages."""
        other = ActiveConfig(self.activation, *self._contents.values(), outages=outages)
        other._derived = self._derived
        return other

    def derived(self, make: Callable[["ActiveConfig"], T]) -> T:
        """Return `make(self)`, worked out once per activation.

        `make` must be pure, a module's own function, and read contents alone.
        """
        try:
            return self._derived[make]  # type: ignore[no-any-return]  # of the kind that was asked for
        except KeyError:
            made = self._derived[make] = make(self)
            return made


class Moment(msgspec.Struct, frozen=True, gc=False):
    """When and why rules run.

    Attributes:
        now: The partition's time, UTC milliseconds.
        is_silent: The event is late or has expired: it changes state and triggers nothing.
        cause: The event that is applied; for a timer, what the fold names as such.
        partition: The timeline partition.
        config: The configuration in force.
    """

    now: Millis
    is_silent: bool
    cause: Cause
    partition: int
    config: ActiveConfig


Handler: TypeAlias = Callable[[Customer, Any, Moment], Iterable[Effect]]
"""Applies one typed event to the record and returns what should follow; may raise, then the event is a dead letter.

Effects are carried out one by one: a rule that yields them sees in the record what became of those before.
"""

Told: TypeAlias = Callable[[Customer, Requested, Moment], None]
"""Notes in the record that a message was requested, at once or at the end of its hold."""

TimerHandler: TypeAlias = Callable[[Customer, str, Moment], Sequence[Effect]]
"""Runs when the timer of that name is due; the fold has removed the timer already."""


@dataclass(frozen=True, slots=True)
class Capability:
    """What one folder of `agents/` contributes to the customer's state machine.

    Where several capabilities handle one type of event, they run in the order in which the program lists them.

    Attributes:
        name: The folder's name.
        sections: Type of each section it writes, by name; a name that ends in `:` is a prefix.
        handlers: Handler by type of event.
        timers: Handler by timer name; a name that ends in `:` is a prefix.
        told: What follows of a request for a message of each purpose.
    """

    name: str
    sections: Mapping[str, type[msgspec.Struct]]
    handlers: Mapping[type[msgspec.Struct], Handler]
    timers: Mapping[str, TimerHandler]
    told: Mapping[str, Told] = field(default_factory=dict)
