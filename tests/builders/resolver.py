"""A resolve task in a test's hand, and what is said to it about one number."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from agents.resolve.fold import ResolveFold
from schemas import load
from schemas.records import (
    Asserted,
    BalanceChanged,
    IdentifierLinked,
    Settled,
)
from streams.codec import Codec
from streams.core.fold import FoldContext, Unit
from streams.core.partitioner import partition_for
from streams.core.records import Header, Output
from streams.memory.clock import VirtualClock
from streams.memory.log import MemoryRecord
from streams.store import MemoryStore
from streams.topics import IDENTITY, TIMELINE

N = 4
NOW = 1_800_000_000_000
HOUR = 3600 * 1000
BILLING, CRM = "billing.account.v1", "crm.customer.v1"
NUMBER = "msisdn:79161234567"
HOME = partition_for(NUMBER.encode(), N)
CODEC = Codec(load())
KEY = b"development"


@dataclass
class Resolver:
    """One resolve task; every call is a chunk, committed at once."""

    partition: int = HOME
    is_log: bool = False
    store: MemoryStore = field(default_factory=MemoryStore)
    offset: int = 100
    unit: Unit = field(default_factory=Unit)

    def __post_init__(self) -> None:
        self.clock = VirtualClock(NOW, self.is_log)
        self.fold = ResolveFold(
            FoldContext(self.partition, N, self.store, self.clock, CODEC, load(), 4096, KEY),
        )
        self.fold.restored()

    def record(
        self,
        key: bytes | str | None,
        value: msgspec.Struct | bytes | None,
        headers: Sequence[Header] = (),
        timestamp: int = NOW,
        topic: str = BILLING,
    ) -> MemoryRecord:
        self.offset += 1
        raw_key = key.encode() if isinstance(key, str) else key
        raw = CODEC.encode(value) if isinstance(value, msgspec.Struct) else value
        return MemoryRecord(topic, self.partition, self.offset, timestamp, raw_key, raw, headers)

    def chunk(self, topic: str, *records: MemoryRecord) -> list[Output]:
        self.unit = Unit()
        self.fold.fold(topic, records, self.unit)
        for key, value in self.unit.changes.items():
            if value is None:
                self.store.delete(key)
            else:
                self.store.put(key, value)
        return self.unit.outputs

    def put(self, key: bytes | str | None, value: msgspec.Struct | bytes | None, topic: str = BILLING) -> list[Output]:
        return self.chunk(topic, self.record(key, value, topic=topic))

    def learn(self, *said: Asserted | Settled) -> list[Output]:
        """Return what it tells timelines; `settled` is what it answers on the topic itself."""
        outputs = self.chunk(IDENTITY, *(self.record(each.identifier, each, topic=IDENTITY) for each in said))
        return [out for out in outputs if out.topic != IDENTITY]

    def settled(self) -> list[Settled]:
        """Return the last chunk's answers to assertions, checking that each stands where its assertion does."""
        answers = []
        for out in self.unit.outputs:
            if out.topic == IDENTITY:
                answer = decoded(out)
                assert isinstance(answer, Settled)
                assert (out.key, out.partition) == (answer.identifier.encode(), self.partition)
                answers.append(answer)
        return answers


def balance(occurred_at: int = NOW) -> BalanceChanged:
    return BalanceChanged("e-1", "/billing", occurred_at, "A-1", 5000, "RUB", 7)


def linked(
    customer: str = "C1", start: int = 0, end: int | None = None, value: str = "8 916 123-45-67"
) -> IdentifierLinked:
    return IdentifierLinked("e-2", "/crm", NOW, customer, "msisdn", value, start, end)


def link(customer: str = "C1", start: int = 0, end: int | None = None, at: int = NOW) -> Asserted:
    return Asserted(NUMBER, customer, True, at, "e-2", "/crm", start, end)  # noqa: FBT003 - a field


def unlink(customer: str, end: int) -> Asserted:
    return Asserted(NUMBER, customer, False, NOW, "e-3", "/crm", None, end)  # noqa: FBT003 - a field


def decoded(output: Output) -> msgspec.Struct:
    assert output.value is not None
    return CODEC.decode(output.value, output.headers, load().topics[output.topic])


def customers(outputs: list[Output]) -> list[str]:
    """Return whose timelines the outputs are on, checking that each is on its customer's partition."""
    for out in outputs:
        assert out.topic == TIMELINE
        assert out.key is not None
        assert out.partition == partition_for(out.key, N)
    return [(out.key or b"").decode() for out in outputs]


def reason(outputs: list[Output]) -> str:
    (out,) = outputs
    assert out.topic.endswith(".dlq")
    return (dict(out.headers)["hub_reason"] or b"").decode()
