"""A timeline partition on a stage: entries go in, units come out, a crash is a new fold over the same store."""

from collections.abc import Mapping, Sequence

import msgspec

from agents.customer.decide import Decisions
from agents.customer.fold import CustomerFold
from agents.customer.model import Capability, Customer, GuardFull, Moment
from agents.message.model import NOTHING, Effect
from agents.outage.model import NETWORK, Attachment, Impact, Network, Outage, Point
from schemas import load
from schemas.records import (
    AttachmentPoint,
    AttachmentUpserted,
    Context,
    Entry,
    OutageChanged,
    OutageSeverity,
    OutageState,
    TopicCount,
    TopupSucceeded,
)
from streams.codec import Codec
from streams.core.fold import FoldContext, Unit
from streams.core.keys import state_key
from streams.memory import MemoryRecord, VirtualClock
from streams.store import MemoryStore

NOON = 1_750_000_000_000
BILLING = "billing.account.v1"
CODEC = Codec(load())


class Sum(msgspec.Struct, array_like=True, gc=False):
    """What the stage's only rule keeps."""

    total: int = 0


def add(customer: Customer, event: TopupSucceeded, moment: Moment) -> Sequence[Effect]:
    """Add up top-ups; one of 666 raises after it has changed the record, one of 7 sets a timer of a minute."""
    state = customer.section("sum", Sum)
    state.total += event.amount_minor
    if event.amount_minor == 666:
        customer.set_timer("late", moment.now)
        raise ZeroDivisionError
    if event.amount_minor == 555:
        raise GuardFull("no room")
    if event.amount_minor == 7:
        customer.set_timer("ring", moment.now + 60_000)
    if event.amount_minor == 1000:
        customer.mark_material()
    return NOTHING


def attach(customer: Customer, event: AttachmentUpserted, moment: Moment) -> Sequence[Effect]:  # noqa: ARG001
    """Keep where the customer is attached."""
    points = [Point(point.resource_id, point.last_seen) for point in event.points]
    customer.section(NETWORK, Network).attachments[event.subscription_id] = Attachment(["tv"], points)
    customer.mark_moved()
    return NOTHING


def reach(customer: Customer, outage: Outage, moment: Moment) -> Sequence[Effect]:  # noqa: ARG001
    """Count how often an outage reached the customer; one called boom raises."""
    if outage.outage_id == "boom":
        raise ZeroDivisionError
    customer.section("sum", Sum).total += outage.revision
    impacts = customer.section(NETWORK, Network).impacts
    if outage.state == "open":
        impacts[outage.outage_id] = Impact("open", outage.revision, ["tv"], outage.started_at)
    else:
        impacts.pop(outage.outage_id, None)
    customer.mark_moved()
    return NOTHING


def ring(customer: Customer, timer: str, moment: Moment) -> Sequence[Effect]:  # noqa: ARG001
    """Add a million, so that a test can see it."""
    customer.section("sum", Sum).total += 1_000_000
    return NOTHING


def view(
    customer: Customer, moment: Moment, counts: Mapping[str, TopicCount], version: int, sections: list[str]
) -> Context:
    """Say the counts and the total."""
    total = customer.peek("sum", Sum)
    return Context(
        customer_id=customer.id,
        version=version,
        decided_at=moment.now,
        activation=moment.config.activation,
        changed_sections=tuple(sections),
        first_name=str(total.total if total else 0),
        counts=tuple(TopicCount(t, c.applied, c.duplicate) for t, c in sorted(counts.items())),
    )


DECISIONS = Decisions(
    capabilities=[
        Capability(
            "sum",
            {"sum": Sum, NETWORK: Network},
            {TopupSucceeded: add, AttachmentUpserted: attach},
            {"ring": ring, "late": ring},
        )
    ],
    arbitrate=lambda *_: (),
    view=view,
    keep=lambda *_: (),
    claim=lambda *_: (),
    expire=lambda *_: (),
    reach=reach,
)


class Stage:
    """One partition."""

    def __init__(self, decisions: Decisions = DECISIONS) -> None:
        self.store, self.clock = MemoryStore(), VirtualClock(is_log=True)
        self.decisions = decisions
        self.offset = 0
        self.fold = self._open(0)

    def crash(self) -> None:
        """Start anew from the store alone."""
        self.fold = self._open(self.fold.now)

    def _open(self, now: int) -> CustomerFold:
        fold = CustomerFold(FoldContext(0, 1, self.store, self.clock, CODEC, load()), self.decisions)
        fold.now = now
        fold.restored()
        return fold

    def topup(self, amount: int, *, name: str | None = None, at: int = NOON, customer: str = "C1") -> MemoryRecord:
        """Return a timeline record of a top-up that happened and arrived at `at`."""
        event = TopupSucceeded(name or f"e{self.offset}", "test", at, "A", "t", amount, "RUB")
        return self.entry(CODEC.encode(event), at=at, customer=customer)

    def attached(self, customer: str, leaf: str, *, at: int = NOON) -> MemoryRecord:
        """Return a timeline record that attaches a customer at a leaf."""
        event = AttachmentUpserted(f"e{self.offset}", "test", at, "s", ("tv",), (AttachmentPoint(leaf, at),))
        return self.entry(CODEC.encode(event), at=at, customer=customer, topic="network.attachment.v1")

    def outage(
        self,
        leaves: Sequence[str],
        *,
        name: str = "o",
        revision: int = 1,
        state: OutageState = "open",
        notify_at: int = NOON,
        at: int = NOON,
        piece: int = 0,
        pieces: int = 1,
    ) -> MemoryRecord:
        """Return the control record of an outage; one called grave is critical."""
        severity: OutageSeverity = "critical" if name == "grave" else "major"
        change = OutageChanged(
            name, revision, state, piece, pieces, tuple(leaves), ("tv",), severity, NOON, notify_at, "e", "noc"
        )
        return self.record(None, CODEC.encode(change), at)

    def total(self, customer: str) -> int:
        """Return what the stored record adds up to."""
        raw = self.store.get(state_key(customer, "sum"))
        return 0 if raw is None else msgspec.msgpack.decode(raw, type=Sum).total

    def entry(self, value: bytes, *, at: int = NOON, customer: str = "C1", topic: str = BILLING) -> MemoryRecord:
        """Return a timeline record that carries `value`."""
        entry = Entry(topic, 0, self.offset, at, b"customer:C1", value)
        return self.record(customer.encode(), CODEC.encode(entry), at)

    def record(self, key: bytes | None, value: bytes, at: int) -> MemoryRecord:
        """Return a timeline record."""
        self.offset += 1
        return MemoryRecord("hub.timeline.v1", 0, self.offset - 1, at, key, value)

    def given(self, *records: MemoryRecord) -> Unit:
        """Fold one chunk and make its changes the state."""
        unit = Unit()
        self.fold.fold("hub.timeline.v1", records, unit)
        for key, value in unit.changes.items():
            if value is None:
                self.store.delete(key)
            else:
                self.store.put(key, value)
        return unit

    def contexts(self, unit: Unit) -> list[Context]:
        """Return the contexts among a unit's outputs."""
        topic = load().topics["customer.context.v1"]
        found = [CODEC.decode(o.value or b"", o.headers, topic) for o in unit.outputs if o.topic == topic.name]
        return [context for context in found if isinstance(context, Context)]

    def dead(self, unit: Unit) -> list[tuple[str, bytes | None]]:
        """Return (reason, value) of the dead letters among a unit's outputs."""
        return [
            ((dict(o.headers)["hub_reason"] or b"").decode(), o.value) for o in unit.outputs if o.topic.endswith(".dlq")
        ]
