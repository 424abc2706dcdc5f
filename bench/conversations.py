"""The load of the latency benchmark: background events encoded beforehand, and conversations to be timed."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from operator_day import config, shelf
from operator_day.city import number_of
from operator_day.publisher import partition_for
from schemas import records, wire

USAGE: Final = "usage.record.v1"
BILLING: Final = "billing.account.v1"
CRM: Final = "crm.customer.v1"
PRODUCT: Final = "product.lifecycle.v1"
SOURCE: Final = "/bench"
TICKS_PER_SECOND: Final = 50
"""The background is sent in so many steps a second: smooth, and its producer costs little."""

_USAGE_SHARE: Final = 0.75
_KINDS: Final[tuple[records.UsageKind, ...]] = ("data", "voice", "sms")

Message = tuple[bytes, bytes]
"""Key and value."""


@dataclass(frozen=True, slots=True)
class Step:
    """What is sent at one tick: per topic and partition, messages in their order."""

    messages: dict[tuple[str, int], list[Message]]


class Conversations:
    """Writes everything that the benchmark publishes. The same arguments give the same bytes.

    Args:
        customers: People, each with a number, a tariff, an account and some usage.
        partitions: Of every people-keyed topic.
        now: The present, UTC milliseconds.
        seed: Of everything that is drawn.
    """

    def __init__(self, customers: int, partitions: int, now: int, seed: int) -> None:
        self._customers, self._partitions, self._now = customers, partitions, now
        self._rng = Random(f"latency/{seed}")
        self._count = 0
        self._sequences = [0] * customers
        self._places: dict[bytes, int] = {}

    def configuration(self) -> Iterator[tuple[str, bytes, bytes]]:
        """Yield topic, key and value of what is put in force: the city's offers and propensities."""
        for kind, topic, content in (
            ("policy", "config.policy.v1", config.policy()),
            ("template", "config.template.v1", config.templates()),
            ("offers", "config.offers.v1", shelf.offers(1)),
            ("propensities", "config.propensities.v1", shelf.propensities()),
        ):
            yield topic, f"{content.config_id}@{content.version}".encode(), wire.encode(content)
            activation = records.ConfigActivated(kind, content.config_id, content.version)
            yield "config.activation.v1", kind.encode(), wire.encode(activation)

    def eve(self) -> Iterator[Step]:
        """Yield who the people are, in steps of a thousand."""
        tariffs = sorted({tariff for offer in shelf.offers(1).offers for tariff in offer.tariffs}) or ["standard"]
        for first in range(0, self._customers, 1000):
            by_place: defaultdict[tuple[str, int], list[Message]] = defaultdict(list)
            for index in range(first, min(first + 1000, self._customers)):
                key, tariff = self.customer_key(index), tariffs[index % len(tariffs)]
                customer, number = customer_of(index), number_of(index)
                head = (SOURCE, self._now - 60_000)
                linked = records.IdentifierLinked(self._id(), *head, customer, "msisdn", number, self._now - 3_600_000)
                upserted = records.CustomerUpserted(self._id(), *head, customer, "Anna", "ru", "Europe/Moscow")
                product = records.ProductActivated(
                    self._id(), *head, f"p-{index}", tariff, tariff, is_tariff=True, price_minor=None, currency=None
                )
                for topic, record in ((CRM, upserted), (CRM, linked), (PRODUCT, product)):
                    by_place[topic, self.place(key)].append((key, wire.encode(record)))
            yield Step(dict(by_place))

    def background(self, per_second: int, seconds: int) -> list[Step]:
        """Write the events that flow beside the conversations, by tick: usage and charges."""
        return [self._tick(max(1, per_second // TICKS_PER_SECOND)) for _ in range(seconds * TICKS_PER_SECOND)]

    def usage(self, times: int) -> Iterator[Step]:
        """Yield what everybody uses and is charged, so many times, in steps of a thousand people."""
        for _ in range(times):
            for first in range(0, self._customers, 1000):
                by_place: defaultdict[tuple[str, int], list[Message]] = defaultdict(list)
                for index in range(first, min(first + 1000, self._customers)):
                    key = f"msisdn:{number_of(index)}".encode()
                    for topic, record in ((USAGE, self._used(index, "data")), (BILLING, self._charged(index, "data"))):
                        by_place[topic, self.place(key)].append((key, wire.encode(record)))
                yield Step(dict(by_place))

    def _tick(self, count: int) -> Step:
        by_place: defaultdict[tuple[str, int], list[Message]] = defaultdict(list)
        rng = self._rng
        for _ in range(count):
            index = rng.randrange(self._customers)
            key, kind = f"msisdn:{number_of(index)}".encode(), rng.choice(_KINDS)
            record: records.UsageRated | records.ChargePosted
            if rng.random() < _USAGE_SHARE:
                topic, record = USAGE, self._used(index, kind)
            else:
                topic, record = BILLING, self._charged(index, kind)
            by_place[topic, self.place(key)].append((key, wire.encode(record)))
        return Step(dict(by_place))

    def _used(self, index: int, kind: records.UsageKind) -> records.UsageRated:
        self._sequences[index] += 1
        head = (self._id(), SOURCE, self._now, self._sequences[index])
        return records.UsageRated(*head, kind, self._rng.randrange(1, 600), 100, "RUB")

    def _charged(self, index: int, kind: records.UsageKind) -> records.ChargePosted:
        head = (self._id(), SOURCE, self._now)
        return records.ChargePosted(*head, f"A-{index}", f"c-{self._count}", 700, "RUB", kind, 2, 350)

    def customer_key(self, index: int) -> bytes:
        """Return the Kafka key of a customer."""
        return f"customer:{customer_of(index)}".encode()

    def timeline_key(self, index: int) -> bytes:
        """Return the key under which the hub goes on with a customer's events, and tells of them."""
        return f"L-{index:07d}".encode()

    def place(self, key: bytes) -> int:
        """Return the partition of a key, as Java's clients choose it."""
        found = self._places.get(key)
        if found is None:
            found = self._places[key] = partition_for(key, "murmur2", self._partitions)
        return found

    def _id(self) -> str:
        self._count += 1
        return f"l-{self._count}"


def customer_of(index: int) -> str:
    """Return the id of a customer."""
    return f"L-{index:07d}"


def started(interaction: str, now: int) -> bytes:
    """Write the beginning of a conversation."""
    return wire.encode(records.InteractionStarted(f"{interaction}-0", SOURCE, now, interaction, "phone", "inbound"))


def renamed(index: int, name: str, now: int) -> bytes:
    """Write a customer's profile with another name."""
    customer = customer_of(index)
    return wire.encode(records.CustomerUpserted(f"{name}-0", SOURCE, now, customer, name, "ru", "Europe/Moscow"))


def reason(interaction: str, code: str, now: int) -> bytes:
    """Write the reason that an agent types."""
    return wire.encode(records.ReasonSet(f"{interaction}-1", SOURCE, now, interaction, code, "agent"))
