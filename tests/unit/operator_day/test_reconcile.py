"""The reconciliation finds each planted fault, and nothing where there is none."""

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Callable

import msgspec
import pytest

from hub.composition import boxes
from operator_day.day import live
from operator_day.events import Coordinates
from operator_day.ledger import Ledger
from operator_day.observer import Observed, Seen
from operator_day.plan import DayPlan, recent_day
from operator_day.progress import Progress
from operator_day.reconcile import reconcile
from operator_day.report import Report
from schemas import load, records, wire
from tests.unit.operator_day.memory_stage import MemoryStage

DAY_START = recent_day(1_800_000_000_000)


@pytest.fixture(scope="module")
def lived() -> tuple[Ledger, Observed, list[Progress]]:
    """A whole day on the hub in memory."""
    ledger = Ledger()
    stage = MemoryStage(ledger, boxes(load()))
    told: list[Progress] = []
    plan = DayPlan(seed=11, customers=200, day_start=DAY_START)
    asyncio.run(live(plan, ledger, stage, told.append))
    return ledger, stage.observed, told


def copied(observed: Observed) -> Observed:
    """What is in it never changes; the containers do."""
    return Observed(
        contexts=dict(observed.contexts),
        day_contexts=dict(observed.day_contexts),
        messages=list(observed.messages),
        suppressions=list(observed.suppressions),
        dead_letters=list(observed.dead_letters),
        by_topic=defaultdict(list, {topic: list(seen) for topic, seen in observed.by_topic.items()}),
        outputs=Counter(observed.outputs),
    )


def planted(lived: tuple[Ledger, Observed, list[Progress]], fault: Callable[[Observed], None]) -> Report:
    observed = copied(lived[1])
    fault(observed)
    return reconcile(lived[0], observed)


def first(seen: list[Seen], kind: type[msgspec.Struct], purpose: str = "balance.low") -> int:
    decoded = (wire.decode(each.value or b"") for each in seen)
    found = (i for i, record in enumerate(decoded) if isinstance(record, kind))
    return next(i for i in found if getattr(wire.decode(seen[i].value or b""), "purpose", purpose) == purpose)


def test_a_right_day_is_right(lived: tuple[Ledger, Observed, list[Progress]]) -> None:
    report = reconcile(lived[0], lived[1])
    assert report.findings == ()
    assert report.is_right
    assert {law.name for law in report.laws if not law.is_right} == set()
    assert report.line("message balance.low").expected > 30
    for reason in ("covered", "cap", "no-consent", "no-channel", "quiet-hours-expired"):
        assert report.line(f"suppression {reason}").seen > 0
    reasons = {due.reason for due in lived[0].dead_letters.values()}
    assert reasons == {
        "undecodable", "unknown-schema", "unknown-type", "no-key", "no-value", "bad-identifier", "too-large",
        "future", "late", "unclaimed", "unknown-config", "rule-failed",
    }  # fmt: skip


def test_report_is_json(lived: tuple[Ledger, Observed, list[Progress]]) -> None:
    document = json.loads(reconcile(lived[0], lived[1], seconds=2.5).to_json())
    assert document["is_right"] is True
    assert document["seconds"] == 2.5
    assert all(line["is_right"] for line in document["lines"])


def test_progress_ends_with_everything(lived: tuple[Ledger, Observed, list[Progress]]) -> None:
    last = lived[2][-1]
    assert last.sent == last.total == lived[0].events()
    assert last.slices_done == last.slices == 25
    assert sum(last.messages.values()) == sum(key.kind == "requested" for key in lived[0].messages)
    assert last.dead_letters["unclaimed"] > 0


def test_a_missing_message_is_found(lived: tuple[Ledger, Observed, list[Progress]]) -> None:
    def lose(observed: Observed) -> None:
        del observed.messages[first(observed.messages, records.Requested)]

    report = planted(lived, lose)
    assert report.line("message balance.low").missing == 1
    assert not report.is_right


def test_a_message_with_another_id_is_doubled(lived: tuple[Ledger, Observed, list[Progress]]) -> None:
    def double(observed: Observed) -> None:
        seen = observed.messages[first(observed.messages, records.Requested)]
        message = wire.decode(seen.value or b"")
        again = msgspec.structs.replace(message, message_id="another")
        observed.messages.append(seen._replace(value=wire.encode(again)))

    assert planted(lived, double).line("message balance.low").doubled == 1


def test_the_same_message_again_is_doubled_only_where_there_are_transactions(
    lived: tuple[Ledger, Observed, list[Progress]],
) -> None:
    def again(observed: Observed) -> None:
        observed.messages.append(observed.messages[first(observed.messages, records.Requested)])

    assert planted(lived, again).line("message balance.low").doubled == 1
    observed = copied(lived[1])
    again(observed)
    tolerant = reconcile(lived[0], observed, has_transactions=False)
    assert tolerant.line("message balance.low").repeated == 1
    assert tolerant.is_right


def test_an_unexpected_message_is_found(lived: tuple[Ledger, Observed, list[Progress]]) -> None:
    def invent(observed: Observed) -> None:
        seen = observed.messages[first(observed.messages, records.Requested)]
        message = wire.decode(seen.value or b"")
        other = msgspec.structs.replace(message, cause_event_id="of nothing")
        observed.messages.append(seen._replace(value=wire.encode(other)))

    report = planted(lived, invent)
    assert report.line("message balance.low").unexpected == 1
    assert not report.is_right


def test_another_reason_of_a_suppression_is_found(lived: tuple[Ledger, Observed, list[Progress]]) -> None:
    def excuse(observed: Observed) -> None:
        for index, seen in enumerate(observed.suppressions):
            message = wire.decode(seen.value or b"")
            if isinstance(message, records.Suppressed) and message.reason == "cap":
                other = msgspec.structs.replace(message, reason="covered")
                observed.suppressions[index] = seen._replace(value=wire.encode(other))
                return

    report = planted(lived, excuse)
    assert report.line("suppression cap").missing == 1
    assert report.line("suppression covered").unexpected == 1


def test_a_lost_cancellation_is_found(lived: tuple[Ledger, Observed, list[Progress]]) -> None:
    def lose(observed: Observed) -> None:
        del observed.messages[first(observed.messages, records.Cancelled)]

    assert planted(lived, lose).line("cancellation balance.low").missing == 1


def test_a_message_in_quiet_hours_breaks_a_law(lived: tuple[Ledger, Observed, list[Progress]]) -> None:
    def wake(observed: Observed) -> None:
        index = first(observed.messages, records.Requested)
        seen = observed.messages[index]
        # 20:00 UTC is night from Moscow to Irkutsk, 12:00 UTC east of it.
        for hour in (20, 12):
            message = msgspec.structs.replace(wire.decode(seen.value or b""), decided_at=DAY_START + hour * 3_600_000)
            observed.messages.append(seen._replace(value=wire.encode(message)))

    broken = {law.name for law in planted(lived, wake).laws if not law.is_right}
    assert "no message decided in quiet hours" in broken


def test_a_wrong_reason_of_a_dead_letter_is_found(lived: tuple[Ledger, Observed, list[Progress]]) -> None:
    report = planted(lived, lambda observed: _rewrite(observed, "hub_reason", b"no-key"))
    assert report.line("dead letter no-key").unexpected == 1
    assert not report.is_right


def test_a_lost_dead_letter_is_found(lived: tuple[Ledger, Observed, list[Progress]]) -> None:
    assert sum(line.missing for line in planted(lived, lambda observed: observed.dead_letters.clear()).lines) == len(
        lived[0].dead_letters
    )


def test_a_dead_letter_from_nowhere_is_found(lived: tuple[Ledger, Observed, list[Progress]]) -> None:
    report = planted(lived, lambda observed: _rewrite(observed, "hub_offset", b"9999999"))
    assert sum(line.unexpected for line in report.lines) == 1
    assert sum(line.missing for line in report.lines) == 1


@pytest.mark.parametrize("part", ["key", "value", "headers"])
def test_a_changed_byte_of_a_dead_letter_breaks_a_law(
    lived: tuple[Ledger, Observed, list[Progress]], part: str
) -> None:
    def change(observed: Observed) -> None:
        letter = observed.dead_letters[0]
        observed.dead_letters[0] = {
            "key": letter._replace(key=b"changed"),
            "value": letter._replace(value=b"changed"),
            "headers": letter._replace(headers=(*letter.headers, ("mine", b""))),
        }[part]

    broken = [law.name for law in planted(lived, change).laws if not law.is_right]
    assert broken == ["dead letters keep key, value and headers byte for byte"]


def _rewrite(observed: Observed, name: str, value: bytes) -> None:
    letter = observed.dead_letters[0]
    assert dict(letter.headers)["hub_reason"] != b"no-key"
    headers = tuple((each, value if each == name else old) for each, old in letter.headers)
    observed.dead_letters[0] = letter._replace(headers=headers)


def _recount(observed: Observed, applied: int, duplicate: int) -> None:
    key, value = next(iter(observed.contexts.items()))
    context = wire.decode(value)
    assert isinstance(context, records.Context)
    count = context.counts[0]
    changed = msgspec.structs.replace(count, applied=count.applied + applied, duplicate=count.duplicate + duplicate)
    observed.contexts[key] = wire.encode(msgspec.structs.replace(context, counts=(changed, *context.counts[1:])))


def test_wrong_counts_are_found(lived: tuple[Ledger, Observed, list[Progress]]) -> None:
    lost = planted(lived, lambda observed: _recount(observed, -1, 0))
    assert sum(line.missing for line in lost.lines) == 1
    twice = planted(lived, lambda observed: _recount(observed, 1, 0))
    assert sum(line.doubled for line in twice.lines) == 1
    invented = planted(lived, lambda observed: _recount(observed, 0, 1))
    assert sum(line.doubled + line.unexpected for line in invented.lines) == 1


def test_a_customer_without_a_context_is_found(lived: tuple[Ledger, Observed, list[Progress]]) -> None:
    def forget(observed: Observed) -> None:
        key = next(iter(observed.contexts))
        del observed.contexts[key]
        del observed.day_contexts[key]

    report = planted(lived, forget)
    assert report.line("applied crm.customer.v1").missing > 0
    assert report.line("facts").missing > 0


def test_a_customer_whom_nobody_knows_is_found(lived: tuple[Ledger, Observed, list[Progress]]) -> None:
    def invent(observed: Observed) -> None:
        context = wire.decode(next(iter(observed.contexts.values())))
        observed.contexts[b"stranger"] = wire.encode(msgspec.structs.replace(context, customer_id="stranger"))

    assert sum(line.unexpected for line in planted(lived, invent).lines) > 0


@pytest.mark.parametrize("name", ["first_name", "timezone"])
def test_a_wrong_fact_is_found(lived: tuple[Ledger, Observed, list[Progress]], name: str) -> None:
    def change(observed: Observed) -> None:
        key, value = next(iter(observed.day_contexts.items()))
        observed.day_contexts[key] = wire.encode(msgspec.structs.replace(wire.decode(value), **{name: "another"}))

    assert planted(lived, change).line("facts").missing == 1


def test_rates_are_per_event(lived: tuple[Ledger, Observed, list[Progress]]) -> None:
    ledger, observed = lived[0], lived[1]
    contexts = next(rate for rate in reconcile(ledger, observed).rates if rate.name.startswith("contexts per event"))
    counted = observed.outputs["customer.context.v1"] - observed.outputs["network.impact.v1"]
    assert contexts.per_event == pytest.approx(counted / ledger.events(), abs=1e-4)


def test_coordinates_are_those_of_the_original(lived: tuple[Ledger, Observed, list[Progress]]) -> None:
    assert all(isinstance(at, Coordinates) for at in lived[0].dead_letters)
