"""A customer at home in sentences: `at_home().hears(opened()).hears(resolved())`."""

from typing import Any, Final

from agents.customer.model import ActiveConfig
from agents.outage.model import NETWORK, Impact, Network, Outage, Outages, places
from schemas.records import (
    AttachmentPoint,
    AttachmentUpserted,
    Channel,
    ChannelOrder,
    ContactPolicy,
    IdentifierLinked,
    Impacted,
    MessageClass,
    MessageFailed,
    OutagePolicy,
    QuietHours,
    Requested,
    Suppressed,
    Template,
    Templates,
)
from tests.builders.day import ADDRESSES, HOUR, MINUTE, millis
from tests.builders.machine import Machine

NOON: Final = millis("2026-03-10 12:00")
PORT: Final = "port-11"
INTERNET: Final = ("home_internet",)
PURPOSES: Final = (
    "outage.opened", "outage.eta_changed", "outage.resolved", "outage.discarded",
    "works.planned", "works.moved", "works.cancelled",
)  # fmt: skip
PARAMETERS: Final = ("outage_id", "service", "eta", "cause_public", "starts_at", "ends_at")


class Home:
    """A customer with all addresses whose line is at one port."""

    def __init__(self) -> None:
        self.now = NOON
        self.machine = Machine(ActiveConfig())
        self._events = self._revision = 0
        self._known: dict[str, Outage] = {}
        self._policy: tuple[OutagePolicy, ...] = ()
        self._quiet: tuple[QuietHours, ...] = ()
        self.configure()
        for scheme, value in ADDRESSES.values():
            self.happens(IdentifierLinked, customer_id="c-1", scheme=scheme, value=value, valid_from=0, valid_to=None)
        self.attached(PORT)

    # given

    def configure(
        self,
        policy: OutagePolicy | None = None,
        quiet: QuietHours | None = None,
        parameters: tuple[str, ...] = PARAMETERS,
        urgent: MessageClass = "critical",
    ) -> "Home":
        """Put an outage policy or quiet hours into force, or give outages another class."""
        self._policy = (policy,) if policy is not None else self._policy
        self._quiet = (quiet,) if quiet is not None else self._quiet
        classes: tuple[MessageClass, ...] = (urgent, "service")
        orders = tuple(ChannelOrder(each, ("push", "sms", "email")) for each in ("critical", "service"))
        templates = tuple(Template(each, each, classes[each.startswith("works")], 5, parameters) for each in PURPOSES)
        contact = ContactPolicy("policy", 1, "UTC", orders, self._quiet, ())
        self._contents = (contact, Templates("templates", 1, templates), *self._policy)
        self._see()
        return self

    # when

    def after(self, *, minutes: float = 0, hours: float = 0) -> "Home":
        self.now += int(minutes * MINUTE + hours * HOUR)
        self.machine.advance(self.now)
        return self

    def happens(self, kind: type, /, *, is_silent: bool = False, **fields: Any) -> "Home":
        self._events += 1
        common = {"event_id": f"e-{self._events:03}", "source": "test", "occurred_at": self.now}
        self.machine.apply(kind(**{**common, **fields}), self.now, is_silent=is_silent)
        return self

    def attached(
        self, *points: str | tuple[str, int], kinds: tuple[str, ...] = INTERNET, line: str = "line", **how: Any
    ) -> "Home":
        """Let a subscription be seen at places, each by its name or with the time when it was seen."""
        seen = [(each, self.now) if isinstance(each, str) else each for each in points]
        fields: dict[str, Any] = {"service_kinds": kinds, "points": tuple(AttachmentPoint(*each) for each in seen)}
        return self.happens(AttachmentUpserted, subscription_id=line, **fields, **how)

    def knows(self, outage: Outage) -> "Home":
        """Let the partition know of an outage that does not reach the customer yet."""
        self._known[outage.outage_id] = outage
        self._see()
        return self

    def hears(self, *outages: Outage) -> "Home":
        """Let a walk reach the customer with a revision of each outage, a minute after the one before."""
        for outage in outages:
            self.now += MINUTE
            self.knows(outage)
            self.machine.reach(outage, self.now)
        return self

    def fails(self, request: int = -1, channel: Channel = "sms", kind: type = MessageFailed) -> "Home":
        """Let the gateway report on the request of that place."""
        return self.happens(kind, message_id=self.requests[request].message_id, channel=channel)

    # then

    @property
    def requests(self) -> list[Requested]:
        return [each.record for each in self.machine.emitted if isinstance(each.record, Requested)]

    @property
    def messages(self) -> list[tuple[str, object]]:
        """Purposes of the messages, each with the outage that it is about."""
        return [(each.purpose, each.parameters["outage_id"]) for each in self.requests]

    @property
    def purposes(self) -> list[str]:
        return [each.purpose for each in self.requests]

    @property
    def suppressions(self) -> list[tuple[str, str]]:
        records = [each.record for each in self.machine.emitted]
        return [(each.purpose, each.reason) for each in records if isinstance(each, Suppressed)]

    @property
    def published(self) -> list[Impacted]:
        return [each.record for each in self.machine.emitted if isinstance(each.record, Impacted)]

    @property
    def phases(self) -> list[str]:
        return [each.phase for each in self.published]

    @property
    def network(self) -> Network:
        found = self.machine.section(NETWORK, Network)
        assert isinstance(found, Network)
        return found

    @property
    def places(self) -> set[str]:
        return set(places(self.network))

    def impact(self, outage_id: str = "o-1") -> Impact:
        return self.network.impacts[outage_id]

    def _see(self) -> None:
        self.machine.config = ActiveConfig(7, *self._contents, outages=Outages(self._known.values()))


def at_home() -> Home:
    """Begin a sentence."""
    return Home()


def opened(outage_id: str = "o-1", revision: int = 1, *leaves: str, **fields: Any) -> Outage:
    """Return an open outage."""
    given = {"state": "open", "leaves": frozenset(leaves or (PORT,)), "severity": "major", **fields}
    usual = {
        "service_kinds": INTERNET,
        "started_at": NOON,
        "notify_at": NOON,
        "cause_event_id": "n",
        "cause_source": "t",
    }
    return Outage(outage_id=outage_id, revision=revision, **{**usual, **given})


def over(outage_id: str = "o-1", revision: int = 9, state: str = "resolved", **fields: Any) -> Outage:
    """Return an outage that is over."""
    given = {"state": state, "leaves": frozenset(), "ended_at": NOON + HOUR, **fields}
    return opened(outage_id, revision, **given)


def works(revision: int = 1, state: str = "planned", *, hours: float = 3, **fields: Any) -> Outage:
    """Return works that begin some hours after noon."""
    begin = NOON + int(hours * HOUR)
    return opened("w-1", revision, state=state, **{"started_at": begin, "ended_at": begin + HOUR, **fields})
