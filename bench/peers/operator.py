"""The reference operator's rule on typed values: what the hub's box and the bare loop share."""

from collections.abc import Callable
from typing import Final

import msgspec

from bench.peers.states import COMPLAINT, Aggregates
from bench.reference import CHANNELS, SCHEMA
from schemas.shapes import parse_record
from streams.codec.making import make_decoder

_NUMBERS: Final = {channel: number for number, channel in enumerate(CHANNELS)}


class Interaction(msgspec.Struct, gc=False):
    """An event of the reference operator, all ten fields, in the schema's order."""

    event_id: str
    customer_id: str
    occurred_at: int
    channel: str
    kind: str
    duration_ms: int
    amount: float
    cell: str | None
    sentiment: float
    attributes: dict[str, str]


def decoder() -> Callable[[bytes, int], Interaction]:
    """Return the hub's decoder for the reference schema: of (bytes, position of the body)."""
    shape = parse_record(SCHEMA)
    return make_decoder(shape, shape, {shape.name: Interaction})


def nothing_yet() -> Aggregates:
    """Return the state of a customer of whom nothing is known."""
    return Aggregates(0, 0, "", "", 0.0, 0, 0, [0] * len(CHANNELS))


def apply(state: Aggregates, event: Interaction) -> None:
    """Apply one event to the eight aggregates of its customer."""
    channel = event.channel
    state.events += 1
    state.last_at = event.occurred_at
    state.last_kind = kind = event.kind
    state.last_channel = channel
    state.spent += event.amount
    state.duration += event.duration_ms
    state.by_channel[_NUMBERS[channel]] += 1
    if kind == COMPLAINT:
        state.complaints += 1
