"""A replayed event is applied once, however often it is replayed; and what a strict sequence makes of it."""

from collections.abc import Callable

import msgspec
import pytest

from agents.mailbox.rules import MAX_LETTERS
from hub.dlq.letter import letter_of
from hub.dlq.plan import record_to_replay
from schemas.records import BalanceChanged, IdentifierLinked, TopicCount, UsageRated
from tests.builders.hub import HubRun, Post, post

NUMBER = "79161234567"
KEY = f"msisdn:{NUMBER}"
BILLING, USAGE = "billing.account.v1", "usage.record.v1"
NOW = 1_772_000_000_000
MINUTE = 60_000
OVER = 3


def balance(number: int) -> BalanceChanged:
    return BalanceChanged(f"b-{number}", "/billing", NOW, "A-1", 1000 - number, "RUB", number)


def usage(number: int) -> UsageRated:
    return UsageRated(f"u-{number}", "/mediation", NOW, number, "voice", 1, 0, "RUB")


LINK = IdentifierLinked("l-1", "/crm", NOW, "C-1", "msisdn", NUMBER, 0)


def overflown(topic: str, event: Callable[[int], msgspec.Struct]) -> HubRun:
    """Publish three events more than a mailbox takes, then link their number."""
    events = [post(topic, KEY, event(number), NOW) for number in range(1, MAX_LETTERS + OVER + 1)]
    link = post("crm.customer.v1", "customer:C-1", LINK, NOW + MINUTE)
    return HubRun().play([events, [link], later(2)])


def later(minutes: int) -> list[Post]:
    """Return what lets contexts out: somebody else's event, and the clock with it."""
    other = IdentifierLinked(f"l-{minutes}", "/crm", NOW, "C-9", "msisdn", "79990000000", 0)
    return [post("crm.customer.v1", "customer:C-9", other, NOW + minutes * MINUTE)]


def replayed(run: HubRun, times: int, minutes: int = 3) -> list[Post]:
    """Return every dead letter's original, so many times over."""
    letters = [letter_of(record.topic.removesuffix(".dlq"), record) for record in run.dead_letters()]
    back = [record_to_replay(letter, is_log_clock=True) for letter in letters]
    return [
        Post(r.topic, r.key, r.value, NOW + minutes * MINUTE, tuple(r.headers), r.partition)
        for _ in range(times)
        for r in back
    ]


def counts(run: HubRun, topic: str) -> tuple[int, int]:
    found: TopicCount = next(each for each in run.contexts()["C-1"].counts if each.topic == topic)
    return found.applied, found.duplicate


@pytest.mark.parametrize("times", [1, 2, 5])
@pytest.mark.parametrize(("topic", "event"), [(BILLING, balance), (USAGE, usage)])
def test_replayed_event_is_applied_once_and_then_counted_as_a_duplicate(
    topic: str, event: Callable[[int], msgspec.Struct], times: int
) -> None:
    run = overflown(topic, event)
    assert len(run.dead_letters()) == OVER
    run.play([replayed(run, times), later(6)])
    assert counts(run, topic) == (MAX_LETTERS + OVER, OVER * (times - 1))
    assert len(run.dead_letters()) == OVER


def test_replayed_balance_ends_where_it_would_have_ended() -> None:
    run = overflown(BILLING, balance)
    run.play([replayed(run, 2), later(6)])
    (account,) = run.contexts()["C-1"].accounts
    assert account.balance_minor == 1000 - MAX_LETTERS - OVER


def test_replayed_usage_below_the_highest_number_that_came_is_a_duplicate_and_lost() -> None:
    """What an operator must know: a strictly ordered stream that went on has closed the gap for good."""
    run = overflown(USAGE, usage)
    ahead = post(USAGE, KEY, usage(MAX_LETTERS + OVER + 1), NOW + 3 * MINUTE)
    run.play([[ahead], replayed(run, 1, minutes=4), later(7)])
    assert counts(run, USAGE) == (MAX_LETTERS + 1, OVER)


def test_extra_header_reaches_the_timeline_and_changes_nothing() -> None:
    run = overflown(BILLING, balance)
    plain = [each._replace(headers=()) for each in replayed(run, 1)]
    other = overflown(BILLING, balance)
    run.play([replayed(run, 1), later(6)])
    other.play([plain, later(6)])
    assert run.record() == other.record()
    names = [name for record in run.broker.records(BILLING) for name, _ in record.headers]
    assert names == ["hub_replayed_from"] * OVER
