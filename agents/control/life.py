"""The life of one outage, or of works: what is known of it, whatever order its events come in.

Every fact keeps the stamp (time, event id) of the newest event that says something about it, so that an older or
repeated event changes nothing and any order of arrival ends in the same facts.
"""

from typing import Final, Literal, TypeAlias

import msgspec

from schemas.records import (
    OutageDiscarded,
    OutageOpened,
    OutageResolved,
    OutageSeverity,
    OutageUpdated,
    ServiceKind,
    WorksCancelled,
    WorksFinished,
    WorksPlanned,
    WorksRescheduled,
    WorksStarted,
)
from streams.core.records import Millis

MAX_RESOURCES: Final = 10_000
"""Affected elements named by one outage; an element stands for everything below it, so few are enough."""
MAX_CAUSE: Final = 200
"""Characters of a cause that is told; the rest is cut off, for the outage is news with half a sentence too."""

Stamp: TypeAlias = tuple[Millis, str]
BEFORE_ALL: Final[Stamp] = (-1, "")
Status: TypeAlias = Literal[
    "unknown", "open", "resolved", "discarded", "planned", "started", "finished", "cancelled"
]  # fmt: skip
OutageEvent: TypeAlias = (
    OutageOpened | OutageUpdated | OutageResolved | OutageDiscarded
    | WorksPlanned | WorksRescheduled | WorksStarted | WorksFinished | WorksCancelled
)  # fmt: skip

_STEPS: Final[dict[type, Status]] = {
    OutageDiscarded: "discarded",
    WorksStarted: "started",
    WorksFinished: "finished",
    WorksCancelled: "cancelled",
}


class Life(msgspec.Struct, array_like=True, gc=False):
    """What is known of one outage or works.

    Attributes:
        outage_id: Its id.
        status, status_at: How it stands, by the newest event that says so.
        begun_at: Stamp of the newest event that says what it is; before that nothing is told of it.
        is_works: Whether it was planned.
        started_at: When it began; for works when they begin.
        ends_at: For works, when they end.
        times_at: Stamp of these two, for works.
        ended_at: When it ended.
        service_kinds: Services that are affected.
        parent_id: The outage that it is a part of.
        severity, severity_at; eta, eta_at; cause_public, cause_at: The newest word on each.
        resources: Affected elements with the newest stamp that names them; none is older than `replaced_at`.
        replaced_at: Stamp of the newest event that gave the whole list.
        root: Id of the outage that speaks for it; its own unless it is a member of another's group.
        revision: Of the group's newest record, for a root.
        opened_on: Stamp under which the group opened.
        notify_at: When people are told that it opened; 0 when they are not.
        over_on: Stamp under which the group was over; 0 while it is not.
        settles_at: Nothing is told before this, since some of its leaves came back just now.
        heard_on: Stamp of the newest event of any kind.
    """

    outage_id: str
    status: Status = "unknown"
    status_at: Stamp = BEFORE_ALL
    begun_at: Stamp = BEFORE_ALL
    is_works: bool = False
    started_at: Millis = 0
    ends_at: Millis | None = None
    times_at: Stamp = BEFORE_ALL
    ended_at: Millis | None = None
    service_kinds: list[ServiceKind] = []
    parent_id: str | None = None
    severity: OutageSeverity = "UNKNOWN"
    severity_at: Stamp = BEFORE_ALL
    eta: Millis | None = None
    eta_at: Stamp = BEFORE_ALL
    cause_public: str | None = None
    cause_at: Stamp = BEFORE_ALL
    resources: dict[str, Stamp] = {}
    replaced_at: Stamp = BEFORE_ALL
    root: str = ""
    revision: int = 0
    opened_on: Millis = 0
    notify_at: Millis = 0
    over_on: Millis = 0
    settles_at: Millis = 0
    heard_on: Millis = 0

    @property
    def is_known(self) -> bool:
        """Whether it is known what it is, and not only that something happened to it."""
        return self.begun_at != BEFORE_ALL

    @property
    def is_open(self) -> bool:
        """Whether services are broken by it now."""
        return self.is_known and self.status in ("open", "started")

    @property
    def is_planned(self) -> bool:
        """Whether it is works that have not begun."""
        return self.is_known and self.status == "planned"

    @property
    def began_at(self) -> Millis:
        """When it began or begins; works that have begun say so themselves."""
        return self.status_at[0] if self.status == "started" else self.started_at

    def affected(self) -> list[str]:
        """Return the affected elements."""
        return list(self.resources)

    def has_room_for(self, resources: tuple[str, ...], *, is_whole: bool) -> bool:
        """Return whether so many elements can be taken in."""
        known: set[str] = set() if is_whole else set(self.resources)
        return len(known.union(resources)) <= MAX_RESOURCES

    def learn(self, event: OutageEvent) -> None:
        """Take over what the event says and no newer one has said."""
        at: Stamp = (event.occurred_at, event.event_id)
        if isinstance(event, OutageOpened):
            self._begin(at, event.service_kinds, is_works=False, parent_id=event.parent_id)
            self._times(at, event.started_at, None)
            self._name(at, event.affected_resources, is_whole=True)
            self._describe(at, event.severity, event.eta, event.cause_public, is_whole=True)
            self._reach(at, "open")
        elif isinstance(event, OutageUpdated):
            if event.affected_resources is not None:
                self._name(at, event.affected_resources, is_whole=not event.is_incremental)
            self._describe(at, event.severity, event.eta, event.cause_public, is_whole=False)
        elif isinstance(event, OutageResolved):
            self._reach(at, "resolved", event.resolved_at)
        elif isinstance(event, WorksPlanned):
            self._begin(at, event.service_kinds, is_works=True, parent_id=None)
            self._times(at, event.starts_at, event.ends_at)
            self._name(at, event.affected_resources, is_whole=True)
            self._describe(at, "UNKNOWN", None, event.cause_public, is_whole=True)
            self._reach(at, "planned")
        elif isinstance(event, WorksRescheduled):
            self._times(at, event.starts_at, event.ends_at)
            self._reach(at, "planned")
        else:
            self._reach(at, _STEPS[type(event)], event.occurred_at)

    def _reach(self, at: Stamp, status: Status, ended_at: Millis | None = None) -> None:
        if at > self.status_at:
            self.status, self.status_at = status, at
            self.ended_at = None if status == "started" else ended_at

    def _begin(
        self, at: Stamp, service_kinds: tuple[ServiceKind, ...], *, is_works: bool, parent_id: str | None
    ) -> None:
        if at > self.begun_at:
            self.begun_at, self.is_works, self.parent_id = at, is_works, parent_id
            self.service_kinds = sorted(set(service_kinds) - {"UNKNOWN"})

    def _times(self, at: Stamp, started_at: Millis, ends_at: Millis | None) -> None:
        if at > self.times_at:
            self.started_at, self.ends_at, self.times_at = started_at, ends_at, at

    def _describe(
        self, at: Stamp, severity: OutageSeverity, eta: Millis | None, cause: str | None, *, is_whole: bool
    ) -> None:
        """Take over the newest words; what is left out by an event that does not tell all stays as it was."""
        if at > self.severity_at and (is_whole or severity != "UNKNOWN"):
            self.severity, self.severity_at = severity, at
        if at > self.eta_at and (is_whole or eta is not None):
            self.eta, self.eta_at = eta, at
        if at > self.cause_at and (is_whole or cause is not None):
            self.cause_public, self.cause_at = None if cause is None else cause[:MAX_CAUSE], at

    def _name(self, at: Stamp, resources: tuple[str, ...], *, is_whole: bool) -> None:
        for each in resources:
            self.resources[each] = max(self.resources.get(each, BEFORE_ALL), at)
        if is_whole:
            self.replaced_at = max(self.replaced_at, at)
        if any(stamp < self.replaced_at for stamp in self.resources.values()):
            self.resources = {each: stamp for each, stamp in self.resources.items() if stamp >= self.replaced_at}
