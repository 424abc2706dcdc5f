"""Writes events as upstream does: numbered, framed Avro or a JSON CloudEvent, entered among the facts."""

from random import Random
from typing import Any, Final, TypeVar

import msgspec

from operator_day.city import Person, Placement
from operator_day.events import CONTROL, Event, Fate, Header
from operator_day.facts import FactBook
from operator_day.frames import frame
from operator_day.ledger import Ledger
from operator_day.zones import Millis
from schemas import load, records, wire

CRM: Final = "crm.customer.v1"
BILLING: Final = "billing.account.v1"
USAGE: Final = "usage.record.v1"
CONSENT: Final = "consent.preference.v1"
DELIVERY: Final = "message.delivery.v1"
FEEDBACK: Final = "nba.feedback.v1"
SCORE: Final = "nba.score.v1"
DIGITAL: Final = "digital.activity.v1"
CONTACT: Final = "contact.interaction.v1"
CARE: Final = "care.ticket.v1"
PRODUCT: Final = "product.lifecycle.v1"
ATTACHMENT: Final = "network.attachment.v1"
TOPOLOGY: Final = "network.topology.v1"
OUTAGE: Final = "network.outage.v1"
ALARM: Final = "network.alarm.v1"

SOURCES: Final = {
    CRM: "/crm/main",
    BILLING: "/billing/main",
    USAGE: "/mediation/1",
    CONSENT: "/consent/main",
    DELIVERY: "/gateway/1",
    FEEDBACK: "/desk/main",
    SCORE: "/scorer/main",
    DIGITAL: "/app/main",
    CONTACT: "/contact-centre/main",
    CARE: "/care/main",
    PRODUCT: "/catalogue/main",
    ATTACHMENT: "/inventory/main",
    TOPOLOGY: "/inventory/main",
    OUTAGE: "/noc/main",
    ALARM: "/noc/alarms",
}

R = TypeVar("R", bound=msgspec.Struct)


class Pen:
    """Writes the events of one stretch of the day. The same calls give the same bytes.

    Event ids are `<name>-<count>`: two pens of one day need different names.
    """

    def __init__(self, name: str, seed: int, ledger: Ledger, book: FactBook, json_percent: float) -> None:
        self._name = name
        self._count = 0
        self._rng = Random(f"pen/{name}/{seed}")
        self._json_share = json_percent / 100
        self.ledger = ledger
        self.book = book

    def event_id(self) -> str:
        """Give the next event id."""
        self._count += 1
        return f"{self._name}-{self._count}"

    def record(self, kind: type[R], topic: str, occurred_at: Millis, /, **fields: Any) -> R:  # noqa: ANN401  # the record's
        """Make a record of `kind` with an id of its own."""
        return kind(event_id=self.event_id(), source=SOURCES[topic], occurred_at=occurred_at, **fields)

    def write(
        self,
        topic: str,
        person: Person,
        record: Any,  # noqa: ANN401  # any record of the contracts
        at: Millis,
        *,
        fate: Fate | None = None,
        key: bytes | None = None,
        as_json: bool | None = None,
        story: str = "background",
    ) -> Event:
        """Write `record` about `person`, arriving at `at`; applied to them unless `fate` says otherwise."""
        if fate is None:
            fate = Fate(person.customer_id)
        if fate.customer is not None and not fate.is_duplicate:
            self.book.enter(fate.customer, record, at)
        is_json = self._rng.random() < self._json_share if as_json is None else as_json
        value, headers = cloud_event(record) if is_json else (frame(record), ())
        if key is None:
            key = person.customer_key() if topic in (CRM, DELIVERY) else person.key()
        return Event(topic, key, value, headers, at, person.placement, fate, story)


def cloud_event(record: Any) -> tuple[bytes, tuple[Header, ...]]:  # noqa: ANN401  # any record of the contracts
    """Give the value and the headers of `record` as a JSON CloudEvent in binary mode."""
    headers = wire.ce_headers(record, record.event_id, record.source, record.occurred_at)
    return wire.to_json(record), tuple(headers)


def configuration(topic: str, key: str, record: Any, at: Millis) -> Event:  # noqa: ANN401  # any record of the contracts
    """Write a configuration record."""
    place: Placement = "murmur2"
    return Event(topic, key.encode(), wire.encode(record), (), at, place, CONTROL, "configuration")


def clock(at: Millis) -> Event:
    """Write the record that brings the log's clock to `at`."""
    return configuration("config.clock.v1", "clock", records.ClockReached(), at)


def topics_that_upstream_writes() -> tuple[str, ...]:
    """Name every topic that upstream writes, people's first."""
    catalogue = load()
    return tuple(topic.name for topic in (*catalogue.inputs(), *catalogue.control_topics()))
