"""The reference operator in Quix Streams: its state in RocksDB, with the changelog. Runs in an environment of its own.

usage: python -m bench.peers.quix_engine BROKER PREFIX GUARANTEE DIRECTORY    (the topics exist; ends with SIGTERM)
"""

import sys
from typing import Any, Final

import orjson
from quixstreams import Application, State
from quixstreams.models import Deserializer

from bench import reference
from bench.peers.names import SESSION_SECONDS, RunNames

_KEY: Final = "state"
_MIB: Final = 1 << 20


class Avro(Deserializer):  # type: ignore[misc]  # Quix Streams is not installed where types are checked
    """Decodes framed Avro where Quix Streams decodes its values."""

    def __call__(self, value: bytes, ctx: Any) -> dict[str, Any]:  # noqa: ANN401 - Quix's context
        """Return the event."""
        del ctx
        return reference.decode(value)


def operate(event: dict[str, Any], state: State) -> bytes | None:
    """Update the event's customer; returns what is told, for one event in ten."""
    aggregates = reference.aggregate(state.get(_KEY, default={}), event)
    state.set(_KEY, aggregates)
    return orjson.dumps(aggregates) if reference.is_told(event["occurred_at"]) else None


def build(broker: str, names: RunNames, guarantee: str, directory: str) -> Application:
    """Return the application: as Quix Streams ships it, commits every five seconds included, but for larger fetches."""
    app = Application(
        broker_address=broker,
        consumer_group=names.group,
        auto_offset_reset="earliest",
        processing_guarantee=guarantee,
        state_dir=directory,
        loglevel="WARNING",
        consumer_extra_config={
            "session.timeout.ms": SESSION_SECONDS * 1000,
            "fetch.wait.max.ms": 50,
            "max.partition.fetch.bytes": 4 * _MIB,
        },
        producer_extra_config={"linger.ms": 50},
    )
    source = app.topic(names.source, key_deserializer="bytes", value_deserializer=Avro())
    output = app.topic(names.output, key_serializer="bytes", value_serializer="bytes")
    frame = app.dataframe(source).apply(operate, stateful=True)
    frame.filter(lambda told: told is not None).to_topic(output)
    return app


def main() -> None:
    """Run until told to stop."""
    broker, prefix, guarantee, directory = sys.argv[1:5]
    build(broker, RunNames(prefix), guarantee, directory).run()


if __name__ == "__main__":
    main()
