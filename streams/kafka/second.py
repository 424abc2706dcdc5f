"""Requests of Kafka's second version of transactions (KIP-890), which aiokafka does not have.

What is written joins the transaction by being written, so that nothing is asked before; and each commit gives the
producer another epoch, under which its batches are counted from 0 again. The layouts are those of Apache Kafka's
`ProduceRequest`, `TxnOffsetCommitRequest`, `EndTxnRequest` and `ApiVersionsRequest`, in the versions named here.
"""

from collections.abc import Iterable
from io import BytesIO
from typing import Any, Final, TypeAlias

from aiokafka.errors import IncompatibleBrokerVersion
from aiokafka.protocol.api import Request, RequestStruct, Response, ResponseHeader_v0
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    CompactBytes,
    CompactString,
    Int16,
    Int32,
    Int64,
    Schema,
    TaggedFields,
)

_FEATURE: Final = "transaction.version"
_SECOND: Final = 2
_FINALIZED: Final = 2
"""Tag of the features that are in force in the whole cluster."""
_NO_GENERATION: Final = -1
_NO_LEADER_EPOCH: Final = -1
_TEXT: Final = CompactString()
_TAGS: Final = ("tags", TaggedFields)

Partitions: TypeAlias = Iterable[tuple[str, list[tuple[Any, ...]]]]
"""By topic: for each partition its number, and what belongs to it."""


def _by_topic(*fields: tuple[str, Any]) -> CompactArray:
    """Return the shape of an array of topics, each with an array of partitions that have these fields."""
    return CompactArray(("topic", _TEXT), ("partitions", CompactArray(("partition", Int32), *fields, _TAGS)), _TAGS)


class ProducedV12(Response):  # type: ignore[misc]  # aiokafka has no types
    """What became of batches."""

    API_KEY = 0
    API_VERSION = 12
    SCHEMA = Schema(
        (
            "topics",
            _by_topic(
                ("error_code", Int16),
                ("base_offset", Int64),
                ("log_append_time", Int64),
                ("log_start_offset", Int64),
                ("record_errors", CompactArray(("batch_index", Int32), ("message", _TEXT), _TAGS)),
                ("message", _TEXT),
            ),
        ),
        ("throttle_time_ms", Int32),
        _TAGS,
    )


class ProduceV12(RequestStruct):  # type: ignore[misc]  # aiokafka has no types
    """Batches; their partitions join the transaction."""

    API_KEY = 0
    API_VERSION = 12
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = ProducedV12
    SCHEMA = Schema(
        ("transactional_id", _TEXT),
        ("required_acks", Int16),
        ("timeout", Int32),
        ("topics", _by_topic(("batch", CompactBytes))),
        _TAGS,
    )


class OffsetsCommittedV5(Response):  # type: ignore[misc]  # aiokafka has no types
    """What became of offsets."""

    API_KEY = 28
    API_VERSION = 5
    SCHEMA = Schema(("throttle_time_ms", Int32), ("errors", _by_topic(("error_code", Int16))), _TAGS)


class CommitOffsetsV5(RequestStruct):  # type: ignore[misc]  # aiokafka has no types
    """Offsets; the group joins the transaction."""

    API_KEY = 28
    API_VERSION = 5
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = OffsetsCommittedV5
    SCHEMA = Schema(
        ("transactional_id", _TEXT),
        ("group", _TEXT),
        ("producer_id", Int64),
        ("producer_epoch", Int16),
        ("generation", Int32),
        ("member", _TEXT),
        ("instance", _TEXT),
        ("topics", _by_topic(("offset", Int64), ("leader_epoch", Int32), ("metadata", _TEXT))),
        _TAGS,
    )


class EndedV5(Response):  # type: ignore[misc]  # aiokafka has no types
    """The end of a transaction, and the producer's numbers from then on."""

    API_KEY = 26
    API_VERSION = 5
    SCHEMA = Schema(
        ("throttle_time_ms", Int32), ("error_code", Int16), ("producer_id", Int64), ("producer_epoch", Int16), _TAGS
    )


class EndV5(RequestStruct):  # type: ignore[misc]  # aiokafka has no types
    """Commits or aborts."""

    API_KEY = 26
    API_VERSION = 5
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = EndedV5
    SCHEMA = Schema(
        ("transactional_id", _TEXT), ("producer_id", Int64), ("producer_epoch", Int16), ("is_commit", Boolean), _TAGS
    )


class FeaturesV3(Response):  # type: ignore[misc]  # aiokafka has no types
    """What a broker can do; the features in force stand in a tagged field."""

    API_KEY = 18
    API_VERSION = 3
    SCHEMA = Schema(
        ("error_code", Int16),
        ("api_versions", CompactArray(("api_key", Int16), ("min_version", Int16), ("max_version", Int16), _TAGS)),
        ("throttle_time_ms", Int32),
        _TAGS,
    )


class AskFeaturesV3(RequestStruct):  # type: ignore[misc]  # aiokafka has no types
    """Asks for it."""

    API_KEY = 18
    API_VERSION = 3
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = FeaturesV3
    SCHEMA = Schema(("client", _TEXT), ("version", _TEXT), _TAGS)

    def parse_response_header(self, read_buffer: BytesIO | bytes) -> ResponseHeader_v0:
        """Read it; of this answer alone it never has tags, so that any client can read it."""
        return ResponseHeader_v0.decode(read_buffer)


class _Ready(Request[RequestStruct]):  # type: ignore[misc]  # aiokafka has no types
    """A request in the one version that it is written in."""

    def __init__(self, request: RequestStruct) -> None:
        self._request = request

    API_KEY = -1  # each has its own; nobody asks for this one

    def prepare(self, versions: dict[int, tuple[int, int]]) -> RequestStruct:
        """Return it.

        Raises:
            IncompatibleBrokerVersion: the broker does not have this version.
        """
        low, high = versions.get(self._request.API_KEY, (0, -1))
        if not low <= self._request.API_VERSION <= high:
            raise IncompatibleBrokerVersion(f"the broker has no {type(self._request).__name__}")
        return self._request

    def build(self, request_struct_class: type[RequestStruct]) -> RequestStruct:
        """Return it."""
        del request_struct_class
        return self._request


def produce(transactional_id: str, acks: int, timeout_millis: int, topics: Partitions) -> _Ready:
    """Write batches: (partition, bytes) by topic."""
    return _Ready(ProduceV12(transactional_id, acks, timeout_millis, _tagged(topics), {}))


def commit_offsets(identity: tuple[str, int, int], group: str, topics: Partitions) -> _Ready:
    """Write offsets: (partition, next offset) by topic.

    Args:
        identity: Transactional id, producer id and epoch.
        group: Whose offsets.
        topics: The offsets.
    """
    name, pid, epoch = identity
    placed = [(topic, [(k, at, _NO_LEADER_EPOCH, "") for k, at in pairs]) for topic, pairs in topics]
    return _Ready(CommitOffsetsV5(name, group, pid, epoch, _NO_GENERATION, "", None, _tagged(placed), {}))


def end(identity: tuple[str, int, int]) -> _Ready:
    """Commit."""
    return _Ready(EndV5(*identity, True, {}))  # noqa: FBT003 - Kafka's name for commit


def features() -> _Ready:
    """Ask what the cluster has in force."""
    return _Ready(AskFeaturesV3("interaction-hub", "1", {}))


def is_in_force(answer: FeaturesV3) -> bool:
    """Return True when the cluster has the second version of transactions in force."""
    raw: dict[int, bytes] = answer.get_item("tags")
    if _FINALIZED not in raw:
        return False
    levels = CompactArray(("name", _TEXT), ("max_level", Int16), ("min_level", Int16), _TAGS)
    found = levels.decode(BytesIO(raw[_FINALIZED])) or []
    return any(name == _FEATURE and level >= _SECOND for name, level, *_ in found)


def _tagged(topics: Partitions) -> list[tuple[Any, ...]]:
    return [(topic, [(*each, {}) for each in partitions], {}) for topic, partitions in topics]
