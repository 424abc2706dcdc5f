"""The network as control keeps it: the tree, the alarms and the outages, and what the timelines hear of them.

Each element, alarm and outage is one key of the state, written when it changed. All times of telling come from the
stamp of the record that is applied, never from another topic's: topics of a slice are read in any order.
"""

from collections.abc import Iterator
from typing import Final, TypeVar

import msgspec

from agents.control.alarms import Alarm, AlarmEvent, Alarms
from agents.control.groups import Announcement, Groups
from agents.control.life import Life, OutageEvent
from agents.control.outlet import Outlet
from agents.control.tree import Element, Tree
from agents.control.view import records
from agents.customer.model import short
from schemas.reasons import DeadLetterReason
from schemas.records import OutagePolicy, ResourceUpserted
from streams.core.keys import PARTITION, split_key, state_key
from streams.core.records import Millis, Record
from streams.guard import Refused

ALARM: Final = "network.alarm.v1"
OUTAGE: Final = "network.outage.v1"
TOPOLOGY: Final = "network.topology.v1"
TOPICS: Final = frozenset({ALARM, OUTAGE, TOPOLOGY})

MAX_OUTAGES: Final = 5_000
"""Outages and works remembered, those that are over included."""
REMEMBERED_MILLIS: Final = 72 * 3600 * 1000
"""How long one that is over is known: as long as an event of it may come twice."""
FUTURE_MILLIS: Final = 5 * 60 * 1000
"""How far ahead of its arrival an event may claim to have happened."""
_TREE: Final = "tree/"
_ALARM: Final = "alarm/"
_OUTAGE: Final = "outage/"
S = TypeVar("S", bound=msgspec.Struct)


class NetworkControl:
    """Applies the network's topics.

    Args:
        outlet: Where to write.
    """

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._tree, self._alarms = Tree(), Alarms()
        self._groups = Groups(self._tree, self._alarms)
        self._moved: set[str] = set()
        self._cause = ("", "")
        self._stamp: Millis = 0

    def restored(self) -> None:
        """Read what was known at the last commit."""
        for resource_id, element in self._stored(_TREE, Element):
            self._tree.put(resource_id, element)
        for alarm_id, alarm in self._stored(_ALARM, Alarm):
            self._alarms.load(alarm_id, alarm)
        self._groups.load(life for _, life in self._stored(_OUTAGE, Life))

    def apply(self, topic: str, record: Record, stamp: Millis, policy: OutagePolicy) -> None:
        """Apply a record of one of `TOPICS`.

        Raises:
            Refused, Undecodable: it goes to the dead letters and changed nothing.
        """
        key = self._outlet.key_of(record)
        if topic == TOPOLOGY and record.value is None:
            self._remove(key, stamp)
            return
        event = self._outlet.event_of(topic, record, "only an element of the tree ends without words")
        _check(event, key, stamp)
        if isinstance(event, ResourceUpserted):
            self._upsert(event, stamp)
        elif isinstance(event, AlarmEvent):
            self._hear(event, stamp, policy)
        elif isinstance(event, OutageEvent):
            self._learn(event, stamp, policy)
        else:
            raise TypeError(f"control does not read {type(event).__name__}")

    def close(self, policy: OutagePolicy) -> None:
        """End a chunk: outages under elements that moved are measured once, and what changed is written."""
        if self._moved:
            under = self._groups.under(frozenset(self._moved))
            self._moved.clear()
            if under:
                self._say(self._groups.settle(under, self._stamp, policy))
        for outage_id in sorted(self._groups.touched):
            self._put(_OUTAGE + outage_id, self._groups.lives.get(outage_id))
        self._groups.touched.clear()

    def _upsert(self, event: ResourceUpserted, stamp: Millis) -> None:
        known = self._tree.get(event.resource_id)
        if known is None and self._tree.is_full:
            raise Refused(DeadLetterReason.GUARD_FULL, "the tree has more elements than the hub keeps")
        if known is not None and (event.occurred_at, event.event_id) <= (known.at, known.by):
            return
        if self._tree.would_loop(event.resource_id, event.parent_id):
            raise Refused(DeadLetterReason.RULE_FAILED, "the element would hang below itself, or too deep")
        element = Element(event.parent_id, event.occurred_at, event.event_id)
        self._put(_TREE + event.resource_id, element)
        self._note_moved(self._tree.put(event.resource_id, element), (event.event_id, event.source), stamp)

    def _remove(self, key: bytes, stamp: Millis) -> None:
        try:
            resource_id = key.decode()
        except UnicodeDecodeError as error:
            raise Refused(DeadLetterReason.BAD_IDENTIFIER, "the key is no text") from error
        if self._tree.get(resource_id) is not None:
            self._put(_TREE + resource_id, None)
            self._note_moved(self._tree.remove(resource_id), ("removed", TOPOLOGY), stamp)

    def _note_moved(self, touched: frozenset[str], cause: tuple[str, str], stamp: Millis) -> None:
        if touched:
            self._moved |= touched
            self._cause, self._stamp = cause, stamp

    def _hear(self, event: AlarmEvent, stamp: Millis, policy: OutagePolicy) -> None:
        alarm = self._alarms.learn(event, stamp)
        if alarm is None:
            return
        self._put(_ALARM + event.alarm_id, alarm)
        for forgotten in self._alarms.make_room():
            self._put(_ALARM + forgotten, None)
        if alarm.stands_since is not None:
            self._cause = (event.event_id, event.source)
            self._say(self._groups.confirm(alarm, stamp, policy))

    def _learn(self, event: OutageEvent, stamp: Millis, policy: OutagePolicy) -> None:
        known = self._groups.lives.get(event.outage_id)
        named: tuple[str, ...] = getattr(event, "affected_resources", None) or ()
        for resource_id in named:
            _short(resource_id, "affected_resources")
        probe = known if known is not None else Life(event.outage_id)
        if not probe.has_room_for(named, is_whole=not getattr(event, "is_incremental", False)):
            raise Refused(DeadLetterReason.GUARD_FULL, "an outage names more elements than the hub keeps")
        if known is None:
            self._make_room(stamp)
        before = None if known is None else msgspec.msgpack.encode(known)
        life = self._groups.life(event.outage_id)
        life.learn(event)
        if before == msgspec.msgpack.encode(life):
            return  # older than what is known of everything that it says, or the same once more
        life.heard_on = max(life.heard_on, stamp)
        self._cause = (event.event_id, event.source)
        self._say(self._groups.settle([life], stamp, policy))

    def _make_room(self, stamp: Millis) -> None:
        """Forget what has been over for long, and the oldest of what is over when there are too many."""
        lives = self._groups.lives
        over = [life for life in lives.values() if self._groups.is_over(life)]
        over.sort(key=lambda life: (life.heard_on, life.outage_id))
        excess = len(lives) + 1 - MAX_OUTAGES
        if excess > len(over):
            raise Refused(DeadLetterReason.GUARD_FULL, "more outages are open than the hub keeps")
        for place, life in enumerate(over):
            if place < excess or life.heard_on + REMEMBERED_MILLIS <= stamp:
                self._groups.forget(life)

    def _say(self, announcements: list[Announcement]) -> None:
        """Tell every timeline, all pieces of a revision one after the other, as of the stamp of its cause."""
        for root, view, notify_at, stamp in announcements:
            for record in records(root, view, notify_at, *self._cause):
                self._outlet.everywhere(record, stamp)

    def _stored(self, prefix: str, kind: type[S]) -> Iterator[tuple[str, S]]:
        decode = msgspec.msgpack.Decoder(kind).decode
        for key, value in self._outlet.store.items():
            owner, part = split_key(key)
            if owner == PARTITION and part.startswith(prefix):
                yield part.removeprefix(prefix), decode(value)

    def _put(self, part: str, value: msgspec.Struct | None) -> None:
        key, encoded = state_key(PARTITION, part), None if value is None else msgspec.msgpack.encode(value)
        if encoded != self._outlet.store.get(key) or key in self._outlet.unit.changes:
            self._outlet.unit.changes[key] = encoded


def _check(event: msgspec.Struct, key: bytes, stamp: Millis) -> None:
    """Refuse what is under another key, too long for the record, or ahead of its time."""
    if isinstance(event, OutageEvent):
        name, identity = "outage_id", event.outage_id
    elif isinstance(event, ResourceUpserted | AlarmEvent):
        name, identity = "resource_id", event.resource_id
    else:
        return
    if key != identity.encode():
        raise Refused(DeadLetterReason.BAD_IDENTIFIER, f"the key must be the record's {name}")
    for field in (name, "event_id", "source", "alarm_id", "parent_id"):
        _short(getattr(event, field, None) or "", field)
    if event.occurred_at - stamp > FUTURE_MILLIS:
        raise Refused(DeadLetterReason.FUTURE, "occurred_at is more than 5 minutes ahead of its arrival")


def _short(text: str, field: str) -> None:
    try:
        short(text, field)
    except ValueError as error:
        raise Refused(DeadLetterReason.RULE_FAILED, str(error)) from error
