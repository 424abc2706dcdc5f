"""Alarms: which of them say that customers feel a problem, and since when."""

from collections.abc import Iterator
from typing import Final, TypeAlias

import msgspec

from schemas.records import AlarmChanged, AlarmCleared, AlarmRaised, AlarmSeverity
from streams.core.records import Millis

MAX_ALARMS: Final = 20_000
"""Alarms remembered, cleared ones included: these keep late news from raising them again."""
_GRAVE: Final[frozenset[AlarmSeverity]] = frozenset({"critical", "major"})

AlarmEvent: TypeAlias = AlarmRaised | AlarmChanged | AlarmCleared


class Alarm(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What is kept of an alarm.

    Attributes:
        at: When it was so.
        by: Id of the event that said so; of two at the same time the greater counts.
        resource_id: The element that raised it.
        stands_since: Stamp since which it confirms an outage; None while it does not.
    """

    at: Millis
    by: str
    resource_id: str
    stands_since: Millis | None = None


class Alarms:
    """All alarms that are remembered."""

    def __init__(self) -> None:
        self._known: dict[str, Alarm] = {}
        self._standing: dict[str, Alarm] = {}

    def load(self, alarm_id: str, alarm: Alarm) -> None:
        """Take over what was stored."""
        self._known[alarm_id] = alarm
        if alarm.stands_since is not None:
            self._standing[alarm_id] = alarm

    def learn(self, event: AlarmEvent, stamp: Millis) -> Alarm | None:
        """Take over the newest word on an alarm; None when a newer one is known."""
        known = self._known.get(event.alarm_id)
        if known is not None and (event.occurred_at, event.event_id) <= (known.at, known.by):
            return None
        since = None
        if _stands(event):
            since = known.stands_since if known is not None and known.stands_since is not None else stamp
        alarm = Alarm(event.occurred_at, event.event_id, event.resource_id, since)
        self._standing.pop(event.alarm_id, None)
        self.load(event.alarm_id, alarm)
        return alarm

    def standing(self) -> Iterator[Alarm]:
        """Yield the alarms that confirm outages."""
        yield from self._standing.values()

    def make_room(self) -> list[str]:
        """Forget the oldest when there are too many, those that stand last; return their ids."""
        if len(self._known) <= MAX_ALARMS:
            return []
        order = sorted(self._known, key=lambda each: (each in self._standing, self._known[each].at, each))
        gone = order[: len(order) - MAX_ALARMS + MAX_ALARMS // 16]
        for alarm_id in gone:
            del self._known[alarm_id]
            self._standing.pop(alarm_id, None)
        return gone

    def __repr__(self) -> str:
        return f"Alarms({len(self._known)}, {len(self._standing)} standing)"


def _stands(event: AlarmEvent) -> bool:
    if isinstance(event, AlarmCleared):
        return False
    return event.is_service_affecting and not event.is_planned and event.severity in _GRAVE
