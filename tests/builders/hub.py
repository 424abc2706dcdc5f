"""The whole hub on the memory broker: a log of slices goes in, everything it committed can be read off."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from agents.customer import progress
from agents.customer.decide import Decisions
from agents.mailbox.model import LETTERS, Letter
from hub.composition import boxes
from schemas import load
from schemas.records import (
    BalanceLevels,
    ClockReached,
    ConfigActivated,
    ContactPolicy,
    Context,
    Entry,
    MessageDelivered,
    MessageFailed,
    Requested,
    Templates,
)
from streams.codec import Codec
from streams.core.errors import CommitFailed
from streams.core.fold import Box, FoldContext
from streams.core.keys import split_key
from streams.core.partitioner import partition_for
from streams.core.records import Header
from streams.memory import MemoryBroker, MemoryHub, MemoryRecord, VirtualClock
from streams.store import MemoryStore
from streams.topics import TIMELINE

N: Final = 2
CATALOGUE: Final = load()
CODEC: Final = Codec(CATALOGUE)
CONTEXT, REQUEST, SUPPRESSION = "customer.context.v1", "message.request.v1", "message.suppression.v1"
DELIVERY, CLOCK = "message.delivery.v1", "config.clock.v1"
CONFIG_TOPICS: Final = {topic.name for topic in CATALOGUE.control_topics()}
Config = BalanceLevels | ContactPolicy | Templates
_KINDS: Final[dict[type[Config], str]] = {BalanceLevels: "levels", ContactPolicy: "policy", Templates: "template"}


class Post(NamedTuple):
    """A record for a public topic; `at` becomes its Kafka timestamp, its place is Java's unless it is given."""

    topic: str
    key: bytes | None
    value: bytes | None
    at: int
    headers: tuple[Header, ...] = ()
    partition: int | None = None


Slice = Sequence[Post]
"""What is published at once; the hub comes to rest after it, and the clock is brought to its end."""


class Crashes:
    """Fails the commits' steps of these numbers, counted from 0 over all tasks."""

    def __init__(self, *at: int) -> None:
        self.at, self.steps = frozenset(at), 0

    def __call__(self, step: str) -> None:
        """Count a step of a commit."""
        self.steps += 1
        if self.steps - 1 in self.at:
            raise CommitFailed(step)


class HubRun:
    """One run of the hub from nothing.

    Args:
        chunk: Most records that a task takes at once.
        crashes: Where it dies; it starts again from what the broker has.
        is_transactional: Kind of broker.
        decided: What to decide by, the hub's own rules unless given.
        only: Names of the boxes that run; all unless given.
    """

    def __init__(
        self,
        *,
        chunk: int = 500,
        crashes: Crashes | None = None,
        is_transactional: bool = True,
        decided: Decisions | None = None,
        only: str | None = None,
        broker: MemoryBroker | None = None,
    ) -> None:
        self.broker = broker or MemoryBroker()
        self.log: list[Slice] = []
        self.now = 0
        self._crashes = crashes or Crashes()
        self._boxes: list[Box] = [box for box in boxes(CATALOGUE, decided) if only in (None, box.name)]
        self._chunk, self._is_transactional = chunk, is_transactional
        self._answered: set[str] = set()

    # running

    def play(self, log: Iterable[Slice], *, has_gateway: bool = False) -> "HubRun":
        """Publish every slice and let the hub come to rest after each; with a gateway, messages are answered."""
        asyncio.run(self._play(log, has_gateway=has_gateway))
        return self

    async def _play(self, log: Iterable[Slice], *, has_gateway: bool) -> None:
        self._hub = self._fresh()
        await self._until_it_holds(self._hub.start)
        await self._settle()
        for slice_ in log:
            await self._slice(slice_)
            while has_gateway and (answers := self._answers()):
                await self._slice(answers)

    async def _slice(self, slice_: Slice) -> None:
        self.log.append(slice_)
        for post in slice_:
            self._put(post)
        await self._settle()
        self.now = max(self.now, *(post.at for post in slice_))
        if all(post.topic not in CONFIG_TOPICS for post in slice_):
            self._put(tick(self.now))
            await self._settle()

    def _put(self, post: Post) -> MemoryRecord:
        place = post.partition
        if post.topic in CONFIG_TOPICS:
            place = 0
        elif place is None:
            place = partition_for(post.key, N) if post.key else 0
        return self.broker.append(post.topic, place, post.key, post.value, post.headers, post.at)

    async def _settle(self) -> None:
        await self._until_it_holds(self._hub.settle)

    async def _until_it_holds(self, step: Callable[[], Any]) -> None:
        while True:
            try:
                await step()
            except CommitFailed:
                self._hub = self._fresh()
                step = self._restart
            else:
                return

    async def _restart(self) -> None:
        await self._hub.start()
        await self._hub.settle()

    def _fresh(self) -> MemoryHub:
        def context(partition: int, store: MemoryStore, clock: VirtualClock) -> FoldContext:
            return FoldContext(partition, N, store, clock, CODEC, CATALOGUE)

        return MemoryHub(
            self._boxes, context, N, self.broker, VirtualClock(is_log=True),
            is_transactional=self._is_transactional, chunk=self._chunk, step=self._crashes,
        )  # fmt: skip

    def _answers(self) -> Slice:
        """Answer every new message by its id: some arrive, some fail, some are never heard of."""
        new = [each for each in self.requests() if each.message_id not in self._answered]
        self._answered.update(each.message_id for each in new)
        answers = []
        for request in new:
            lot = int(request.message_id[0], 16)
            if lot < 12:
                kind = MessageFailed if lot < 6 else MessageDelivered
                event = kind(f"d-{request.message_id}", "/gw", self.now, request.message_id, request.channels[0])
                answers.append(post(DELIVERY, f"customer:{request.customer_id}", event, self.now))
        return answers

    # what came of it

    def messages(self) -> list[Any]:
        """Return requests, cancellations and suppressions, decoded, customer by customer, each topic in its order."""
        said = [decoded(r) for topic in (REQUEST, SUPPRESSION) for r in self.broker.records(topic)]
        return sorted(said, key=lambda each: each.customer_id)

    def requests(self) -> list[Requested]:
        """Return the messages asked for."""
        return [each for each in map(decoded, self.broker.records(REQUEST)) if isinstance(each, Requested)]

    def contexts(self) -> dict[str, Context]:
        """Return the last context of every customer."""
        return {each.customer_id: each for each in map(decoded, self.broker.records(CONTEXT))}

    def outputs(self) -> list[tuple[Any, ...]]:
        """Return all records for other people, as they stand, by topic and partition."""
        public = sorted(t.name for t in CATALOGUE.topics.values() if t.direction in {"out", "dlq"})
        return [
            (r.topic, r.partition, r.key, r.value, tuple(r.headers))
            for name in public
            for r in self.broker.records(name)
        ]

    def dead_letters(self) -> list[MemoryRecord]:
        """Return everything that was put aside."""
        names = sorted(t.name for t in CATALOGUE.topics.values() if t.direction == "dlq")
        return [record for name in names for record in self.broker.records(name)]

    def applied_in(self) -> dict[str, list[Any]]:
        """Return every real customer's events in the order of their timeline."""
        found: dict[str, list[Any]] = {}
        for record in self.broker.records(TIMELINE):
            entry = decoded(record)
            if isinstance(entry, Entry) and record.key is not None and not record.key.startswith(b"~"):
                headers = [(header.name, header.value) for header in entry.headers]
                event = CODEC.decode(entry.value or b"", headers, CATALOGUE.topics[entry.topic])
                found.setdefault(record.key.decode(), []).append(event)
        return found

    def sections(self) -> dict[tuple[str, str], bytes]:
        """Return the durable state of the customer box by (customer, section), read from its changelog."""
        state: dict[bytes, bytes] = {}
        for record in self.broker.records("customer-changelog"):
            if record.key is None or record.key.startswith(b"\x00meta"):
                continue
            state.pop(record.key, None)
            if record.value is not None:
                state[record.key] = record.value
        return {split_key(key): value for key, value in state.items()}

    def record(self) -> dict[tuple[str, str], Any]:
        """Return all customers' state without what only says how the log was read.

        That is positions, context versions, repetitions and where they came in a sequence, and the mailboxes, which
        are nobody's record.
        """
        state: dict[tuple[str, str], Any] = {}
        for (owner, section), value in self.sections().items():
            if section == progress.SECTION:
                known = progress.decode(value)
                known.position = known.version = 0
                known.sequences = {}
                for count in known.counts.values():
                    count.duplicate = 0
                state[owner, section] = msgspec.to_builtins(known)
            else:
                state[owner, section] = value
        return {place: value for place, value in state.items() if not place[0].startswith("~")}

    def letters(self) -> list[Letter]:
        """Return the events that wait in mailboxes."""
        return [
            msgspec.msgpack.decode(value, type=Letter)
            for (_, section), value in self.sections().items()
            if section.startswith(LETTERS)
        ]


def decoded(record: MemoryRecord) -> Any:
    """Return the typed record of one of the hub's own topics."""
    return CODEC.decoder(int.from_bytes((record.value or b"")[1:5], "big"))(record.value or b"", 5)


def post(topic: str, key: str, record: msgspec.Struct, at: int) -> Post:
    """Return a framed record under its key."""
    return Post(topic, key.encode(), CODEC.encode(record), at)


def tick(at: int) -> Post:
    """Return the record that brings the log's clock to `at`."""
    return post(CLOCK, "clock", ClockReached(), at)


def configured(at: int, *configs: Config) -> list[Slice]:
    """Return the slices that put the configurations into force."""
    topic = {"levels": "config.levels.v1", "policy": "config.policy.v1", "template": "config.template.v1"}
    kept = [post(topic[_KINDS[type(each)]], f"{each.config_id}@{each.version}", each, at) for each in configs]
    active = [
        post("config.activation.v1", kind, ConfigActivated(kind, each.config_id, each.version), at)
        for each in configs
        for kind in (_KINDS[type(each)],)
    ]
    return [kept, active]


def facts(context: Context) -> Any:
    """Return what a context says of its customer, without guards (levels) and without when and how it came about."""
    said = msgspec.to_builtins(context)
    for name in ("version", "decided_at", "activation", "changed_sections"):
        del said[name]
    for account in said["accounts"]:
        del account["lowest_level"]
    return said
