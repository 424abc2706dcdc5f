"""Section `network`: where a customer meets the network, what is broken there; outages as a partition sees them."""

from collections.abc import Iterable, Mapping
from typing import Final, Literal, TypeAlias

import msgspec

from schemas.records import DeadChannels, OutagePolicy, OutageSeverity, OutageState, ServiceKind
from streams.core.records import Millis

NETWORK: Final = "network"
SEEN_WITHIN_MILLIS: Final = 6 * 3600 * 1000
"""A phone is attached where it was seen within this of the place where it was seen last."""

DEFAULT_POLICY: Final = OutagePolicy(
    config_id="default",
    version=1,
    hold_down_seconds=180,
    severe=("critical",),
    settle_seconds=180,
    eta_shift_seconds=1800,
    useful_for_seconds=6 * 3600,
    dead_channels=(
        DeadChannels("mobile_data", ("push", "email")),
        DeadChannels("home_internet", ("email",)),
        DeadChannels("mobile_voice", ("sms",)),
    ),
)
"""What holds while no outage policy is in force."""

ImpactState: TypeAlias = Literal["open", "planned", "over"]


class Point(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Where a subscription was met: a port, a building or a cell."""

    resource_id: str
    last_seen: Millis


class Attachment(msgspec.Struct, array_like=True, gc=False):
    """Where one subscription meets the network.

    Attributes:
        service_kinds: What it carries.
        points: A fixed line has one, a phone those of the last hours.
        at: When it was so.
        by: Id of the event that said so; of two at the same time the greater counts.
    """

    service_kinds: list[ServiceKind] = []
    points: list[Point] = []
    at: Millis = -1
    by: str = ""

    def leaves(self) -> list[str]:
        """Return the elements where it is attached now."""
        newest = max((point.last_seen for point in self.points), default=0)
        return [point.resource_id for point in self.points if newest - point.last_seen < SEEN_WITHIN_MILLIS]


class Impact(msgspec.Struct, array_like=True, gc=False):
    """One outage, or works, and this customer.

    Attributes:
        state: Open, planned or over.
        revision: Of the outage, as last reached here.
        service_kinds: What does not work.
        since: When it began or begins.
        ended_at: When it ended; None while it goes on.
        eta: When it should be over.
        cause_public: What may be told of the cause.
        told: Phases a message was requested for and did not fail, each with what it said (a time, or 0).
        asked: Phases a message was wanted for, likewise; what was wanted once is not wanted again.
        said_eta: The estimate that was announced last.
        through: The outage whose message told the customer of this one too; empty when its own did.
        leaves: Where it hit the customer.
        is_works: Whether it is planned works.
        heard_at: When it reached the customer last.
    """

    state: ImpactState
    revision: int
    service_kinds: list[ServiceKind]
    since: Millis
    ended_at: Millis | None = None
    eta: Millis | None = None
    cause_public: str | None = None
    told: dict[str, Millis] = {}
    asked: dict[str, Millis] = {}
    said_eta: Millis | None = None
    through: str = ""
    leaves: list[str] = []
    is_works: bool = False
    heard_at: Millis = 0


class Network(msgspec.Struct, array_like=True, gc=False):
    """Section `network`.

    Attributes:
        attachments: By subscription.
        impacts: By outage. A guard: what was told is never forgotten before its time.
    """

    attachments: dict[str, Attachment] = {}
    impacts: dict[str, Impact] = {}

    def leaves(self) -> set[str]:
        """Return the elements where any subscription is attached."""
        return {leaf for attachment in self.attachments.values() for leaf in attachment.leaves()}


def places(network: Network) -> frozenset[str]:
    """Return where the index of a partition finds the customer: their leaves, and the outages they are in."""
    found = {f"leaf:{leaf}" for leaf in network.leaves()}
    found |= {f"outage:{outage_id}" for outage_id, impact in network.impacts.items() if impact.state != "over"}
    return frozenset(found)


class Outage(msgspec.Struct, frozen=True, gc=False):
    """A root problem or works as a timeline partition knows it: all pieces of its newest revision together.

    Attributes:
        outage_id: The root problem, or the works.
        revision: Grows with every change.
        state: How it stands.
        leaves: Elements that are affected; none once it is over.
        service_kinds: Services that are affected.
        severity: How bad it is.
        started_at: When it began or begins.
        notify_at: From when customers are told of this revision.
        ended_at: When it ended; for works when they will end.
        eta: When it should be over.
        cause_event_id: The event that led to the revision.
        cause_source: Its source.
        cause_public: What may be told of the cause.
    """

    outage_id: str
    revision: int
    state: OutageState
    leaves: frozenset[str]
    service_kinds: tuple[ServiceKind, ...]
    severity: OutageSeverity
    started_at: Millis
    notify_at: Millis
    cause_event_id: str = ""
    cause_source: str = ""
    ended_at: Millis | None = None
    eta: Millis | None = None
    cause_public: str | None = None

    def concerns(self, network: Network) -> bool:
        """Return True when a subscription that carries one of its services is attached under it."""
        return any(
            not self.leaves.isdisjoint(attachment.leaves())
            and not set(self.service_kinds).isdisjoint(attachment.service_kinds)
            for attachment in network.attachments.values()
        )


class Outages:
    """What is open on a timeline partition now; replaced, never changed.

    Args:
        known: Outages in any state.
    """

    __slots__ = ("_by_leaf",)

    def __init__(self, known: Iterable[Outage] = ()) -> None:
        by_leaf: dict[str, list[Outage]] = {}
        for outage in known:
            if outage.state == "open":
                for leaf in outage.leaves:
                    by_leaf.setdefault(leaf, []).append(outage)
        self._by_leaf: Mapping[str, list[Outage]] = by_leaf

    def at(self, network: Network | None) -> tuple[Outage, ...]:
        """Return the open outages that concern the customer, the oldest first; those of the hold-down included."""
        if network is None or not self._by_leaf:
            return ()
        under = {outage.outage_id: outage for leaf in network.leaves() for outage in self._by_leaf.get(leaf, ())}
        found = [outage for outage in under.values() if outage.concerns(network)]
        return tuple(sorted(found, key=lambda outage: (outage.started_at, outage.outage_id)))

    def __repr__(self) -> str:
        return f"Outages({len(self._by_leaf)} leaves)"
