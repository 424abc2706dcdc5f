"""A corner of the network where one story's customer lives alone, so that nobody else hears of what breaks there.

A site with three ports; the customer's line is at the first one. What is said about the network goes to topics of one
partition, and reaches the customer by way of everybody's timeline: what happens to one outage in one hour keeps its
order, and no time passes between.
"""

from typing import Any, Final

from operator_day import config
from operator_day.events import CONTROL
from operator_day.impacts import ANY, ExpectedImpact, ImpactKey
from operator_day.ledger import TREE, Answer, ExpectedMessage, MessageKey, MessageKind
from operator_day.pen import ALARM, ATTACHMENT, OUTAGE, TOPOLOGY
from operator_day.scene import Scene
from operator_day.zones import HOUR, MINUTE, SECOND, Millis
from schemas import records

LINE: Final[tuple[records.ServiceKind, ...]] = ("home_internet", "tv")
PHONE: Final[tuple[records.ServiceKind, ...]] = ("mobile_data", "mobile_voice")
NAMELESS: Final = "removed"
"""A tombstone has no id; what follows of it names this."""
LASTED: Final = 2 * MINUTE
"""Outages begin with the hour in which they are reported and end so long after the hour of their end began."""

OPENED: Final = "outage.opened"
ETA_CHANGED: Final = "outage.eta_changed"
RESOLVED: Final = "outage.resolved"
DISCARDED: Final = "outage.discarded"
PLANNED: Final = "works.planned"
MOVED: Final = "works.moved"
CANCELLED: Final = "works.cancelled"

_PHASES: Final[dict[str, records.OutagePhase]] = {
    OPENED: "opened",
    ETA_CHANGED: "eta_changed",
    RESOLVED: "resolved",
    DISCARDED: "discarded",
    PLANNED: "works_planned",
    MOVED: "works_moved",
    CANCELLED: "works_cancelled",
}


class Corner:
    """The corner of one scene. Everything in it is named after the scene; outages by a word of the story."""

    def __init__(self, scene: Scene, *kinds: records.ServiceKind, is_attached: bool = True) -> None:
        self.scene = scene
        self.kinds: tuple[records.ServiceKind, ...] = kinds or LINE
        self.site = f"s{scene.spare}-site"
        self.port, self.sibling, self.third = (f"s{scene.spare}-port-{number}" for number in (1, 2, 3))
        self._began: dict[str, Millis] = {}
        self._lasted: dict[str, Millis] = {}
        self._root: dict[str, str] = {}
        self.element(-1, self.site, "site", None)
        for port in (self.port, self.sibling, self.third):
            self.element(-1, port, "port", self.site)
        if is_attached:
            self.attach(-1, self.port)

    def name(self, outage: str) -> str:
        """Give the id of an outage or of works."""
        return f"o{self.scene.spare}-{outage}"

    # ---- where the customer is

    def element(self, hour: int, name: str, what: str, parent: str | None, **more: Any) -> None:  # noqa: ANN401  # the record's
        """Let the inventory say what hangs where."""
        fields: dict[str, Any] = {"resource_id": name, "parent_id": parent, **more}
        event_id = self._say(hour, TOPOLOGY, name, records.ResourceUpserted, {"kind": what} | fields)
        self.scene.pen.ledger.causes[event_id] = TREE

    def removed(self, hour: int, name: str) -> None:
        """Let the inventory forget an element: a tombstone."""
        self._say(hour, TOPOLOGY, name, records.ResourceUpserted, {"resource_id": name, "kind": "port"})
        self.scene.events[-1] = self.scene.events[-1]._replace(value=None, headers=())
        self.scene.pen.ledger.causes[NAMELESS] = TREE

    def attach(
        self,
        hour: int,
        *places: str,
        seen: tuple[int, ...] = (),
        subscription: str = "line",
        outage: str | None = None,
        kinds: tuple[records.ServiceKind, ...] = (),
    ) -> None:
        """Meet the subscription at `places`, each seen so many hours before (now by default)."""
        points = tuple(
            records.AttachmentPoint(place, self.scene.plan.hour(hour) - hours * HOUR)
            for place, hours in zip(places, seen or (0,) * len(places), strict=True)
        )
        self.scene.happens(
            hour,
            ATTACHMENT,
            records.AttachmentUpserted,
            subscription_id=f"{subscription}-{self.scene.spare}",
            service_kinds=kinds or self.kinds,
            points=points,
            key=self.scene.person.customer_key(),
        )
        if outage is not None:
            self.scene.pen.ledger.causes[self.scene.cause()] = self.name(outage)

    # ---- what breaks

    def opened(
        self,
        hour: int,
        *elements: str,
        outage: str = "a",
        severity: records.OutageSeverity = "major",
        parent: str | None = None,
        kinds: tuple[records.ServiceKind, ...] = (),
        **more: Any,  # noqa: ANN401  # the record's
    ) -> None:
        """Let an outage begin at `elements`, the customer's port by default."""
        self._began.setdefault(outage, self.scene.plan.hour(hour))
        self._root[outage] = parent or outage
        self.about(
            hour,
            records.OutageOpened,
            outage,
            affected_resources=elements or (self.port,),
            service_kinds=kinds or self.kinds[:1],
            severity=severity,
            started_at=self._began[outage],
            parent_id=None if parent is None else self.name(parent),
            **more,
        )

    def updated(self, hour: int, *, outage: str = "a", **known: Any) -> None:  # noqa: ANN401  # the record's
        """Let more be known of an outage."""
        self.about(hour, records.OutageUpdated, outage, **known)

    def resolved(self, hour: int, *, outage: str = "a") -> None:
        """Let an outage end."""
        ended = self.scene.plan.hour(hour) + LASTED
        self._lasted[outage] = ended - self._began.get(outage, ended)
        self.about(hour, records.OutageResolved, outage, resolved_at=ended)

    def discarded(self, hour: int, *, outage: str = "a") -> None:
        """Let an outage be found to be none."""
        self.about(hour, records.OutageDiscarded, outage)

    def about(self, hour: int, kind: type[Any], outage: str, **fields: Any) -> None:  # noqa: ANN401  # the record's
        """Let something be said about an outage or works."""
        event_id = self._say(hour, OUTAGE, self.name(outage), kind, {"outage_id": self.name(outage)} | fields)
        self.scene.pen.ledger.causes[event_id] = self.name(self._root.get(outage, outage))

    def planned(self, hour: int, starts: int, *elements: str, outage: str = "w", **more: Any) -> None:  # noqa: ANN401  # the record's
        """Let works be planned from the hour `starts` on, for an hour, at the customer's port by default."""
        self._began[outage] = self.scene.plan.hour(starts)
        times = {"starts_at": self.scene.plan.hour(starts), "ends_at": self.scene.plan.hour(starts + 1)}
        places = {"affected_resources": elements or (self.port,), "service_kinds": self.kinds[:1]}
        self.about(hour, records.WorksPlanned, outage, **(places | times | more))

    def moved(self, hour: int, starts: int, *, outage: str = "w") -> None:
        """Let works be moved to the hour `starts`."""
        times = {"starts_at": self.scene.plan.hour(starts), "ends_at": self.scene.plan.hour(starts + 1)}
        self.about(hour, records.WorksRescheduled, outage, **times)

    def alarm(
        self,
        hour: int,
        element: str,
        kind: type[Any] = records.AlarmRaised,
        *,
        outage: str = "a",
        name: str = "1",
        **how: Any,  # noqa: ANN401  # the record's
    ) -> None:
        """Let an element raise an alarm, critical and felt by customers unless `how` says otherwise."""
        fields: dict[str, Any] = {"alarm_id": f"a{self.scene.spare}-{name}", "resource_id": element}
        if kind is not records.AlarmCleared:
            fields |= {"severity": "critical", "is_service_affecting": True} | how
        else:
            fields |= how
        event_id = self._say(hour, ALARM, element, kind, fields)
        self.scene.pen.ledger.causes[event_id] = self.name(outage)

    def _say(self, hour: int, topic: str, key: str, kind: type[Any], fields: dict[str, Any]) -> str:
        self.scene.happens(hour, topic, kind, **({"fate": CONTROL, "key": key.encode()} | fields))
        return self.scene.cause()

    # ---- what must come of it

    def told(
        self,
        purpose: str,
        outage: str = "a",
        *,
        answer: Answer = "delivered",
        channels: frozenset[str] | None = None,
        lasted: Millis | None = None,
    ) -> None:
        """Expect a message and its impact; `lasted` as `impact` says."""
        self.message(purpose, outage, answer=answer, channels=channels)
        self.impact(purpose, outage, lasted=lasted)

    def suppressed(self, purpose: str, reason: str, outage: str = "a") -> None:
        """Expect the impact, and that the message about it is held back with a reason."""
        self.held_back(purpose, reason, outage)
        self.impact(purpose, outage)

    def message(
        self,
        purpose: str,
        outage: str = "a",
        *,
        answer: Answer = "delivered",
        channels: frozenset[str] | None = None,
    ) -> None:
        """Expect a message alone."""
        self._expect("requested", purpose, self.name(outage), ExpectedMessage(None, channels, answer, self.scene.name))

    def held_back(self, purpose: str, reason: str, outage: str = "a") -> None:
        """Expect a suppression alone."""
        expected = ExpectedMessage(reason, None, "silent", self.scene.name)
        self._expect("suppressed", purpose, self.name(outage), expected)

    def impact(self, purpose: str, outage: str = "a", *, lasted: Millis | None = None) -> None:
        """Expect the impact alone; it lasted as long as the outage did, unless `lasted` says otherwise."""
        key = ImpactKey(self.scene.person.customer_id, self.name(outage), _PHASES[purpose])
        if purpose == RESOLVED and lasted is None:
            lasted = self._lasted[outage]
        minutes = lasted if lasted is None or lasted == ANY else lasted // MINUTE
        self.scene.pen.ledger.impacts[key] = ExpectedImpact(minutes, self.scene.name)

    def _expect(self, kind: MessageKind, purpose: str, cause: str, expected: ExpectedMessage) -> None:
        self.scene.pen.ledger.expect(MessageKey(kind, self.scene.person.customer_id, purpose, cause), expected)

    def held(self, purpose: str, outage: str = "a") -> None:
        """Expect nobody to be told before what was said last has stood for the hold-down, or for the settling."""
        until = self.scene.events[-1].timestamp + config.HOLD_DOWN_SECONDS * SECOND
        self.scene.pen.ledger.held[purpose, self.name(outage)] = until

    def shown(self, outage: str = "a", *, is_open: bool) -> None:
        """Expect the last context of the day to show the outage, or not to."""
        name = ("outage", self.name(outage))
        self.scene.pen.ledger.know(self.scene.person.customer_id, name, value=True if is_open else None)

    def seen(self, outage: str = "a", **more: Any) -> records.OpenOutage:  # noqa: ANN401  # the record's
        """Give what an agent's screen says of the outage while it is open."""
        return records.OpenOutage(self.name(outage), self.kinds[:1], self._began[outage], **more)
