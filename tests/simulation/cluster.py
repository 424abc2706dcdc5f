"""A group of simulated workers over one broker, and what strikes it; a stage for the operator day."""

from collections.abc import Sequence
from random import Random
from typing import Final

from operator_day.events import Coordinates, Event, Fate
from operator_day.ledger import Ledger
from operator_day.observer import Observed
from operator_day.publisher import partition_for
from schemas import load
from schemas.records import Ticked
from streams.codec import Codec
from streams.core.fold import Box, FoldContext
from streams.memory import VirtualClock
from streams.store import MemoryStore
from streams.topics import TIMELINE
from tests.simulation.broker import GappyBroker
from tests.simulation.chaos import Chaos
from tests.simulation.workers import Machine, SimWorker, TaskName

PARTITIONS: Final = 2
WORKERS: Final = 3
_ZOMBIE_FIRST: Final = 0.5
_MOST_STEPS: Final = 200_000
_EVERYTHING: Final = 1_000_000
_CATALOGUE: Final = load()
_CODEC: Final = Codec(_CATALOGUE)
_SINGLE: Final = frozenset(topic.name for topic in _CATALOGUE.control_topics())
_READ: Final = tuple(t.name for t in _CATALOGUE.topics.values() if t.direction in {"out", "dlq", "internal"})


class DoesNotSettle(Exception):  # noqa: N818 - reads as what happened
    """The group does not come to rest although nothing strikes it any more."""


class Cluster:
    """Runs boxes on workers in an order that the seed decides.

    Args:
        boxes: The boxes.
        ledger: Where what is published is entered.
        chaos: What strikes.
    """

    def __init__(self, boxes: Sequence[Box], ledger: Ledger, chaos: Chaos) -> None:
        self.broker, self.observed = GappyBroker(), Observed()
        self._ledger, self._chaos = ledger, chaos
        self._rng = Random(f"cluster/{chaos.seed}")
        self._boxes: dict[TaskName, Box] = {(box.name, k): box for box in boxes for k in range(box.tasks(PARTITIONS))}
        self._owners: dict[TaskName, SimWorker] = {}
        self._zombies: list[SimWorker] = []
        self._workers = [self._worker(Machine()) for _ in range(WORKERS)]
        self._last: list[Event] = []
        self._read: dict[tuple[str, int], int] = {}
        for name in self._boxes:
            self._assign(name)

    # the stage of a day

    async def publish(self, events: list[Event]) -> None:
        """Append a slice, with markers among it as other people's transactions leave them."""
        for event in events:
            self._append(event)
        self._last = [event for event in events if event.fate.customer is not None and event.topic not in _SINGLE]

    def _append(self, event: Event) -> None:
        partition = 0 if event.topic in _SINGLE else _place(event)
        if self._rng.random() < 0.05:
            self.broker.mark(event.topic, partition, self._rng.choice((1, 2, 1000)))
        put = self.broker.append(event.topic, partition, event.key, event.value, event.headers, event.timestamp)
        self._ledger.take(event, Coordinates(event.topic, partition, put.offset))

    async def through(self) -> None:
        """Let the world go on, trouble included, until everything is read and committed and nobody is missing.

        Raises:
            DoesNotSettle: it does not come to that.
        """
        for _ in range(_MOST_STEPS):
            kind = self._chaos.at_any_time()
            if kind is not None:
                self._strike(kind)
            if not (self._go_on() or self._tick()):
                break
        else:
            raise DoesNotSettle(f"after {_MOST_STEPS:,} steps")
        self._look()

    def close(self) -> None:
        """End everybody."""
        for worker in (*self._workers, *self._zombies):
            worker.die()

    # the world

    def _go_on(self) -> bool:
        """Let one thing happen somewhere; return False when there is nothing left to do."""
        self._bury()
        ready = [(owner, name) for name, owner in self._owners.items()]
        late = [(zombie, name) for zombie in self._zombies for name in zombie.tasks]
        self._rng.shuffle(ready)
        self._rng.shuffle(late)
        # Half the time who was taken for dead is the quickest: what it does before it is fenced is what matters.
        order = [*late, *ready] if self._rng.random() < _ZOMBIE_FIRST else [*ready, *late]
        return any(worker.act(name, self._rng) for worker, name in order)

    def _tick(self) -> bool:
        """Append a tick where something is due and nothing comes, as a task's owner does: an outage's walk needs it."""
        for (name, k), owner in self._owners.items():
            due = owner.tasks[name, k].task.next_due() if self._boxes[name, k].has_ticks else None
            if due is None:
                continue
            last = max((record.timestamp for record in self.broker.read(TIMELINE, k, 0, _EVERYTHING)), default=0)
            if due <= last:
                self.broker.append(TIMELINE, k, None, _CODEC.encode(Ticked()), (), last)
                return True
        return False

    def _bury(self) -> None:
        """Replace who died; a dead worker's tasks go to whoever the seed says."""
        for dead in [worker for worker in self._workers if worker.is_dead]:
            self._workers.remove(dead)
            self._workers.append(self._worker(dead.machine))
        self._zombies = [each for each in self._zombies if not each.is_dead and each.tasks]
        for name, owner in list(self._owners.items()):
            if owner.is_dead or (name not in owner.tasks):
                self._assign(name)

    def _assign(self, name: TaskName) -> None:
        owner = self._owners[name] = self._rng.choice(self._workers)
        if not owner.is_dead:  # else somebody else gets it once they are buried
            owner.take(self._boxes[name], name[1])

    def _worker(self, machine: Machine) -> SimWorker:
        def context(partition: int, store: MemoryStore) -> FoldContext:
            return FoldContext(partition, PARTITIONS, store, VirtualClock(is_log=True), _CODEC, _CATALOGUE)

        return SimWorker(self.broker, context, self._chaos, machine)

    def _strike(self, kind: str) -> None:
        worker = self._rng.choice(self._workers)
        match kind:
            case "crash":
                worker.die()
            case "crash-all":
                for each in self._workers:
                    each.die()
            case "leave":
                for owned in worker.tasks.values():
                    owned.is_leaving = True
            case "zombie":
                self._wake_elsewhere(worker)
            case "redeliver":
                worker.redeliver(self._rng)
            case "repeat":
                self._repeat()
            case _:
                raise ValueError(kind)

    def _wake_elsewhere(self, worker: SimWorker) -> None:
        """Take a worker for dead that is not: others open its tasks, and it goes on until it is fenced."""
        self._workers.remove(worker)
        self._workers.append(self._worker(worker.machine))
        self._zombies.append(worker)
        for name in [name for name, owner in self._owners.items() if owner is worker]:
            self._assign(name)

    def _repeat(self) -> None:
        """Let upstream send something of this slice once more; where a mailbox is full, that would be one too many."""
        known = [event for event in self._last if "overflow" not in event.story]
        if known:
            event = self._rng.choice(known)
            self._append(event._replace(fate=Fate(event.fate.customer, is_duplicate=True)))

    def _look(self) -> None:
        for topic in _READ:
            for partition in range(PARTITIONS):
                start = self._read.get((topic, partition), 0)
                new = self.broker.read(topic, partition, start, _EVERYTHING)
                if not new:
                    continue
                self._read[topic, partition] = new[-1].offset + 1
                self.observed.enter(topic, new)


def _place(event: Event) -> int:
    if event.key is None:
        return event.timestamp % PARTITIONS
    return partition_for(event.key, event.placement, PARTITIONS)
