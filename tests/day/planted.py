"""A day in memory whose report tells whether it adds up, with the hub's rules or with one planted wrong."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from hub.composition import boxes
from operator_day.day import live
from operator_day.ledger import Ledger
from operator_day.plan import DayPlan
from operator_day.reconcile import reconcile
from operator_day.report import Report
from operator_day.script import Script
from operator_day.stories import Story
from schemas import load
from tests.unit.operator_day.memory_stage import MemoryStage

Plant = Callable[[pytest.MonkeyPatch], None]


def returning(target: Any, name: str, value: Any) -> Plant:
    """Plant a function that says `value` whatever it is asked."""
    return lambda patch: patch.setattr(target, name, lambda *_, **__: value)


async def a_day(
    plan: DayPlan, stories: Sequence[Story] | None = None, kind: type[MemoryStage] = MemoryStage, chunk: int = 500
) -> Report:
    """Live the day of `plan` and reconcile it; `stories` says what is played, everything unless given."""
    ledger = Ledger()
    stage = kind(ledger, boxes(load()), chunk)
    seconds = await live(plan, ledger, stage, script=Script(plan, ledger, stories))
    return reconcile(ledger, stage.observed, has_transactions=True, seconds=seconds)


async def a_day_of(
    stories: Sequence[Story],
    seed: int = 1,
    slice_seconds: int = 3_600,
    chunk: int = 500,
    *,
    others: int = 0,
    kind: type[MemoryStage] = MemoryStage,
) -> Report:
    """Live a day on which each story has its customer, and `others` have none."""
    plan = DayPlan(seed=seed, customers=len(stories) + others, bursts=0, slice_seconds=slice_seconds)
    return await a_day(plan, stories, kind, chunk)
