"""The reference operator in stock Faust: an agent, a table, one event at a time. Ends itself after its events.

usage: python -m bench.stock_faust BROKER EVENTS    (topics `reference` and `reference-out` exist, 4 partitions)
"""

import json
import os
import resource
import sys
import tempfile
import time
import uuid
from typing import Any, Final

os.environ.setdefault("FAUST_DATADIR", tempfile.mkdtemp(prefix="stock-faust-"))

import faust
import orjson
from faust.serializers import codecs

from bench import reference

PARTITIONS: Final = 4
TABLE: Final = "reference"


class AvroCodec(codecs.Codec):  # type: ignore[misc]  # Faust has no types
    """Decodes framed Avro where Faust decodes its values."""

    def _loads(self, value: bytes) -> dict[str, Any]:
        return reference.decode(value)


class Meter:
    """CPU seconds of this process from the first event to the last."""

    def __init__(self, target: int) -> None:
        self.target, self.seen = target, 0
        self.cpu = self.wall = 0.0

    def count(self) -> None:
        """Count an event; the first starts the meter, the last prints the result and ends the process."""
        if self.seen == 0:
            self.cpu, self.wall = cpu_seconds(), time.perf_counter()
        self.seen += 1
        if self.seen == self.target:
            cpu = (cpu_seconds() - self.cpu) / self.seen * 1e6
            print(json.dumps({"engine": "stock Faust", "events": self.seen, "cpu_us_per_event": round(cpu, 2)}))
            sys.stdout.flush()
            os._exit(0)


def cpu_seconds() -> float:
    """Return what this process has used so far, user and system, all threads."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def build(
    broker: str,
    meter: Meter,
    name: str,
    *,
    source: str = "reference",
    output: str = "reference-out",
    session_seconds: float = 10.0,
) -> faust.App:
    """Return the application: what its documentation recommends, with the settings that were fastest.

    Args:
        broker: `host:port`.
        meter: Counts the events.
        name: Of the application; its table's changelog is found again under the same.
        source: The topic that it reads.
        output: The topic that it tells on.
        session_seconds: After how much silence the group does without it.
    """
    codecs.register("reference-avro", AvroCodec())
    app = faust.App(
        name,
        broker=f"kafka://{broker}",
        store="memory://",
        web_enabled=False,
        topic_partitions=PARTITIONS,
        table_standby_replicas=0,
        stream_wait_empty=False,
        cython_optimizations=True,
        broker_check_crcs=False,
        broker_session_timeout=session_seconds,
        broker_heartbeat_interval=2.0,
        broker_rebalance_timeout=6.0,
        broker_request_timeout=max(40.0, session_seconds + 10.0),
        consumer_auto_offset_reset="earliest",
        topic_replication_factor=1,
    )
    events = app.topic(source, key_type=bytes, value_serializer="reference-avro")
    out = app.topic(output, key_type=bytes, value_type=bytes, value_serializer="raw")
    table = app.Table(TABLE, default=dict, partitions=PARTITIONS, key_type=str)

    @app.agent(events)  # type: ignore[untyped-decorator]  # Faust has no types
    async def operate(stream: Any) -> None:  # noqa: ANN401 - Faust's stream is untyped
        async for event in stream:
            customer = event["customer_id"]
            state = reference.aggregate(table[customer], event)
            table[customer] = state
            if reference.is_told(event["occurred_at"]):
                await out.send(key=customer.encode(), value=orjson.dumps(state))
            meter.count()

    return app


def main() -> None:
    """Run the worker until its events are through."""
    broker, target = sys.argv[1], int(sys.argv[2])
    run(build(broker, Meter(target), f"stock-faust-{uuid.uuid4().hex[:8]}"))


def run(app: faust.App) -> None:
    """Run a worker until it is told to stop."""
    faust.Worker(app, loglevel="INFO", redirect_stdouts=False, logfile=os.devnull).execute_from_commandline()


if __name__ == "__main__":
    main()
