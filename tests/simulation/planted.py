"""Faults that engines of this kind have had, planted one at a time: the simulation must find each of them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import pytest

from agents.customer import dedup
from agents.customer.decide import Interpreter
from agents.customer.fold import CustomerFold
from agents.customer.work import Firing, Work
from streams.core.fold import Box
from streams.core.meta import META_KEY, Meta
from streams.core.ports import Commit, Put
from streams.core.records import Record
from streams.core.task import Task
from tests.simulation.broker import GappyBroker, SimLog
from tests.simulation.workers import SimWorker

Plant = Callable[[pytest.MonkeyPatch], None]


def commit_before_acknowledgement(patch: pytest.MonkeyPatch) -> None:
    """Offsets move on although the produce was refused."""
    right = SimLog._transact

    async def wrong(self: Any, commit: Commit, meta: tuple[bytes, bytes]) -> None:
        trouble, self._trouble = self._trouble, lambda _: None
        refused = [trouble(step) for step in ("begin", "produced", "acknowledged")]
        await right(self, Commit({}, (), commit.offsets) if any(refused) else commit, meta)
        self._trouble = trouble

    patch.setattr(SimLog, "_transact", wrong)


def offsets_before_outputs(patch: pytest.MonkeyPatch) -> None:
    """Without transactions the offsets are written first."""
    right = SimLog._write

    async def wrong(self: Any, commit: Commit, meta: tuple[bytes, bytes]) -> None:
        self._set_offsets(commit)
        self._broker.append(self.changelog, self._partition, *meta)
        await right(self, commit, meta)

    patch.setattr(SimLog, "_write", wrong)


def duplicates_not_told(patch: pytest.MonkeyPatch) -> None:
    """An event that comes twice is applied twice."""
    patch.setattr(dedup.Seen, "was_seen", lambda *_: False)


def offset_plus_one(patch: pytest.MonkeyPatch) -> None:
    """META says one too many."""
    right = Meta.encode

    def wrong(self: Meta) -> bytes:
        return right(Meta({topic: offset + 1 for topic, offset in self.offsets.items()}, self.now))

    patch.setattr(Meta, "encode", wrong)
    patch.setattr(Task, "_agree", lambda _self, meta, _committed: dict(meta.offsets) if meta else {})


def no_fence(patch: pytest.MonkeyPatch) -> None:
    """A worker that lost its tasks can still write for them."""
    patch.setattr(SimLog, "_check_fence", lambda _: None)


def fence_after_reading(patch: pytest.MonkeyPatch) -> None:
    """A new owner reads offsets and state first and fences then: a former owner's last commit slips in between."""
    right = Task.open

    async def wrong(self: Any) -> Any:
        fence = self._log.fence

        async def nothing() -> None:
            return None

        self._log.fence = nothing
        opened = await right(self)
        await fence()
        return opened

    patch.setattr(Task, "open", wrong)


def meta_ignored(patch: pytest.MonkeyPatch) -> None:
    """The committed offsets are taken for the truth, and the time of the task is forgotten."""
    patch.setattr(Task, "_agree", lambda _self, _meta, _committed: {})


def recovery_one_short(patch: pytest.MonkeyPatch) -> None:
    """The last record of the changelog before META is not read."""
    right = SimLog.read_changelog

    async def wrong(self: Any, put: Put) -> int:
        rows: list[tuple[bytes, bytes | None]] = []
        count = await right(self, lambda key, value: rows.append((key, value)))
        state = [place for place, (key, _) in enumerate(rows) if key != META_KEY]
        for place, row in enumerate(rows):
            if not state or place != state[-1]:
                put(*row)
        return count

    patch.setattr(SimLog, "read_changelog", wrong)


def stale_state(patch: pytest.MonkeyPatch) -> None:
    """A worker goes on with the state of a task that its machine still has, whoever had the task meanwhile."""
    right = SimWorker.take

    def wrong(self: SimWorker, box: Box, partition: int) -> None:
        right(self, box, partition)
        name = (box.name, partition)
        task: Any = self.tasks[name].task
        stale = self.machine.disk.get(name)
        self.machine.disk[name] = task._store
        if stale is not None:
            restored = task._fold.restored

            def over() -> None:
                for key, value in stale.items():
                    task._store.put(key, value)
                restored()

            task._fold.restored = over

    patch.setattr(SimWorker, "take", wrong)


def timer_fires_twice(patch: pytest.MonkeyPatch) -> None:
    """What a timer did is not remembered, so that it fires again after a restart."""
    right = Interpreter.fire

    def wrong(self: Any, work: Work, item: Firing) -> None:
        right(self, work, item)
        emits, applied = work.emits, work.applied
        work.reset()
        work.emits, work.applied = emits, applied

    patch.setattr(Interpreter, "fire", wrong)


def position_ignored(patch: pytest.MonkeyPatch) -> None:
    """Chunks that overlap what was read before are folded again."""

    def wrong(self: Any, topic: str, records: Sequence[Record]) -> None:
        self._next[topic] = 0
        right(self, topic, records)

    right = Task.apply
    patch.setattr(Task, "apply", wrong)


def timers_forgotten(patch: pytest.MonkeyPatch) -> None:
    """The due index is not rebuilt when a task opens."""
    right = CustomerFold.restored

    def wrong(self: Any) -> None:
        right(self)
        self._timers.load([])

    patch.setattr(CustomerFold, "restored", wrong)


def offsets_lost(patch: pytest.MonkeyPatch) -> None:
    """Source offsets are not part of the transaction and nobody minds."""
    patch.setattr(SimLog, "_set_offsets", lambda *_: None)
    right = GappyBroker.append

    def wrong(self: Any, topic: str, partition: int, key: bytes | None, value: bytes | None, *rest: Any) -> Any:
        if key == META_KEY and value is not None:
            value = Meta({}, Meta.decode(value).now).encode()
        return right(self, topic, partition, key, value, *rest)

    patch.setattr(GappyBroker, "append", wrong)


FAULTS: Final[Mapping[str, Plant]] = {
    plant.__name__: plant
    for plant in (
        commit_before_acknowledgement,
        offsets_before_outputs,
        duplicates_not_told,
        offset_plus_one,
        no_fence,
        fence_after_reading,
        meta_ignored,
        recovery_one_short,
        stale_state,
        timer_fires_twice,
        position_ignored,
        timers_forgotten,
        offsets_lost,
    )
}
