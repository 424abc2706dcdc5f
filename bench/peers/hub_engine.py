"""The reference operator as a box on the hub's own engine, without a rule of the product.

All that a capability of the hub has is here: chunks, the generated decoder, the store, the changelog, the transactions,
the metrics, the watchdog. Only what it decides is another, and no HTTP is served.

usage: python -m bench.peers.hub_engine BROKER PREFIX    (the topics exist; ends with SIGTERM)
"""

import asyncio
import sys
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from bench.peers.names import APPLICATION, OUTPUT, PARTITIONS, SESSION_SECONDS, SOURCE, STORE
from bench.peers.operator import apply, decoder, nothing_yet
from bench.peers.states import Aggregates
from bench.reference import FRAME_BYTES, SCHEMA, SCHEMA_ID, is_told
from schemas import Catalogue, Topic, WriterSchema
from streams.codec import Codec
from streams.core.fold import Box, FoldContext, Unit
from streams.core.records import Millis, Output, Record
from streams.kafka.app import HubApp, build_faust_app
from streams.kafka.provisioning import apply_topics
from streams.kafka.run import run_worker
from streams.logs import configure
from streams.metrics import Metrics
from streams.settings import Settings, load

_STUCK_SECONDS: Final = 300.0


class ReferenceFold:
    """The state machine of one partition: a chunk's customers are decoded once and encoded once.

    Args:
        context: What the engine gives.
    """

    def __init__(self, context: FoldContext) -> None:
        self.now: Millis = 0
        self._get, self._partition = context.store.get, context.partition
        self._read = decoder()
        self._decode: Any = msgspec.msgpack.Decoder(Aggregates).decode
        self._encode = msgspec.msgpack.Encoder().encode

    def restored(self) -> None:
        """Derive nothing: the store is all there is."""

    def next_due(self) -> None:
        """Wait for nothing."""

    def fold(self, topic: str, records: Sequence[Record], unit: Unit) -> None:
        """Apply the events of a chunk; see `Fold.fold`."""
        del topic  # one source
        states: dict[bytes, Aggregates] = {}
        get, decode, encode, read, partition = self._get, self._decode, self._encode, self._read, self._partition
        for record in records:
            key, value = record.key, record.value
            if key is None or value is None:
                raise ValueError("the load has keys and values")
            event = read(value, FRAME_BYTES)
            state = states.get(key)
            if state is None:
                stored = get(key)
                state = states[key] = nothing_yet() if stored is None else decode(stored)
            apply(state, event)
            if is_told(event.occurred_at):
                unit.outputs.append(Output(OUTPUT, partition, key, encode(state)))
        unit.changes.update((key, encode(state)) for key, state in states.items())
        self.now = max(self.now, records[-1].timestamp)


def box() -> Box:
    """Return the box of the reference operator."""
    return Box(STORE, (SOURCE,), ReferenceFold)


def catalogue() -> Catalogue:
    """Return the contracts of its two topics."""
    topics = (_topic(SOURCE, "in"), _topic(OUTPUT, "out"))
    writer = WriterSchema(SCHEMA_ID, "hub.bench.Interaction", 1, SCHEMA)
    return Catalogue({topic.name: topic for topic in topics}, {writer.id: writer})


def settings_of(broker: str, prefix: str) -> Settings:
    """Return the settings of any worker, but for its names, and for being paused while the load comes."""
    return load(
        broker=broker,
        topic_prefix=prefix,
        application=APPLICATION,
        partitions=PARTITIONS,
        retention="unlimited",
        instance_id="none",
        transactions=True,
        session_timeout_seconds=SESSION_SECONDS,
        stuck_seconds=_STUCK_SECONDS,
        log_level="warning",
    )


def build(settings: Settings) -> HubApp:
    """Return the app; connects to nothing."""
    contracts = catalogue()
    return build_faust_app(settings, (box(),), Codec(contracts), Metrics(), contracts)


def main() -> None:
    """Run the worker until it is told to stop."""
    settings = settings_of(*sys.argv[1:3])
    configure(settings.log_level, settings.log_format)
    asyncio.run(apply_topics(settings, catalogue(), (box(),)))
    run_worker(build(settings), settings)


def _topic(name: str, direction: Any) -> Topic:  # noqa: ANN401 - a closed list of the contracts
    return Topic(
        name=name,
        owner="bench",
        description="The reference operator's.",
        direction=direction,
        status="stable",
        key="customer",
        is_partitioned=True,
        cleanup="delete",
        retention_seconds=None,
        min_compaction_lag_seconds=None,
        max_message_bytes=None,
        sequence=None,
        records=(),
    )


if __name__ == "__main__":
    main()
