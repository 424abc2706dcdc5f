"""The configuration in force on a timeline partition: state like any other, changed by activation records only."""

import msgspec

from agents.control.model import TOPIC_OF_KIND
from agents.customer.model import ActiveConfig
from agents.outage.model import Outages
from schemas.records import Activated
from streams.codec import Codec
from streams.core.fold import Unit
from streams.core.keys import PARTITION, state_key
from streams.core.ports import Store


class Stored(msgspec.Struct, array_like=True, frozen=True):
    """One kind's activation as the partition keeps it: its number and the framed config record."""

    activation: int
    content: bytes


class ConfigBook:
    """Keeps what is active per kind.

    Args:
        store: The partition's state.
        codec: Decodes config contents.

    Attributes:
        active: What rules see; replaced, never changed.
    """

    def __init__(self, store: Store, codec: Codec) -> None:
        self._store, self._codec = store, codec
        self._stored: dict[str, Stored] = {}
        self.active = ActiveConfig()

    def load(self) -> None:
        """Read what was active at the last commit."""
        for kind in TOPIC_OF_KIND:
            raw = self._store.get(self._key(kind))
            if raw is not None:
                self._stored[kind] = msgspec.msgpack.decode(raw, type=Stored)
        self._rebuild()

    def activate(self, message: Activated, unit: Unit) -> None:
        """Put a version into force; an older or repeated activation changes nothing."""
        known = self._stored.get(message.kind)
        if message.kind not in TOPIC_OF_KIND or (known is not None and known.activation >= message.activation):
            return
        stored = self._stored[message.kind] = Stored(message.activation, message.content)
        unit.changes[self._key(message.kind)] = msgspec.msgpack.encode(stored)
        self._rebuild()

    def _rebuild(self) -> None:
        contents = [self._decode(stored.content) for stored in self._stored.values()]
        activation = max((stored.activation for stored in self._stored.values()), default=0)
        self.active = ActiveConfig(activation, *contents, outages=self.active.outages)

    def break_down(self, outages: Outages) -> None:
        """Let rules see what is broken now."""
        self.active = self.active.with_outages(outages)

    def _decode(self, content: bytes) -> msgspec.Struct:
        return self._codec.decoder(int.from_bytes(content[1:5], "big"))(content, 5)

    @staticmethod
    def _key(kind: str) -> bytes:
        return state_key(PARTITION, f"config/{kind}")
