"""What is said of silence, and what makes a run wrong."""

import json
from dataclasses import replace

from bench.gaps import Gap
from bench.silence_figures import Heard, Moment, as_json, told
from bench.silence_plan import SCENARIOS, WORDS, SilencePlan
from bench.silence_strikes import STRIKES

PLAN = SilencePlan()
HEARD = Heard(
    scenario="kill",
    number=1,
    aim_seconds=PLAN.aim_seconds("kill"),
    struck_partitions=(0, 2),
    quiet=Gap(0.13, 5, 1.0),
    moments=(Moment("kill -9", "2026-11-22T10:00:00+00:00", Gap(8.0, 2, 10.0), Gap(1.0, 1, 10.0)),),
    asked=100,
    missing=0,
    repeated=0,
    unasked=0,
    events_per_second=1000.0,
    ended=None,
)


def test_every_scenario_has_words_and_a_strike() -> None:
    assert set(SCENARIOS) == set(WORDS) == set(STRIKES)


def test_the_aims_are_the_session_and_three_seconds_and_three_for_a_restart() -> None:
    plan = SilencePlan(session_seconds=10.0)
    assert [plan.aim_seconds(one) for one in SCENARIOS] == [13.0, 13.0, None, 3.0, None]


def test_slow_is_not_wrong() -> None:
    late = replace(HEARD, moments=(replace(HEARD.moments[0], others=Gap(9.5, 1, 10.0)),))
    assert (HEARD.is_in_time, late.is_in_time, late.is_right) == (True, False, True)
    assert any("9 !" in line for line in told(PLAN, [late]))


def test_lost_or_doubled_is_wrong() -> None:
    assert not replace(HEARD, missing=1).is_right
    assert not replace(HEARD, repeated=1).is_right


def test_everything_is_told_and_written() -> None:
    lines = "\n".join(told(PLAN, [HEARD]))
    assert all(part in lines for part in ("kill -9", "8.00", "1.00", "0.13"))
    assert json.loads(json.dumps(as_json(PLAN, {}, [HEARD])))["heard"][0]["is_in_time"] is True
