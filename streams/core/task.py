"""A task: partition k of all sources of a box, folded and committed as one.

States: created -> `open()` -> open -> `close()` -> closed. A task that failed is never used again.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from streams.core.errors import RecoveryFailed
from streams.core.fold import Box, Fold, FoldContext, Unit
from streams.core.keys import in_turn
from streams.core.meta import META_KEY, Meta
from streams.core.pace import CommitPace
from streams.core.ports import Commit, Limits, Observer, TaskLog
from streams.core.records import Millis, Record
from streams.guard import Brake


class _Pending(NamedTuple):
    unit: Unit
    size: int
    since: float


class Task:
    """Folds chunks at once and commits them in groups; the only writer of its state.

    After a crash at any point the next owner starts from the last commit: what was folded but not committed is
    folded again from the same records.

    Args:
        box: What to do.
        context: What the fold may use; its store is this task's alone.
        log: This task's half of the log.
        observer: Who watches.
        limits: How much may wait.
        pace: Shared by the tasks of a worker; each has its own unless given.

    Attributes:
        commits: How many succeeded.
    """

    def __init__(
        self,
        box: Box,
        context: FoldContext,
        log: TaskLog,
        observer: Observer,
        limits: Limits,
        pace: CommitPace | None = None,
    ) -> None:
        self.box, self.partition = box, context.partition
        self._context, self._log, self._observer, self._limits = context, log, observer, limits
        self._clock, self._store, self._pace = context.clock, context.store, pace or CommitPace()
        self._brake = Brake(limits.brake_in_a_row, limits.brake_fraction, limits.brake_window)
        self._fold: Fold = box.fold(context)
        self._next: dict[str, int] = {}
        self._pending: list[_Pending] = []
        self._committing: list[_Pending] = []
        self._wake, self._urgent, self._idle = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._idle.set()
        self.is_open = self.is_braked = self._is_closed = False
        self.commits = 0

    async def open(self) -> dict[str, int | None]:
        """Become the owner and read the state back.

        The order matters: fence, then committed offsets, then the changelog's end. Read earlier, a former owner's
        last commit could slip in between. Nothing is written but the fence; see docs/guarantees.md.

        Returns:
            The next offset to read per source; None means the source's beginning.

        Raises:
            RecoveryFailed: state and committed offsets do not agree, records were deleted unread or a source taken
                back, or the task was closed meanwhile.
        """
        started = self._clock.monotonic()
        self._observer.task_state(self.box.name, self.partition, "recovering")
        await self._log.fence()
        committed = await self._log.committed()
        meta: list[Meta] = []

        def put(key: bytes, value: bytes | None) -> None:
            if key == META_KEY:
                meta[:] = [Meta.decode(value)] if value is not None else []
            elif value is None:
                self._store.delete(key)
            else:
                self._store.put(key, value)

        records = await self._log.read_changelog(put)
        known = {topic: offset for topic, offset in committed.items() if offset is not None}
        self._next = self._agree(meta[0] if meta else None, known)
        self._check_bounds(await self._log.earliest(), await self._log.latest())
        if meta:
            self._fold.now = meta[0].now
        self._fold.restored()
        if self._is_closed:  # revoked meanwhile: whoever closed it has said so already
            raise RecoveryFailed(f"{self!r} was closed while it opened")
        if self._next != known:
            # The group forgot, or a crash came between changelog and offsets: else it would seem to lag until the
            # next record comes.
            self._queue(Unit(), 0, self._clock.monotonic())
        self.is_open = True
        self._observer.recovered(self.box.name, self.partition, records, self._clock.monotonic() - started)
        self._observer.task_state(self.box.name, self.partition, "open")
        return {topic: self._next.get(topic) for topic in self.box.sources}

    def _agree(self, meta: Meta | None, committed: dict[str, int]) -> dict[str, int]:
        """META is the truth: it replaces a committed offset that is missing, and one must not contradict it.

        Where a reset is accepted the committed offset counts: what is read again is known by its duplicates.
        """
        if meta is None:
            if committed:
                self._doubt("offsets are committed but the changelog holds no state for them")
            return committed
        agreed = dict(meta.offsets)
        for topic, offset in committed.items():
            known = meta.offsets.get(topic, 0)
            if offset > known or (self._log.is_transactional and offset != known):
                self._doubt(f"committed offset {offset} of {topic}, but its state ends at {known}")
                agreed[topic] = offset
        return agreed

    def _check_bounds(self, earliest: Mapping[str, int], latest: Mapping[str, int]) -> None:
        """What retention deleted before it was read, or was written to a source made anew: nobody passes it unseen."""
        for topic, first in earliest.items():
            # Without an entry in META nobody would know later that what comes now was not read.
            known = self._next.setdefault(topic, first) if topic in latest else self._next.get(topic, first)
            if known < first:
                self._doubt(f"{first - known} offsets of {topic} were deleted before they were read")
                self._next[topic] = first
        for topic, end in latest.items():
            known = self._next.get(topic, end)
            if known > end:
                self._doubt(f"{topic} ends at {end}, but its state at {known}: it was taken back or made anew")
                self._next[topic] = earliest.get(topic, end)

    def _doubt(self, what: str) -> None:
        """Do nothing where a reset is accepted.

        Raises:
            RecoveryFailed: it is not; the text names the way out.
        """
        if not self._limits.is_reset_accepted:
            raise RecoveryFailed(
                f"task {self.box.name}-{self.partition}: {what}; `hub worker --accept-reset` goes on from there"
            )

    def apply(self, topic: str, records: Sequence[Record], end: int = 0) -> int:
        """Fold what of `records` was not folded before, and queue it for the next commit. Never blocks.

        Args:
            topic: Logical name of the source.
            records: One fetched chunk, offsets rising; gaps are legal, an overlap with the past is cut off.
            end: The next offset to read, where it is further than the one behind the last record: what nobody may
                read (a transaction's marker) must not look unread when retention has taken it.

        Returns:
            How many were folded.
        """
        start = self._next.get(topic, 0)
        if records and records[0].offset < start:
            records = [r for r in records if r.offset >= start]
        if not records or not self.is_open or self.is_braked:
            return 0
        began, unit = self._clock.monotonic(), Unit()
        self._fold.fold(topic, records, unit)
        size = self._absorb(unit)
        self._next[topic] = max(records[-1].offset + 1, end)
        self._queue(unit, size, began)
        urgent = self.box.urgent
        if topic in urgent or (urgent and any(output.topic in urgent for output in unit.outputs)):
            self._urgent.set()
        age = None if self._clock.is_log else max(0.0, (self._clock.now() - records[0].timestamp) / 1000)
        self._observer.applied(self.box.name, topic, len(records), self._clock.monotonic() - began, age)
        if self._brake.observe(len(records), unit.dead_letters):
            self.is_braked = True
            self._observer.task_state(self.box.name, self.partition, "braked")
        return len(records)

    def _queue(self, unit: Unit, size: int, since: float) -> None:
        self._pending.append(_Pending(unit, size, since))
        self._idle.clear()
        self._wake.set()

    def _absorb(self, unit: Unit) -> int:
        """Write the unit's changes to the store; return the bytes that the commit will carry."""
        changes = unit.changes
        self._store.update(changes)
        carried = (changes, changes.values(), [out.value for out in unit.outputs])
        return sum(sum(map(len, filter(None, each))) for each in carried)

    async def commit_pending(self) -> None:
        """Commit everything folded so far, as one.

        Raises:
            CommitFailed: the task is lost; the process must not go on with it.
        """
        self._wake.clear()
        self._urgent.clear()
        if not self._pending:
            return
        self._committing, self._pending = self._pending, []
        began = self._clock.monotonic()
        commit, tallies = self._merge([p.unit for p in self._committing])
        meta = Meta(dict(commit.offsets), self._fold.now).encode()
        await self._log.commit(commit, (META_KEY, meta))
        self._committing = []
        self.commits += 1
        self._observer.committed(self.box.name, self._clock.monotonic() - began, tallies)
        if not self._pending:
            self._idle.set()

    def _merge(self, units: Sequence[Unit]) -> tuple[Commit, dict[tuple[str, tuple[str, ...]], int]]:
        """Return the units as one commit: the last value of a key wins, outputs are all sent."""
        merged = units[0]
        if len(units) > 1:
            merged = Unit()
            for unit in units:
                merged.changes.update(unit.changes)
                merged.outputs += unit.outputs
                for (metric, labels), count in unit.tallies.items():
                    merged.tally(metric, *labels, count=count)
        changes = merged.changes if self._log.is_transactional else in_turn(merged.changes)
        return Commit(changes, merged.outputs, dict(self._next)), merged.tallies

    async def run(self) -> None:
        """Commit whenever something waits, until cancelled.

        Raises:
            CommitFailed: see `commit_pending`; a commit over its time limit raises TimeoutError.
        """
        while True:
            await self._wake.wait()
            await self._turn()
            began = self._clock.monotonic()
            async with asyncio.timeout(self._limits.commit_timeout_seconds):
                await self.commit_pending()
            await self._unless_urgent(self._limits.commit_spacing_seconds - (self._clock.monotonic() - began))

    async def _turn(self) -> None:
        """Wait for this task's turn among those of the worker, and no longer once a person waits."""
        await self._unless_urgent(self._pace.turn(self._clock.monotonic()))
        if self._urgent.is_set() and (pause := self._pace.urgent_turn(self._clock.monotonic())):
            await asyncio.sleep(pause)

    async def _unless_urgent(self, seconds: float) -> None:
        if seconds > 0 and not self._urgent.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._urgent.wait()

    async def close(self, budget_seconds: float) -> bool:
        """Take no more, let what was folded commit within the budget, else forget it.

        Whoever runs `run()` cancels it afterwards.

        Returns:
            True when everything folded is committed.
        """
        self.is_open, self._is_closed = False, True
        try:
            async with asyncio.timeout(budget_seconds):
                await self._idle.wait()
        except TimeoutError:
            pass
        is_clean = not (self._pending or self._committing)
        await self._log.close()
        self._observer.task_state(self.box.name, self.partition, "closed")
        return is_clean

    @property
    def is_congested(self) -> bool:
        """True while more is folded than committed than the limits allow; the adapter pauses the sources."""
        waiting = [*self._committing, *self._pending]
        if not waiting:
            return False
        if sum(p.size for p in waiting) > self._limits.in_flight_bytes:
            return True
        return self._clock.monotonic() - waiting[0].since > self._limits.in_flight_seconds

    @property
    def position(self) -> int:
        """Sum of the next offsets of all sources: it grows with every chunk."""
        return sum(self._next.values())

    @property
    def is_settled(self) -> bool:
        """True when everything folded is committed."""
        return self._idle.is_set()

    def next_due(self) -> Millis | None:
        """Return when the task's earliest timer is due, or None."""
        return self._fold.next_due() if self.is_open else None

    def __repr__(self) -> str:
        return f"Task({self.box.name}-{self.partition}, {'open' if self.is_open else 'closed'})"
