"""Impacts are reconciled one by one, and the network's notices by the outage that they are about."""

import msgspec
import pytest

from operator_day.check_impacts import IMPACT, IMPACT_KEYS, check_impacts
from operator_day.check_messages import ALIVE, HELD, LED, QUIET, check_messages
from operator_day.impacts import ANY, ExpectedImpact, ImpactKey
from operator_day.ledger import Contactable, ExpectedMessage, Ledger, MessageKey
from operator_day.observer import REQUEST, Observed, Seen
from operator_day.report import Line
from operator_day.tally import Tally
from schemas import records, wire

NIGHT = 1_800_000_000_000 - 1_800_000_000_000 % 86_400_000
IMPACTED = records.Impacted("C-1", "o-1", "resolved", ("tv",), 0, minutes=7, decided_at=NIGHT)
REQUESTED = records.Requested(
    "m-1", "C-1", "outage.opened", "critical", 90, ("sms",), "t", {"outage_id": "o-1", "service": "home_internet"},
    "e-1", "/noc", NIGHT, NIGHT + 1, 1,
)  # fmt: skip


def seen(record: msgspec.Struct, topic: str = IMPACT, key: bytes = b"C-1") -> Seen:
    return Seen(topic, 0, 0, 0, key, wire.encode(record), ())


def ledger(minutes: int | None = 7) -> Ledger:
    known = Ledger()
    known.impacts[ImpactKey("C-1", "o-1", "resolved")] = ExpectedImpact(minutes, "a story")
    known.causes["e-1"] = "o-1"
    known.contactable["C-1"] = Contactable("UTC", 22 * 60, 7 * 60)
    known.expect(MessageKey("requested", "C-1", "outage.opened", "o-1"), ExpectedMessage(None, None, "silent", "s"))
    return known


def line(known: Ledger, *impacts: Seen, has_transactions: bool = True, kind: str = "impact resolved") -> Line:
    observed, tally = Observed(), Tally()
    observed.by_topic[IMPACT] += impacts
    check_impacts(known, observed, tally, has_transactions=has_transactions)
    return next(each for each in tally.lines() if each.kind == kind)


def laws(*requests: records.Requested, known: Ledger | None = None) -> dict[str, bool]:
    observed, tally = Observed(), Tally()
    observed.messages += [seen(request, REQUEST) for request in requests]
    check_messages(known or ledger(), observed, tally, has_transactions=True)
    return {law.name: law.is_right for law in tally.laws()}


def test_an_impact_that_comes_as_expected_is_right() -> None:
    assert line(ledger(), seen(IMPACTED)).is_right
    assert line(ledger(ANY), seen(IMPACTED)).is_right


def test_an_impact_that_does_not_come_is_missing() -> None:
    assert line(ledger()).missing == 1


def test_an_impact_of_another_length_is_found() -> None:
    assert line(ledger(8), seen(IMPACTED)).unexpected == 1
    assert line(ledger(ANY), seen(msgspec.structs.replace(IMPACTED, minutes=None))).unexpected == 1


@pytest.mark.parametrize(("has_transactions", "doubled", "repeated"), [(True, 1, 0), (False, 0, 1)])
def test_the_same_impact_again_is_a_fault_only_where_there_are_transactions(
    *, has_transactions: bool, doubled: int, repeated: int
) -> None:
    found = line(ledger(), seen(IMPACTED), seen(IMPACTED), has_transactions=has_transactions)
    assert (found.doubled, found.repeated) == (doubled, repeated)


def test_the_same_impact_with_other_words_is_doubled_everywhere() -> None:
    again = msgspec.structs.replace(IMPACTED, decided_at=NIGHT + 1)
    assert line(ledger(), seen(IMPACTED), seen(again), has_transactions=False).doubled == 1


def test_an_impact_that_nobody_expects_is_found() -> None:
    other = msgspec.structs.replace(IMPACTED, outage_id="o-2")
    assert line(ledger(), seen(IMPACTED), seen(other)).unexpected == 1


def test_an_impact_under_another_key_breaks_a_law() -> None:
    observed, tally = Observed(), Tally()
    observed.by_topic[IMPACT].append(seen(IMPACTED, key=b"C-2"))
    check_impacts(ledger(), observed, tally, has_transactions=True)
    assert [law.name for law in tally.laws() if not law.is_right] == [IMPACT_KEYS]


def test_a_critical_notice_may_wake_and_no_other() -> None:
    assert laws(REQUESTED)[QUIET]
    assert not laws(msgspec.structs.replace(REQUESTED, message_class="service"))[QUIET]


def test_a_notice_on_a_channel_that_its_outage_has_taken_breaks_a_law() -> None:
    assert laws(REQUESTED)[ALIVE]
    assert not laws(msgspec.structs.replace(REQUESTED, channels=("sms", "email")))[ALIVE]


def test_a_notice_led_to_by_another_outages_event_breaks_a_law() -> None:
    assert laws(REQUESTED)[LED]
    known = ledger()
    known.causes["e-2"] = "o-2"
    assert not laws(msgspec.structs.replace(REQUESTED, cause_event_id="e-2"), known=known)[LED]


def test_a_notice_within_the_hold_down_breaks_a_law() -> None:
    known = ledger()
    known.held["outage.opened", "o-1"] = NIGHT
    assert laws(REQUESTED, known=known)[HELD]
    assert not laws(msgspec.structs.replace(REQUESTED, decided_at=NIGHT - 1), known=known)[HELD]
