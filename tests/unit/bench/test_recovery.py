"""What reading the state back costs: the arithmetic, what makes a result wrong, and how it is told."""

import json
from dataclasses import replace

import msgspec
import pytest

from bench import command, recovery
from bench.conversations import BILLING, CRM, PRODUCT, USAGE, Conversations
from bench.machine import Cores
from bench.recovery_check import faults_of, probed_name
from bench.recovery_figures import Recovery, RecoveryPlan, Result, Start, told
from schemas import records, wire

HUB = Recovery(
    records=1_000_000,
    empty=(Start(2.0, 4.0), Start(9.0, 9.0), Start(1.5, 3.0)),
    full=(
        Start(6.0, 8.0, 1_000_000, 100 << 20),
        Start(13.0, 16.0, 2_000_000, 90 << 20),
        Start(5.5, 7.0, 1_000_000, 90 << 20),
    ),
    faults=(),
)
STOCK = Recovery(records=10_000, empty=(Start(1.0, 2.0),), full=(Start(2.5, 4.0, 10_000),), faults=())
COUNTS = tuple(
    records.TopicCount(topic, count, 0) for topic, count in ((CRM, 2), (PRODUCT, 1), (USAGE, 3), (BILLING, 3))
)
LEFT = records.Context("L-0000007", 4, 1_000, 2, ("usage",), "Anna", counts=COUNTS)
FOUND = msgspec.structs.replace(
    LEFT,
    version=5,
    decided_at=2_000,
    changed_sections=("profile",),
    first_name=probed_name(7),
    counts=(records.TopicCount(CRM, 3, 0), *COUNTS[1:]),
)


def a_result(hub: Recovery = HUB, stock: Recovery | None = STOCK) -> Result:
    return Result(plan=RecoveryPlan(), machine={"cores": 2}, cores=Cores(0, 1), hub=hub, stock=stock)


def faults(found: records.Context, left: records.Context = LEFT) -> list[str]:
    return faults_of({7: wire.encode(left)}, {7: wire.encode(found)}, usage=3)


def test_a_record_costs_the_median_start_less_the_median_start_over_nothing() -> None:
    assert HUB.cpu_us_per_record == pytest.approx(4.0)
    assert HUB.records_per_second == pytest.approx(250_000)


def test_what_was_read_twice_after_a_rebalance_counts_twice() -> None:
    twice = replace(HUB, full=(Start(10.0, 12.0, 2_000_000),))

    assert twice.cpu_us_per_record == pytest.approx(4.0)
    assert twice.is_right


def test_the_ratio_compares_records() -> None:
    assert STOCK.cpu_us_per_record == pytest.approx(150)
    assert a_result().ratio == pytest.approx(37.5)


def test_the_report_tells_both_and_the_ratio() -> None:
    text = "\n".join(told(a_result()))

    assert "4.00" in text
    assert "150.00" in text
    assert "37.5x" in text
    assert "WRONG" not in text


def test_a_wrong_state_has_no_figures() -> None:
    result = a_result(replace(HUB, faults=("3 contexts are missing",)))
    text = "\n".join(told(result))

    assert not result.is_right
    assert result.ratio is None
    assert "WRONG: 3 contexts are missing" in text
    assert "4.00" not in text
    assert json.loads(json.dumps(result.to_dict()))["hub"]["cpu_us_per_record"] is None


def test_nothing_read_back_is_wrong() -> None:
    nothing = replace(HUB, records=0, full=(Start(2.0, 4.0),))

    assert not a_result(nothing).is_right
    assert nothing.to_dict()["records_per_second"] is None
    assert not a_result(replace(HUB, full=(Start(6.0, 8.0, 999_999),))).is_right


def test_a_difference_that_chance_hides_is_not_told() -> None:
    hub = replace(HUB, full=(Start(1.9, 4.0, 1_000_000),))

    assert a_result(hub).is_right
    assert a_result(hub).ratio is None
    assert "not told" in "\n".join(told(a_result(hub)))


def test_a_context_that_goes_on_from_the_one_before_is_right() -> None:
    assert faults(FOUND) == []


@pytest.mark.parametrize(
    "changes",
    [{"version": 6}, {"first_name": "Anna"}, {"tariff": "another"}, {"counts": COUNTS}, {"activation": 1}],
)
def test_a_context_that_differs_in_anything_but_the_probe_is_a_fault(changes: dict[str, object]) -> None:
    (fault,) = faults(msgspec.structs.replace(FOUND, **changes))

    assert fault == "1 contexts are not what they were before the worker stopped"


def test_a_state_that_was_wrong_before_the_stop_is_a_fault() -> None:
    left = msgspec.structs.replace(LEFT, counts=COUNTS[:3])
    found = msgspec.structs.replace(FOUND, counts=FOUND.counts[:3])

    assert faults(found, left) == ["1 contexts did not count what was published before the worker stopped"]


def test_a_context_that_does_not_come_is_a_fault() -> None:
    assert faults_of({7: wire.encode(LEFT)}, {}, usage=3) == ["1 contexts are missing"]
    assert faults_of({}, {}, usage=3) == ["nobody is known"]


def test_everybody_uses_something_as_often_as_was_said() -> None:
    steps = [*Conversations(1_500, 4, 1_000_000, seed=1).usage(2)]
    messages = [(topic, key) for step in steps for (topic, _), sent in step.messages.items() for key, _ in sent]

    assert len(messages) == 1_500 * 2 * 2
    assert len(set(messages)) == 1_500 * 2


def test_who_is_looked_at_is_spread_over_all() -> None:
    assert [*RecoveryPlan(customers=10_000, probes=4).probed] == [0, 2_500, 5_000, 7_500]
    assert len(RecoveryPlan(customers=1_000, probes=5_000).probed) == 1_000


@pytest.mark.parametrize("wrong", [{"customers": 10}, {"usage": -1}, {"probes": 0}, {"repeat": 0}, {"stock_events": 7}])
def test_a_plan_that_measures_nothing_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        RecoveryPlan(**wrong)


def test_a_plan_that_measures_nothing_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert recovery.main(["--repeat", "0"]) == command.REFUSED
    assert capsys.readouterr().err == "bench: each start must be measured at least once.\n"
