"""Changelogs that are compacted when we say: their segments roll every second, and the cleaner waits for us."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

BROKER_SETTINGS: Final = {"log.cleaner.backoff.ms": "200"}
"""Else the cleaner looks every 15 s."""

_HELD: Final = "86400000"
_LET: Final = "0"
_REQUEST_SECONDS: Final = 10.0


class Compaction:
    """The log cleaner of a run's changelogs.

    Args:
        broker: `host:port`.
        changelogs: Topics on the cluster.
        data: The broker's data directory, where the cleaner writes down how far it is.
    """

    def __init__(self, broker: str, changelogs: Sequence[str], data: Path) -> None:
        self._admin = AdminClient({"bootstrap.servers": broker, "log_level": 0})
        self._changelogs, self._checkpoint = changelogs, data / "cleaner-offset-checkpoint"

    def prepare(self) -> None:
        """Roll segments, and clean none of them. Blocks."""
        self._set({"segment.ms": "1000", "min.cleanable.dirty.ratio": "0.001", "min.compaction.lag.ms": _HELD})

    def let(self, *, is_let: bool) -> None:
        """Let the cleaner at what has rolled, or hold it again. Blocks."""
        self._set({"min.compaction.lag.ms": _LET if is_let else _HELD})

    def cleaned(self) -> dict[str, int]:
        """Return up to which offset each partition has been cleaned, by `topic-partition`."""
        try:
            lines = self._checkpoint.read_text().splitlines()[2:]
        except FileNotFoundError:
            return {}
        rows = [line.split() for line in lines]
        return {f"{topic}-{partition}": int(at) for topic, partition, at in rows if topic in self._changelogs}

    def _set(self, values: dict[str, str]) -> None:
        resources = []
        for topic in self._changelogs:
            resource = ConfigResource(ResourceType.TOPIC, topic)
            for name, value in values.items():
                resource.add_incremental_config(ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET))
            resources.append(resource)
        for done in self._admin.incremental_alter_configs(resources).values():
            done.result(_REQUEST_SECONDS)
