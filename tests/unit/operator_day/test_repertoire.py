"""The day sends every record that the contracts let upstream send, and each to a purpose."""

from typing import Any

import pytest

from hub.composition import boxes
from operator_day.day import live
from operator_day.events import Event
from operator_day.ledger import Ledger
from operator_day.pen import topics_that_upstream_writes
from operator_day.plan import DayPlan, recent_day
from schemas import load, wire
from tests.unit.operator_day.memory_stage import MemoryStage

PLAN = DayPlan(seed=3, customers=300, bursts=100, day_start=recent_day(1_800_000_000_000))


class Listening(MemoryStage):
    """Remembers which records were sent where; what is to be a dead letter does not count."""

    def __init__(self, *stage: Any) -> None:
        super().__init__(*stage)
        self.sent: set[tuple[str, str]] = set()

    async def publish(self, events: list[Event]) -> None:
        for event in events:
            if event.fate.reason is None and event.value is not None:
                kind = dict(event.headers).get("ce_type")
                name = wire.name_of(wire.decode(event.value)) if kind is None else kind.decode()
                self.sent.add((event.topic, name))
        await super().publish(events)


@pytest.mark.timeout(120)
async def test_every_record_that_upstream_may_send_is_sent() -> None:
    ledger = Ledger()
    stage = Listening(ledger, boxes(load()))
    await live(PLAN, ledger, stage)
    topics = (load().topics[name] for name in topics_that_upstream_writes())
    due = {(topic.name, record_type.name) for topic in topics for record_type in topic.records}
    assert due - stage.sent == set()
