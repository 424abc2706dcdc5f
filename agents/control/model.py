"""What control remembers: configuration contents for good, what is in force, and activations ahead of their content."""

from typing import Final

import msgspec

from streams.core.keys import PARTITION, state_key
from streams.core.records import Header, Millis

ACTIVATION: Final = "config.activation.v1"
TOPIC_OF_KIND: Final = {
    "levels": "config.levels.v1",
    "policy": "config.policy.v1",
    "template": "config.template.v1",
    "outage": "config.outage.v1",
    "offers": "config.offers.v1",
    "propensities": "config.propensities.v1",
}
"""Where the versions of each kind of configuration are published."""

ACTIVATIONS_KEY: Final = state_key(PARTITION, "activations")
MAX_WAITING: Final = 64
"""Activations that may wait at once; beyond it the oldest is given up."""
MAX_WAITING_BYTES: Final = 1 << 20
"""The same for what they hold together, since all of it is written anew with every change. One is some 300 bytes."""


class Waiting(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """An activation whose content has not been seen yet, with everything its dead letter would need.

    Topics are read independently: after a start an activation may be read before the content that was published
    before it.

    Attributes:
        kind, config_id, version: What it activates.
        seen_at: Stamp under which it was read.
        clocks: Records of the log's clock read since.
        partition, offset, timestamp, key, value, headers: As its topic held it.
    """

    kind: str
    config_id: str
    version: int
    seen_at: Millis
    clocks: int
    partition: int
    offset: int
    timestamp: Millis
    key: bytes | None
    value: bytes | None
    headers: list[Header]

    @property
    def reference(self) -> str:
        """`id@version` of what it activates."""
        return reference(self.config_id, self.version)

    @property
    def size(self) -> int:
        """Bytes that a producer decides about."""
        headers = sum(len(name) + len(content or b"") + 1 for name, content in self.headers)
        return len(self.config_id) + len(self.key or b"") + len(self.value or b"") + headers


class Activations(msgspec.Struct, array_like=True, gc=False):
    """What is in force.

    Attributes:
        number: Of the newest activation; every activation that changes something takes the next.
        active: `id@version` in force by kind.
        waiting: Activations ahead of their content, in the order in which they were read.
    """

    number: int = 0
    active: dict[str, str] = {}
    waiting: list[Waiting] = []


def too_many(waiting: list[Waiting]) -> list[Waiting]:
    """Return the oldest of what waits that are beyond its bounds."""
    size = 0
    for place, each in enumerate(reversed(waiting)):
        size += each.size
        if place >= MAX_WAITING or size > MAX_WAITING_BYTES:
            return waiting[: len(waiting) - place]
    return []


def reference(config_id: str, version: int) -> str:
    """Return the name of a version of a configuration, which is its Kafka key."""
    return f"{config_id}@{version}"


def config_key(kind: str, ref: str) -> bytes:
    """Return the state key under which the content of `kind` `id@version` is kept."""
    return state_key(PARTITION, f"config/{kind}/{ref}")


encode_activations = msgspec.msgpack.Encoder(order="deterministic").encode
decode_activations = msgspec.msgpack.Decoder(Activations).decode
