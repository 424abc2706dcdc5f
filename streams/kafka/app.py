"""The Faust app of a worker: one agent and one table per box."""

import logging
import os
import socket
from collections.abc import Sequence
from functools import partial
from itertools import chain
from typing import Any, Final

import faust
from faust.transport.drivers import TRANSPORTS

from schemas import Catalogue, load
from streams.codec import Codec
from streams.core.fold import Box
from streams.core.ports import Observer
from streams.kafka.bypass import BoxTable, BoxTopic
from streams.kafka.chunk import Chunk, ChunkSchema
from streams.kafka.names import Names
from streams.kafka.recovery import TaskTables
from streams.kafka.runtime import Runtime, rebalance_seconds
from streams.kafka.turns import FoldingTurns
from streams.settings import Settings

_QUEUED_FETCHES: Final = 4
_HEARTBEATS: Final = 20
"""A session. Whoever is left hears of a rebalance by its next heartbeat, and the group waits for the last to hear."""
_LONGEST_RECOVERY_SECONDS: Final = 3600.0
"""aiokafka leaves the group when nobody polls for so long, and nobody polls while tasks are opened."""


class HubApp(faust.App):  # type: ignore[misc]  # Faust has no types
    """A Faust app that knows the runtime of its tasks.

    Attributes:
        runtime: The tasks of this worker.
        turns: When they fold.
    """

    logger = logging.getLogger("faust.hub.app")

    runtime: Runtime
    turns: FoldingTurns

    def _create_directories(self) -> None:
        """Create none: the app keeps nothing on disk."""


def build_faust_app(
    settings: Settings,
    boxes: Sequence[Box],
    codec: Codec,
    observer: Observer,
    catalogue: Catalogue | None = None,
) -> HubApp:
    """Build the app that runs `boxes`: one app, so that every worker subscribes to every topic.

    Faust co-assigns topics of equal partition count and equal subscribers only; so partition k of all sources of
    a box and of its changelog come to one worker.

    Raises:
        ValueError: two boxes share a source or a name; a group has one position per topic.
    """
    _check(boxes)
    TRANSPORTS.aliases["hub"] = "streams.kafka.transport:HubTransport"
    app = HubApp(Names.of(settings).group, **_configuration(settings))
    app.runtime = Runtime(settings, boxes, codec, catalogue or load(), observer)
    app.turns = FoldingTurns()
    for box in boxes:
        _add_box(app, box, settings, box.tasks(settings.partitions))
    return app


def _add_box(app: HubApp, box: Box, settings: Settings, partitions: int) -> None:
    names = Names.of(settings)
    topic = app.topic(
        *(names.topic(source) for source in box.sources), schema=ChunkSchema(), acks=False, partitions=partitions
    )
    app.Table(box.name, partitions=partitions, key_type=bytes, value_type=bytes, help=f"State of [{box.name}].")
    take, turns, most = app.runtime.take, app.turns, settings.chunk_records

    def size() -> int:
        return min(turns.portion(box.name), most)

    async def decide(fetches: Any) -> None:  # noqa: ANN401 - a faust.Stream of sequences of Chunk
        chunks: Sequence[Chunk]
        async for chunks in fetches:
            for part in chain.from_iterable(chunk.parts(size) for chunk in chunks):
                await turns.mine()
                turns.fold(box.name, partial(take, box.name, part))

    decide.__doc__ = f"Fold each chunk of the sources of [{box.name}]; the task commits what follows from it."
    app.agent(topic, name=box.name)(decide)


def _check(boxes: Sequence[Box]) -> None:
    sources = [source for box in boxes for source in box.sources]
    if len(set(sources)) < len(sources):
        raise ValueError("two boxes read the same topic; a group has one position in it")
    if len({box.name for box in boxes}) < len(boxes):
        raise ValueError("two boxes have the same name")


def _configuration(settings: Settings) -> dict[str, Any]:
    """Return Faust's settings; every default that could hurt is set."""
    session = settings.session_timeout_seconds
    return {
        "broker": [f"hub://{address.strip()}" for address in settings.broker.split(",")],
        "broker_client_id": f"{settings.application}-{socket.gethostname()}-{os.getpid()}",
        "broker_session_timeout": session,  # Faust: 60 s of silence after a kill
        "broker_heartbeat_interval": session / _HEARTBEATS,
        "broker_rebalance_timeout": rebalance_seconds(settings),
        "broker_request_timeout": max(40.0, session + 10.0),
        "broker_max_poll_interval": _LONGEST_RECOVERY_SECONDS,
        "broker_commit_interval": 60.0,  # its own commits are of nothing: the topics are not acked
        "broker_check_crcs": True,
        "consumer_auto_offset_reset": "earliest",
        "consumer_group_instance_id": settings.static_name,
        "consumer_max_fetch_size": settings.fetch_bytes,
        "consumer_metadata_max_age_ms": 60_000,
        "processing_guarantee": "at_least_once",  # of Faust; exactly once is the tasks' business
        "producer_acks": -1,
        "stream_buffer_maxsize": _QUEUED_FETCHES,
        "stream_wait_empty": False,
        "stream_recovery_delay": 0.0,
        "stream_publish_on_commit": False,
        "store": "memory://",
        "table_standby_replicas": 0,
        "topic_partitions": settings.partitions,
        "topic_replication_factor": settings.replication_factor,
        "topic_allow_declare": False,  # a topic that Faust makes would have Faust's settings
        "topic_disable_leader": True,
        "reply_create_topic": False,
        "autodiscover": False,
        "web_enabled": False,
        "worker_redirect_stdouts": False,
        # The assignor tells workers apart by it, and a static member must come back under the same.
        "canonical_url": f"http://hub/{settings.static_name or f'{socket.gethostname()}-{os.getpid()}'}",
        "TableManager": TaskTables,
        "Table": BoxTable,
        "Topic": BoxTopic,
    }
