"""The city's day: seeded, complete, within the contracts."""

from collections import Counter

import phonenumbers
import pytest
from msgspec import Struct

from operator_day.city import Person, build_city, spell
from operator_day.events import Coordinates, Event
from operator_day.ledger import Ledger
from operator_day.pen import BILLING, USAGE
from operator_day.plan import DayPlan, recent_day
from operator_day.publisher import partition_for
from operator_day.script import Script
from operator_day.zones import DAY, HOUR, is_within
from schemas import load, records, wire

DAY_START = recent_day(1_800_000_000_000)
PLAN = DayPlan(seed=5, customers=400, day_start=DAY_START)


def played(plan: DayPlan) -> tuple[list[Event], Ledger]:
    ledger = Ledger()
    script = Script(plan, ledger)
    events = [event for hour in range(-1, plan.hours) for event in script.events(hour)]
    for offset, event in enumerate(events):
        ledger.take(event, Coordinates(event.topic, 0, offset))
    return events, ledger


@pytest.fixture(scope="module")
def day() -> tuple[list[Event], Ledger]:
    return played(PLAN)


def test_same_seed_gives_the_same_bytes(day: tuple[list[Event], Ledger]) -> None:
    events, ledger = played(PLAN)
    assert events == day[0]
    assert ledger.messages == day[1].messages
    assert ledger.facts == day[1].facts


def test_another_seed_gives_another_day(day: tuple[list[Event], Ledger]) -> None:
    other, _ = played(DayPlan(seed=6, customers=400, day_start=DAY_START))
    assert [event.value for event in other] != [event.value for event in day[0]]


def test_ledger_accounts_for_every_event(day: tuple[list[Event], Ledger]) -> None:
    events, ledger = day
    accounted = ledger.applied().total() + ledger.duplicates().total() + len(ledger.dead_letters) + ledger.network
    assert accounted == len(events) == ledger.events()


def test_events_decode_by_the_contracts(day: tuple[list[Event], Ledger]) -> None:
    catalogue = load()
    for event in day[0]:
        if event.fate.customer is not None:
            record = _decoded(event)
            types = {record_type.name for record_type in catalogue.topics[event.topic].records}
            assert wire.name_of(record) in types


def _decoded(event: Event) -> Struct:
    headers = dict(event.headers)
    if "ce_type" in headers:
        return wire.from_json(headers["ce_type"].decode(), event.value or b"")
    return wire.decode(event.value or b"")


def test_usage_and_charges_dominate(day: tuple[list[Event], Ledger]) -> None:
    background = [event for event in day[0] if event.story == "background"]
    kinds = Counter(type(_decoded(event)) for event in background)
    share = (kinds[records.UsageRated] + kinds[records.ChargePosted]) / len(background)
    assert 0.65 < share < 0.78


def test_two_in_a_hundred_are_json(day: tuple[list[Event], Ledger]) -> None:
    share = sum("ce_type" in dict(event.headers) for event in day[0]) / len(day[0])
    assert 0.01 < share < 0.04


def test_evenings_are_livelier_than_nights(day: tuple[list[Event], Ledger]) -> None:
    usual = [event for event in day[0] if event.story == "background" and event.topic in {BILLING, USAGE}]
    by_hour = Counter((event.timestamp - DAY_START) // HOUR for event in usual)
    moscow_evening, moscow_night = by_hour[16] + by_hour[17], by_hour[0] + by_hour[1]
    assert moscow_evening > 3 * moscow_night


def test_arrival_is_in_the_hour_and_never_before_it_happened(day: tuple[list[Event], Ledger]) -> None:
    script = Script(PLAN, Ledger())
    for hour in range(-1, PLAN.hours):
        for event in script.events(hour):
            assert PLAN.hour(hour) <= event.timestamp < PLAN.hour(hour + 1)
            if event.fate.customer is not None:
                assert getattr(_decoded(event), "occurred_at") <= event.timestamp  # noqa: B009  # any record's
    assert day[0]


def test_sequences_never_go_back_except_as_duplicates(day: tuple[list[Event], Ledger]) -> None:
    highest: dict[bytes, int] = {}
    for event in day[0]:
        if event.topic == USAGE and event.fate.reason is None:
            record = _decoded(event)
            assert isinstance(record, records.UsageRated)
            key = event.key or b""
            assert (record.sequence > highest.get(key, 0)) is not event.fate.is_duplicate
            highest[key] = max(record.sequence, highest.get(key, 0))


def test_a_city_too_small_for_its_stories_is_refused() -> None:
    with pytest.raises(ValueError, match="at least"):
        Script(DayPlan(customers=10, day_start=DAY_START), Ledger())


def test_given_people_live_in_the_city() -> None:
    given = [Person(customer_id="7590-VHVEG"), Person(customer_id="5575-GNVDE", contract="K-77")]
    city = build_city(1, 50, given)
    assert [person.customer_id for person in city[:2]] == ["7590-VHVEG", "5575-GNVDE"]
    assert city[1].contract == "K-77"
    assert city[1].msisdn is None
    assert len({person.customer_id for person in city}) == 50
    numbers = [person.msisdn for person in city if person.msisdn]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("spelling", range(5))
def test_every_spelling_is_the_same_number(spelling: int) -> None:
    parsed = phonenumbers.parse(spell("79161234567", spelling) if spelling != 0 else "+79161234567", "RU")
    assert phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) == "+79161234567"
    assert phonenumbers.is_valid_number(parsed)


def test_recent_day_leaves_room_for_the_last_jump() -> None:
    now = 1_800_000_000_000
    assert recent_day(now) % DAY == 0
    assert recent_day(now) + DAY + 31 * DAY <= now


def test_quiet_hours_wrap_at_midnight() -> None:
    assert is_within(23 * 60, 22 * 60, 7 * 60)
    assert is_within(6 * 60 + 59, 22 * 60, 7 * 60)
    assert not is_within(7 * 60, 22 * 60, 7 * 60)
    assert not is_within(600, 600, 600)


def test_both_partitioners_are_at_work(day: tuple[list[Event], Ledger]) -> None:
    places = Counter(event.placement for event in day[0])
    assert 0.03 < places["crc32"] / places.total() < 0.25
    # From Java's own client, org.apache.kafka.common.utils.UtilsTest: murmur2("foobar") = -790332482.
    assert partition_for(b"foobar", "murmur2", 2**31) == -790332482 & 0x7FFFFFFF
    # CRC-32 of "123456789" is 0xCBF43926 in every catalogue of checksums.
    assert partition_for(b"123456789", "crc32", 2**32) == 0xCBF43926


@pytest.mark.parametrize("seconds", [0, 7, 7200])
def test_slices_must_divide_an_hour(seconds: int) -> None:
    with pytest.raises(ValueError, match="hour"):
        DayPlan(slice_seconds=seconds, day_start=DAY_START)
