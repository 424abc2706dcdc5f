"""Two minutes of the chaos programme; `make chaos` is the same for longer."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.plan import ChaosPlan
from tests.chaos.run import run

MOST_KINDS = 8

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(900)]


@pytest.fixture
def say() -> Callable[[str], None]:
    return print


async def test_two_minutes_of_chaos_lose_double_and_falsify_nothing(tmp_path: Path, say: Callable[[str], None]) -> None:
    plan = ChaosPlan(seed=1, minutes=2.0, customers=400, slice_seconds=3600, directory=tmp_path)
    verdict = await run(plan, say)
    assert verdict.findings() == []
    assert verdict.is_right
    assert len(verdict.counts) >= MOST_KINDS
