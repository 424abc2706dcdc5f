"""One seed's run: a few customers' stories on a cluster under fire, and everything that must hold afterwards."""

import asyncio
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from agents.customer import walk
from hub.composition import boxes
from operator_day.day import live
from operator_day.ledger import Ledger
from operator_day.plan import DayPlan
from operator_day.reconcile import reconcile
from operator_day.script import Script
from operator_day.stories import REPERTOIRE, Story
from schemas import load
from tests.simulation.chaos import Chaos
from tests.simulation.cluster import Cluster, DoesNotSettle

DAY_START: Final = 1_760_000_000_000 - 1_760_000_000_000 % 86_400_000
_STORIES: Final = 4
_NEIGHBOURS: Final = 4
_TROUBLES: Final = 12
_PLAIN: Final = 0.25
"""Share of the seeds that run without transactions."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a seed came to.

    Attributes:
        seed: The seed.
        findings: What was wrong; empty when all was right.
        events: Published.
        struck: Troubles that happened, in order: (number, kind).
        stories: Who played.
        is_transactional: Kind of broker.
    """

    seed: int
    findings: tuple[str, ...]
    events: int
    struck: tuple[tuple[int, str], ...]
    stories: tuple[str, ...]
    is_transactional: bool

    @property
    def counts(self) -> Counter[str]:
        """How often each kind of trouble struck."""
        return Counter(kind for _, kind in self.struck)


def play(seed: int, disabled: frozenset[int] = frozenset(), without: frozenset[str] = frozenset()) -> Outcome:
    """Run a seed.

    Args:
        seed: Decides everything.
        disabled: Numbers of troubles that do not happen.
        without: Names of stories that are left out.
    """
    rng = Random(f"run/{seed}")
    chaos = Chaos(seed, rng.random() >= _PLAIN, _TROUBLES, disabled)
    stories = cast(rng, without)
    ledger = Ledger()
    plan = DayPlan(seed=seed, customers=len(stories) + _NEIGHBOURS, day_start=DAY_START, bursts=100, json_percent=10.0)
    script = Script(plan, ledger, stories)
    cluster = Cluster(boxes(load()), ledger, chaos)
    findings: tuple[str, ...] = ()
    try:
        with _short_slices():
            asyncio.run(live(plan, ledger, cluster, script=script))
    except DoesNotSettle as fault:
        findings = (f"it does not settle: {fault}",)
    except Exception as fault:  # noqa: BLE001 - it would end the process, again and again: a finding of this seed
        at = traceback.extract_tb(fault.__traceback__)[-1]
        findings = (f"a worker raises {type(fault).__name__} at {Path(at.filename).name}:{at.lineno}: {fault}",)
    finally:
        cluster.close()
    if not findings:
        report = reconcile(ledger, cluster.observed, has_transactions=chaos.is_transactional)
        findings = report.findings
    names = tuple(story.__name__ for story in stories)
    return Outcome(seed, findings, ledger.events(), tuple(chaos.struck), names, chaos.is_transactional)


@contextmanager
def _short_slices() -> Iterator[None]:
    """Let an outage reach two customers at a time: few as they are, a worker is to die among them."""
    usual, walk.SLICE = walk.SLICE, 2  # type: ignore[misc]  # a constant to everybody else
    try:
        yield
    finally:
        walk.SLICE = usual  # type: ignore[misc]  # the same


def cast(rng: Random, without: frozenset[str]) -> Sequence[Story]:
    """Choose who plays."""
    chosen = rng.sample([each.story for each in REPERTOIRE], _STORIES)
    return [story for story in chosen if story.__name__ not in without]
