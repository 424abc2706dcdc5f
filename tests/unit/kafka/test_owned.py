"""What is left of a task that is closed."""

import asyncio
from typing import Any

import pytest

from streams.kafka.names import Names
from streams.kafka.owned import OwnedTask
from streams.kafka.tasklog import Tip, Warm
from streams.memory import MemoryTaskLog
from streams.store import MemoryStore
from tests.builders.sums import Bench

WARM = Warm(MemoryStore(), Tip((b"", b""), {"a": 3}))


def owned_by(bench: Bench) -> OwnedTask:
    log: Any = None  # asked for its tip only where it is Kafka's
    return OwnedTask(bench.task(), log, MemoryStore(), Names("", "hub"), WARM)


async def test_what_a_task_was_to_be_opened_with_is_kept_when_it_goes_before_it_is_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reached = asyncio.Event()

    async def wait(*_: object) -> int:
        reached.set()
        await asyncio.Event().wait()
        return 0

    monkeypatch.setattr(MemoryTaskLog, "read_changelog", wait)
    owned = owned_by(Bench())
    opening = asyncio.create_task(owned.open())
    await reached.wait()
    assert await owned.close(1) is WARM
    opening.cancel()
    await asyncio.wait([opening])


async def test_a_task_that_was_open_is_not_what_it_was_opened_with() -> None:
    owned = owned_by(Bench())
    await owned.open()
    assert await owned.close(1) is None
