"""Faust's recovery, replaced: what a failed opening does to the worker, and a revocation in the middle of one."""

# ruff: noqa: SLF001 - Faust's private names, as the adapter uses them

import asyncio
import logging
from collections.abc import AsyncIterator, Collection
from typing import Any, cast

import pytest
from aiokafka.errors import IllegalStateError
from faust.types import TP

from schemas import load
from streams.codec import Codec
from streams.core.errors import RecoveryFailed
from streams.core.fold import Box
from streams.core.ports import NullObserver
from streams.kafka.app import HubApp, build_faust_app
from streams.kafka.recovery import TaskRecovery
from streams.kafka.runtime import Flow
from streams.settings import load as settings_of


class Consumer:
    """A consumer that has nothing."""

    def assignment(self) -> set[TP]:
        return set()


class Recovering:
    """An app whose recovery runs; a test says what each opening does."""

    def __init__(self) -> None:
        boxes = [Box("customer", ("hub.timeline.v1",), cast("Any", None))]
        self.app: HubApp = build_faust_app(settings_of(), boxes, Codec(load()), NullObserver())
        self.app.consumer = Consumer()
        self.deaths: list[object] = []
        self.app.runtime.exit = self.deaths.append
        self.recovery: TaskRecovery = self.app.tables.recovery
        self.opened, self.completed, self.flowing = 0, 0, 0
        self.app.runtime.open = self._open  # type: ignore[method-assign, assignment]  # what a test says
        self.recovery.on_recovery_completed = self._complete
        self.outcomes: list[BaseException | None] = []

    async def _open(self, _: Collection[TP], flow: Flow) -> None:
        self.opened += 1
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, asyncio.CancelledError):  # a revocation while it reads
            self.app.runtime.revocations += 1
            self.again()
            await asyncio.sleep(10)
        if outcome is not None:
            raise outcome
        await flow()
        self.flowing += 1

    async def _complete(self, _: int) -> None:
        self.completed += 1

    def again(self) -> None:
        self.recovery.signal_recovery_start.set()

    async def until(self, opened: int) -> None:
        self.again()
        async with asyncio.timeout(5):
            while self.opened < opened or self.outcomes:  # noqa: ASYNC110 - a loop of Faust's own
                await asyncio.sleep(0.001)
        await asyncio.sleep(0.01)


@pytest.fixture
async def recovering() -> AsyncIterator[Recovering]:
    found = Recovering()
    running = asyncio.create_task(found.recovery._restart_recovery(found.recovery))
    yield found
    running.cancel()
    await asyncio.wait([running])


async def test_tasks_that_opened_are_fed(recovering: Recovering) -> None:
    recovering.outcomes = [None]
    await recovering.until(opened=1)
    assert (recovering.completed, recovering.flowing, recovering.deaths) == (1, 1, [])


async def test_a_task_that_cannot_be_opened_ends_the_worker_with_its_reason(
    recovering: Recovering, caplog: pytest.LogCaptureFixture
) -> None:
    recovering.outcomes = [RecoveryFailed("task customer-0: 2 offsets were deleted before they were read")]
    with caplog.at_level(logging.CRITICAL):
        await recovering.until(opened=1)
    assert len(recovering.deaths) == 1
    assert "the worker ends: recovery failed: RecoveryFailed('task customer-0: 2 offsets were deleted" in caplog.text
    assert recovering.completed == 0


async def test_a_revocation_in_the_middle_begins_anew_and_ends_nobody(recovering: Recovering) -> None:
    recovering.outcomes = [asyncio.CancelledError(), None]
    await recovering.until(opened=2)
    assert (recovering.completed, recovering.flowing, recovering.deaths) == (1, 1, [])


async def test_an_opening_that_failed_because_it_was_revoked_ends_nobody(recovering: Recovering) -> None:
    class Revoked(RecoveryFailed):
        def __init__(self) -> None:
            super().__init__("task customer-0 is closed")

    async def revoked(_: Collection[TP], __: Flow) -> None:
        recovering.opened += 1
        recovering.app.runtime.revocations += 1
        raise Revoked

    recovering.app.runtime.open = revoked  # type: ignore[method-assign, assignment]  # what a test says
    await recovering.until(opened=1)
    assert (recovering.completed, recovering.deaths) == (0, [])


async def test_nothing_flows_after_a_revocation_that_came_while_tasks_were_opened(recovering: Recovering) -> None:
    async def late(_: Collection[TP], flow: Flow) -> None:
        recovering.opened += 1
        recovering.app.runtime.revocations += recovering.opened == 1
        await flow()

    recovering.app.runtime.open = late  # type: ignore[method-assign, assignment]  # what a test says
    await recovering.until(opened=1)
    assert (recovering.completed, recovering.deaths) == (0, [])


async def test_a_partition_that_goes_while_streams_are_sought_begins_anew(recovering: Recovering) -> None:
    async def gone(_: int) -> None:
        raise IllegalStateError("no current assignment")

    recovering.recovery.on_recovery_completed = gone
    recovering.outcomes = [None]
    await recovering.until(opened=1)
    assert (recovering.flowing, recovering.deaths) == (0, [])


async def test_a_recovery_of_minutes_is_no_error_of_fausts(
    recovering: Recovering, caplog: pytest.LogCaptureFixture
) -> None:
    recovery: Any = recovering.recovery
    recovery.stats_interval = 0.001
    recovery._set_recovery_started()
    recovery._recovery_started_at -= 60
    telling = asyncio.create_task(recovery._publish_stats(recovery))
    await asyncio.sleep(0.05)
    telling.cancel()
    await asyncio.wait([telling])
    assert caplog.records == []
