import pytest

from agents.message.quiet import Window, quiet_until, window, zone_of
from tests.builders.day import MINUTE, millis

NIGHT = Window(22 * 60, 8 * 60)


@pytest.mark.parametrize(
    ("zone", "now", "end"),
    [
        ("Europe/Moscow", "2026-03-10 21:59", None),
        ("Europe/Moscow", "2026-03-10 22:00", "2026-03-11 08:00"),
        ("Europe/Moscow", "2026-03-11 07:59", "2026-03-11 08:00"),
        ("Europe/Moscow", "2026-03-11 08:00", None),
        ("Asia/Kamchatka", "2026-03-10 23:30", "2026-03-11 08:00"),
        ("Europe/Berlin", "2026-03-28 23:00", "2026-03-29 08:00"),  # clocks go forward in this night
        ("Europe/Berlin", "2026-10-24 23:00", "2026-10-25 08:00"),  # and back in this one
    ],
)
def test_quiet_hours_end_on_the_local_clock(zone: str, now: str, end: str | None) -> None:
    expected = None if end is None else millis(end, zone)
    assert quiet_until(NIGHT, zone_of(zone, ""), millis(now, zone)) == expected


def test_an_end_that_the_clock_skips_comes_no_earlier() -> None:
    berlin = zone_of("Europe/Berlin", "")
    now = millis("2026-03-29 01:00", "Europe/Berlin")
    end = quiet_until(Window(0, 150), berlin, now)  # 02:30 does not exist; 02:00 is followed by 03:00
    assert end == now + 90 * MINUTE


def test_an_end_that_the_clock_shows_twice_is_over_at_the_first_and_never_in_the_past() -> None:
    berlin = zone_of("Europe/Berlin", "")
    first = millis("2026-10-25 01:30", "Europe/Berlin")
    half_past_two = first + 60 * MINUTE
    assert quiet_until(Window(0, 150), berlin, first) == half_past_two
    second_two = first + 90 * MINUTE  # the clock shows 02:00 again
    assert quiet_until(Window(0, 150), berlin, second_two) == half_past_two + 60 * MINUTE


def test_a_window_within_a_day_ends_the_same_day() -> None:
    now = millis("2026-03-10 13:00")
    assert quiet_until(Window(12 * 60, 14 * 60), zone_of("UTC", ""), now) == millis("2026-03-10 14:00")


def test_a_window_to_midnight_ends_at_midnight() -> None:
    now = millis("2026-03-10 23:00")
    assert quiet_until(Window(22 * 60, 1440), zone_of("UTC", ""), now) == millis("2026-03-11 00:00")


def test_a_window_that_ends_where_it_begins_is_none() -> None:
    assert quiet_until(Window(480, 480), zone_of("UTC", ""), millis("2026-03-10 08:00")) is None


@pytest.mark.parametrize(("begin", "end"), [(-1, 480), (0, 1441)])
def test_a_minute_that_is_none_of_the_day_is_refused(begin: int, end: int) -> None:
    with pytest.raises(ValueError, match="minute of the day"):
        window(begin, end)


@pytest.mark.parametrize("name", [None, "", "Mars/Olympus", "../../etc/passwd", "Europe", "Asia/Tokyo "])
def test_a_zone_that_is_none_falls_back_to_the_default(name: str | None) -> None:
    assert str(zone_of(name, "Asia/Tokyo")) == "Asia/Tokyo"
    assert str(zone_of(name, "nonsense")) == "Etc/UTC"
