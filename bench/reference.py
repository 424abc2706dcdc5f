"""The reference operator: one job that every engine can do, for comparison.

Decode ten fields, keep eight aggregates per customer, write each change to the changelog, one output in ten events.
"""

import random
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final

import fastavro

CHANNELS: Final = ("CALL", "SMS", "APP", "WEB", "STORE", "CHAT")
SCHEMA_ID: Final = 1
FRAME_BYTES: Final = 5
KINDS: Final = ("viewed-bill", "changed-plan", "complained", "entered-roaming", "topped-up", "lost-call", "logged-in")
_TOLD_EVERY: Final = 10
SCHEMA: Final = fastavro.parse_schema(
    {
        "type": "record",
        "name": "hub.bench.Interaction",
        "fields": [
            {"name": "event_id", "type": "string"},
            {"name": "customer_id", "type": "string"},
            {"name": "occurred_at", "type": "long"},
            {"name": "channel", "type": {"type": "enum", "name": "Channel", "symbols": list(CHANNELS)}},
            {"name": "kind", "type": "string"},
            {"name": "duration_ms", "type": "int"},
            {"name": "amount", "type": "double"},
            {"name": "cell", "type": ["null", "string"]},
            {"name": "sentiment", "type": "float"},
            {"name": "attributes", "type": {"type": "map", "values": "string"}},
        ],
    },
)


def events(count: int, customers: int, seed: int, skew: float = 2.2) -> Iterator[dict[str, Any]]:
    """Yield `count` events over `customers` customers.

    With a skew of 1 all are equally busy; the larger it is, the busier are some of them.
    """
    rng = random.Random(seed)
    for number in range(count):
        yield {
            "event_id": f"{rng.getrandbits(128):032x}",
            "customer_id": f"C{int(customers * rng.random() ** skew):09d}",
            "occurred_at": 1_750_000_000_000 + number,
            "channel": rng.choice(CHANNELS),
            "kind": rng.choice(KINDS),
            "duration_ms": rng.randrange(600_000),
            "amount": rng.random() * 100,
            "cell": None if number % 3 == 0 else f"cell-{rng.randrange(9999):05d}",
            "sentiment": rng.random(),
            "attributes": {"device": "phone" if number & 1 else "tablet", "app": "7.1"},
        }


def encode(event: dict[str, Any]) -> bytes:
    """Return the event framed with its schema's id."""
    out = BytesIO()
    out.write(b"\0" + SCHEMA_ID.to_bytes(FRAME_BYTES - 1))
    fastavro.schemaless_writer(out, SCHEMA, event)
    return out.getvalue()


def decode(value: bytes) -> dict[str, Any]:
    """Return the event of a framed value."""
    source = BytesIO(value)
    source.seek(FRAME_BYTES)
    event: dict[str, Any] = fastavro.schemaless_reader(source, SCHEMA, None)
    return event


def is_told(occurred_at: int) -> bool:
    """Whether an event leads to an output: one in ten does, whoever reads them in whatever order."""
    return not occurred_at % _TOLD_EVERY


def aggregate(state: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
    """Apply one event to the eight aggregates of its customer."""
    channel = event["channel"]
    by_channel = state.setdefault("by_channel", {})
    by_channel[channel] = by_channel.get(channel, 0) + 1
    state["events"] = state.get("events", 0) + 1
    state["last_at"] = event["occurred_at"]
    state["last_kind"] = event["kind"]
    state["last_channel"] = channel
    state["spent"] = state.get("spent", 0.0) + event["amount"]
    state["duration"] = state.get("duration", 0) + event["duration_ms"]
    if event["kind"] == "complained":
        state["complaints"] = state.get("complaints", 0) + 1
    return state
