"""Workers of a simulated hub: each owns tasks, folds what it is handed, commits step by step, and can die anywhere."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from streams.core.errors import TaskError
from streams.core.fold import Box, FoldContext
from streams.core.ports import Limits, NullObserver
from streams.core.task import Task
from streams.memory import MemoryRecord
from streams.store import MemoryStore
from tests.simulation.broker import GappyBroker, SimLog
from tests.simulation.chaos import Chaos

_TAKES: Final = 0.4
"""How often a task takes records before it goes on with its commit, or begins one."""

TaskName = tuple[str, int]
MakeContext = Callable[[int, MemoryStore], FoldContext]


@dataclass
class Machine:
    """Where a worker runs, and who replaces it. A hub leaves nothing there; an engine with local state would.

    Attributes:
        disk: What was left by task.
    """

    disk: dict[TaskName, MemoryStore] = field(default_factory=dict)


@dataclass
class OwnedTask:
    """A task in one worker's hands.

    Attributes:
        task: The real one.
        positions: Next offset to fetch by source.
        under_way: An opening or a commit that is not finished.
        is_leaving: Revoked: it takes nothing more and goes once all of it is committed.
    """

    task: Task
    positions: dict[str, int] = field(default_factory=dict)
    under_way: Coroutine[Any, Any, None] | None = None
    is_leaving: bool = False


class SimWorker:
    """One process.

    Args:
        broker: What outlives it.
        make_context: What its folds may use.
        chaos: What strikes within its commits.
        machine: Where it runs.
    """

    def __init__(self, broker: GappyBroker, make_context: MakeContext, chaos: Chaos, machine: Machine) -> None:
        self.tasks: dict[TaskName, OwnedTask] = {}
        self.machine = machine
        self._broker, self._make_context = broker, make_context
        self._chaos = chaos
        self.is_dead = False

    def take(self, box: Box, partition: int) -> None:
        """Begin to open a task."""
        name = (box.name, partition)
        chaos = self._chaos
        log = SimLog(
            self._broker,
            name,
            box.sources,
            is_transactional=chaos.is_transactional,
            trouble=chaos.in_a_commit,
            slowness=chaos.slowness,
        )
        task = Task(box, self._make_context(partition, MemoryStore()), log, NullObserver(), Limits())
        owned = self.tasks[name] = OwnedTask(task)
        owned.under_way = self._open(owned)

    async def _open(self, owned: OwnedTask) -> None:
        owned.positions = {topic: at or 0 for topic, at in (await owned.task.open()).items()}

    def die(self) -> None:
        """End at once: whatever was under way stays where it is."""
        self.is_dead = True
        for owned in self.tasks.values():
            if owned.under_way is not None:
                owned.under_way.close()
        self.tasks.clear()

    def act(self, name: TaskName, rng: Random) -> bool:
        """Let one thing happen to a task: a step of what is under way, a delivery, or the beginning of a commit.

        Returns:
            False when there is nothing to do.
        """
        owned = self.tasks[name]
        can_take = owned.task.is_open and bool(owned.positions) and not owned.is_leaving
        if can_take and rng.random() < _TAKES and self._deliver(owned, rng):
            return True
        if owned.under_way is not None:
            self._step(owned)
            return True
        if not owned.task.is_settled:
            owned.under_way = owned.task.commit_pending()
            return True
        if owned.is_leaving:
            del self.tasks[name]
            return True
        return can_take and self._deliver(owned, rng)

    def _step(self, owned: OwnedTask) -> None:
        """Go on to the next pause. A commit or an opening that fails ends the process, as it does in production."""
        if owned.under_way is None:
            return
        try:
            owned.under_way.send(None)
        except StopIteration:
            owned.under_way = None
        except TaskError:
            owned.under_way = None
            self.die()

    def _deliver(self, owned: OwnedTask, rng: Random) -> bool:
        read, partition = self._broker.is_read, owned.task.partition
        sources = [topic for topic, at in owned.positions.items() if not read(topic, partition, at)]
        if not sources:
            return False
        topic = rng.choice(sources)
        records = self._waiting(owned, topic, rng.choice((1, 3, 20, 200)))
        owned.positions[topic] = records[-1].offset + 1
        owned.task.apply(topic, records)
        return True

    def _waiting(self, owned: OwnedTask, topic: str, limit: int = 1) -> list[MemoryRecord]:
        return self._broker.read(topic, owned.task.partition, owned.positions[topic], limit)

    def redeliver(self, rng: Random) -> None:
        """Read some source once more from an earlier place, as after a reset or a reconnection."""
        open_tasks = [owned for owned in self.tasks.values() if owned.positions]
        if open_tasks:
            owned = rng.choice(open_tasks)
            topic = rng.choice(sorted(owned.positions))
            owned.positions[topic] = max(0, owned.positions[topic] - rng.choice((1, 5, 50)))
