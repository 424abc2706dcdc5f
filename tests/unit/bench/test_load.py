"""What the worker is measured on."""

from bench.load import Load, ticks_at, write
from bench.plan import PARTITIONS, BenchPlan
from operator_day.zones import HOUR

SMALL = BenchPlan(events=2_000, customers=400)


def values(load: Load) -> list[bytes | None]:
    return [event.value for part in load.slices for event in part.events]


def test_the_same_plan_gives_the_same_bytes() -> None:
    assert values(write(SMALL.day(), 1)) == values(write(SMALL.day(), 1))


def test_slices_hold_the_same_day_hour_by_hour() -> None:
    day = SMALL.day()
    whole, hourly = write(day, 1), write(day, 24)

    assert len(hourly.slices) == 24
    assert values(hourly) == values(whole)
    for hour, part in enumerate(hourly.slices):
        assert all(day.hour(hour) <= event.timestamp < day.hour(hour) + HOUR for event in part.events)
        assert part.ticks[0].timestamp >= day.hour(hour) + HOUR


def test_about_as_many_events_as_wanted() -> None:
    assert 0.8 < write(SMALL.day(), 1).events / SMALL.events < 1.5


def test_two_of_a_hundred_are_json() -> None:
    found = values(write(BenchPlan(events=10_000, customers=1_000).day(), 1))
    share = sum(value is not None and not value.startswith(b"\0") for value in found) / len(found)

    assert 0.01 < share < 0.03


def test_ticks_fire_a_timer_of_everybody() -> None:
    ticks = ticks_at(0, 20_000)

    assert len(ticks) * 1_000 >= 20_000 / PARTITIONS * 1.5
    assert [tick.timestamp for tick in ticks] == list(range(len(ticks)))
