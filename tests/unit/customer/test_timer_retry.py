"""A timer whose rule raises is tried again, whatever else goes wrong in the same chunk."""

from collections.abc import Sequence
from dataclasses import replace

from agents.customer.fold import TIMER_RETRY_MILLIS
from agents.customer.model import Capability, Customer, Moment
from agents.message.model import Effect
from schemas.records import TopupSucceeded
from tests.unit.customer.stage import DECISIONS, NOON, Stage, Sum, add, ring

RINGS = NOON + 60_000


def stage_that_fails_once() -> Stage:
    """Return a partition whose timer raises when it is due, and rings when it is tried again."""

    def fragile(customer: Customer, timer: str, moment: Moment) -> Sequence[Effect]:
        if moment.now < RINGS + TIMER_RETRY_MILLIS:
            raise ZeroDivisionError
        return ring(customer, timer, moment)

    capability = Capability("sum", {"sum": Sum}, {TopupSucceeded: add}, {"ring": fragile, "late": fragile})
    return Stage(replace(DECISIONS, capabilities=[capability]))


def test_a_failed_timer_is_tried_again_although_an_event_after_it_is_taken_back() -> None:
    stage = stage_that_fails_once()
    stage.given(stage.topup(7))
    stage.given(stage.topup(1, at=RINGS), stage.topup(666, at=RINGS + 1))
    assert stage.fold.next_due() is not None
    unit = stage.given(stage.topup(1000, at=RINGS + TIMER_RETRY_MILLIS + 1))
    (context,) = stage.contexts(unit)
    assert context.first_name == str(1_000_000 + 7 + 1 + 1000)
