"""Messages that a test wants, and what became of them."""

from agents.message.model import Notice
from tests.builders.day import HOUR, Day, Step

LOW = "balance.low"
DAY = 24 * HOUR


def wants(phase: str = "1", useful: int = DAY, purpose: str = LOW) -> Step:
    def step(day: Day) -> None:
        notice = Notice(purpose, "a-1", phase, {"balance_minor": 5, "unknown": 1}, day.now + useful)
        day.machine.want(notice, day.now, cause=f"cause-{phase}")

    return step


def reasons(day: Day) -> list[str]:
    return [reason for _, reason in day.suppressions]


def sent_at(day: Day) -> list[int]:
    return [request.decided_at for request in day.requests]
