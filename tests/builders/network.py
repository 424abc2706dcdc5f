"""The control box by the network's words: a tree, alarms, outages and works, and what every timeline hears of them."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from agents.control.fold import ControlFold
from agents.outage.model import Outage
from schemas import load
from schemas.records import (
    ConfigActivated,
    OutageChanged,
    OutagePolicy,
    ResourceUpserted,
)
from streams.codec import Codec
from streams.core.fold import FoldContext, Unit
from streams.memory.clock import VirtualClock
from streams.memory.log import MemoryRecord
from streams.store import MemoryStore
from streams.topics import TIMELINE

N: Final = 2
NOON: Final = 1_760_000_000_000
SECOND: Final = 1000
HOLD: Final = 180 * SECOND
ALARM, OUTAGE, TOPOLOGY = "network.alarm.v1", "network.outage.v1", "network.topology.v1"
CATALOGUE: Final = load()
CODEC: Final = Codec(CATALOGUE)
CITY: Final = {
    "city": None, "site-1": "city", "site-2": "city",
    "port-11": "site-1", "port-12": "site-1", "port-21": "site-2",
}  # fmt: skip
"""Two sites; ports are the leaves."""


class Network:
    """The control task on the log's clock; every call is a chunk of one record, committed at once."""

    def __init__(self, tree: dict[str, str | None] = CITY) -> None:
        self.store = MemoryStore()
        self.now = NOON
        self.changed: list[OutageChanged] = []
        self.written: list[bytes] = []
        self.dead: list[str] = []
        self._offset = 0
        self.restart()
        for resource_id, parent_id in tree.items():
            self.grows(resource_id, parent_id)

    # given

    def restart(self) -> "Network":
        """Let the task be opened anew from its store."""
        self.fold = ControlFold(FoldContext(0, N, self.store, VirtualClock(NOON, is_log=True), CODEC, CATALOGUE))
        self.fold.restored()
        return self

    def grows(self, resource_id: str, parent_id: str | None, **fields: Any) -> list[OutageChanged]:
        key, value = self.grown(resource_id, parent_id, **fields)
        return self.chunk(TOPOLOGY, [(key, value)])

    def grown(self, resource_id: str, parent_id: str | None, **fields: Any) -> tuple[str, bytes]:
        """Return key and value of an element's record."""
        self._offset += 1
        event = self._event(ResourceUpserted, resource_id=resource_id, kind="any", parent_id=parent_id, **fields)
        return resource_id, CODEC.encode(event)

    def follows(self, policy: OutagePolicy) -> "Network":
        self.put("config.outage.v1", f"{policy.config_id}@{policy.version}", policy)
        self.put("config.activation.v1", "outage", ConfigActivated("outage", policy.config_id, policy.version))
        return self

    # when

    def after(self, seconds: float) -> "Network":
        self.now += int(seconds * SECOND)
        return self

    def hears(self, kind: type[msgspec.Struct], outage_id: str = "o-1", **fields: Any) -> list[OutageChanged]:
        """Let an event of an outage or works happen now; usual fields are filled in."""
        return self.put(OUTAGE, outage_id, self.outage(kind, outage_id, **fields))

    def outage(self, kind: type[msgspec.Struct], outage_id: str = "o-1", **fields: Any) -> msgspec.Struct:
        """Return an event of an outage or works."""
        usual = {
            "affected_resources": ("site-1",), "service_kinds": ("home_internet",), "severity": "major",
            "started_at": self.now, "resolved_at": self.now, "starts_at": self.now + 3600 * SECOND,
            "ends_at": self.now + 7200 * SECOND,
        }  # fmt: skip
        required = {each.name for each in msgspec.structs.fields(kind) if each.required}
        given = {name: value for name, value in usual.items() if name in required}
        return self._event(kind, outage_id=outage_id, **{**given, **fields})

    def alarms(self, kind: type[msgspec.Struct], resource_id: str, alarm_id: str = "a-1", **fields: Any) -> Any:
        usual = {"severity": "critical", "is_service_affecting": True}
        required = {each.name for each in msgspec.structs.fields(kind) if each.required}
        given = {name: value for name, value in usual.items() if name in required}
        event = self._event(kind, resource_id=resource_id, alarm_id=alarm_id, **{**given, **fields})
        return self.put(ALARM, resource_id, event)

    def put(self, topic: str, key: str | None, value: msgspec.Struct | bytes | None) -> list[OutageChanged]:
        """Apply a record; return what the first timeline hears of outages."""
        raw = CODEC.encode(value) if isinstance(value, msgspec.Struct) else value
        return self.chunk(topic, [(key, raw)])

    def chunk(self, topic: str, pairs: Sequence[tuple[str | None, bytes | None]]) -> list[OutageChanged]:
        """Apply a chunk of records stamped now and commit it."""
        records = []
        for key, value in pairs:
            self._offset += 1
            raw_key = None if key is None else key.encode()
            records.append(MemoryRecord(topic, 0, self._offset, self.now, raw_key, value, ()))
        unit = Unit()
        self.fold.fold(topic, records, unit)
        self.written = sorted(unit.changes)
        for name, content in unit.changes.items():
            if content is None:
                self.store.delete(name)
            else:
                self.store.put(name, content)
        self.dead += [
            (dict(each.headers)["hub_reason"] or b"").decode() for each in unit.outputs if each.topic != TIMELINE
        ]
        said = [[self._decoded(each.value) for each in unit.outputs if each.topic == TIMELINE and each.partition == k]
                for k in range(N)]  # fmt: skip
        assert all(each == said[0] for each in said), "every timeline hears the same"
        heard = [each for each in said[0] if isinstance(each, OutageChanged)]
        self.changed += heard
        return heard

    # then

    @property
    def outages(self) -> dict[str, Outage]:
        """What a timeline knows: the newest revision of every root."""
        known: dict[str, Outage] = {}
        for each in self.changed:
            old = known.get(each.outage_id)
            leaves = frozenset(each.leaves)
            if old is not None and old.revision == each.revision:
                leaves |= old.leaves
            known[each.outage_id] = as_outage(each, leaves)
        return known

    @property
    def standing(self) -> dict[str, tuple[str, set[str]]]:
        """State and leaves of every root that is not over."""
        return {name: (each.state, set(each.leaves)) for name, each in self.outages.items() if each.leaves}

    def _event(self, kind: type[msgspec.Struct], /, **fields: Any) -> msgspec.Struct:
        common = {"event_id": f"e-{self._offset:04}", "source": "/noc", "occurred_at": self.now}
        return kind(**{**common, **fields})

    @staticmethod
    def _decoded(value: bytes | None) -> Any:
        assert value is not None
        return CODEC.decoder(int.from_bytes(value[1:5], "big"))(value, 5)


def as_outage(changed: OutageChanged, leaves: frozenset[str]) -> Outage:
    """Return the outage that a revision tells of."""
    fields = msgspec.structs.asdict(changed)
    del fields["piece"], fields["pieces"]
    return Outage(**{**fields, "leaves": leaves})
