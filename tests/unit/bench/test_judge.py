"""A wrong result must not pass for a figure."""

from bench.judge import judge
from operator_day import Ledger
from operator_day.events import Coordinates, Event, Fate
from operator_day.observer import Observed, Seen
from schemas import wire
from schemas.records import Account, Context, TopicCount

BILLING = "billing.account.v1"
USAGE = "usage.record.v1"


def a_day() -> Ledger:
    """Two usage events (one twice) of c-1 who plays in no story; c-2's story has an event nobody claims."""
    ledger = Ledger(stories={"c-1": "background", "c-2": "moves"})
    for offset, fate in enumerate((Fate("c-1"), Fate("c-1", is_duplicate=True), Fate("c-2"), Fate(reason="unclaimed"))):
        event = Event(USAGE, b"key", b"value", (), 1, "murmur2", fate, "story")
        ledger.take(event, Coordinates(USAGE, 0, offset))
    ledger.know("c-1", ("balance", "A"), 500)
    return ledger


def seen(
    *, applied: int = 1, others: int = 1, duplicates: int = 1, balance: int = 500, letters: tuple[int, ...] = (3,)
) -> Observed:
    contexts = {
        b"c-1": context("c-1", applied, duplicates, balance),
        b"c-2": context("c-2", others, 0, balance),
    }
    return Observed(contexts=contexts, day_contexts=dict(contexts), dead_letters=[dead_letter(at) for at in letters])


def context(customer: str, applied: int, duplicates: int, balance: int) -> bytes:
    account = Account(account_id="A", balance_minor=balance, currency="RUB", balance_version=1)
    counts = (TopicCount(topic=USAGE, applied=applied, duplicate=duplicates),)
    return wire.encode(
        Context(
            customer_id=customer, version=1, decided_at=1, activation=1, changed_sections=(),
            accounts=(account,), counts=counts,
        )
    )  # fmt: skip


def dead_letter(offset: int) -> Seen:
    headers = (
        ("hub_reason", b"unclaimed"), ("hub_topic", USAGE.encode()),
        ("hub_partition", b"0"), ("hub_offset", str(offset).encode()),
    )  # fmt: skip
    return Seen(f"{USAGE}.dlq", 0, offset, 1, b"key", b"value", headers)


def test_a_day_that_adds_up_is_right() -> None:
    verdict = judge(a_day(), seen())

    assert verdict.is_right
    assert [(end.topic, end.sent, end.applied, end.duplicates, end.dead_letters) for end in verdict.ends] == [
        (USAGE, 4, 2, 1, 1)
    ]
    assert verdict.checked == 3  # applied, duplicates and the balance of the one without a story


def test_a_lost_event_is_found() -> None:
    verdict = judge(a_day(), seen(others=0))

    assert not verdict.is_right
    assert f"{USAGE}: 4 sent, 3 ended somewhere" in verdict.faults


def test_a_lost_and_a_doubled_event_do_not_make_up_for_each_other() -> None:
    verdict = judge(a_day(), seen(applied=2, others=0))

    assert verdict.ends[0].is_right
    assert not verdict.is_right


def test_a_duplicate_that_was_applied_is_found() -> None:
    assert not judge(a_day(), seen(applied=2, duplicates=0)).is_right


def test_another_balance_is_found() -> None:
    assert not judge(a_day(), seen(balance=501)).is_right


def test_a_dead_letter_twice_is_found() -> None:
    assert not judge(a_day(), seen(letters=(3, 3))).is_right


def test_a_story_may_end_either_way() -> None:
    # Its link may be read before or after its event, when the topics are read at full speed.
    assert judge(a_day(), seen(others=2, letters=())).is_right


def test_a_message_to_somebody_without_a_story_is_found() -> None:
    from schemas.records import Suppressed  # noqa: PLC0415

    observed = seen()
    suppressed = Suppressed(
        message_id="m", customer_id="c-1", purpose="balance.low", message_class="service", reason="cap",
        cause_event_id="e", cause_source="s", decided_at=1, activation=1,
    )  # fmt: skip
    observed.suppressions.append(Seen("message.suppression.v1", 0, 0, 1, b"c-1", wire.encode(suppressed), ()))

    assert not judge(a_day(), observed).is_right


def test_faults_name_no_customer() -> None:
    assert "c-1" not in " ".join(judge(a_day(), seen(applied=0, balance=1)).faults)
