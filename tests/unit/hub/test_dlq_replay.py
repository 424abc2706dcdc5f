"""Which letters go back, in which order and how fast; and what the hub would say of them."""

import time
from collections.abc import AsyncIterator

import msgspec
import pytest
from aiokafka.errors import MessageSizeTooLargeError
from rich.console import Console

from hub.dlq import plan as planning
from hub.dlq.choice import Choice
from hub.dlq.forecast import TAKEN, Forecast, left, notes, table
from hub.dlq.letter import FOREIGN, REPLAYED_FROM, Letter
from hub.dlq.plan import INCURABLE, Plan, plan
from hub.dlq.replay import Replayed, put_back
from hub.refusal import CommandRefused
from schemas import wire
from schemas.records import BalanceChanged
from streams.core.records import Header, Output
from streams.guard import Origin
from streams.settings import Settings, load

TOPIC = "billing.account.v1"
KEY = b"msisdn:79161234567"
NOW = 1_772_000_000_000
HOUR = 3_600_000


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    for key in ("HUB_CLOCK", "HUB_MAX_VALUE_BYTES", "HUB_PARTITIONS"):
        monkeypatch.delenv(key, raising=False)
    return load()


def letter(
    offset: int, reason: str = "unclaimed", original: tuple[int, int] | None = None, parent: str | None = None
) -> Letter:
    """Return the letter at `0:offset`; its original was at `original`, and became of the letter at `parent`."""
    headers: tuple[Header, ...] = () if parent is None else ((REPLAYED_FROM, parent.encode()),)
    partition, place = original or (0, offset)
    origin = Origin(TOPIC, partition, place, NOW + place, KEY, b"v", headers)
    return Letter(0, offset, NOW + offset, reason, "resolve", "", origin)


async def planned(*found: Letter, reasons: tuple[str, ...] = (), limit: int | None = None) -> Plan:
    """Plan the replay of these letters."""

    async def letters() -> AsyncIterator[Letter]:
        for each in found:
            yield each

    return await plan(letters(), Choice(frozenset(reasons)), 4, limit)


def places(done: Plan) -> list[str]:
    return [each.at for each in done.ready]


async def test_originals_of_a_partition_go_back_in_its_order_whoever_put_them_aside_first() -> None:
    done = await planned(letter(0, original=(1, 8)), letter(1, original=(0, 9)), letter(2, original=(1, 7)))
    assert places(done) == ["0:2", "0:0", "0:1"]


@pytest.mark.parametrize("reason", sorted(INCURABLE))
async def test_what_no_replay_cures_goes_back_only_when_it_is_named(reason: str) -> None:
    done = await planned(letter(0, reason), letter(1))
    assert places(done) == ["0:1"]
    assert dict(done.incurable) == {reason: 1}
    assert places(await planned(letter(0, reason), letter(1), reasons=(reason,))) == ["0:0"]


async def test_limit_takes_the_first() -> None:
    done = await planned(*map(letter, range(5)), limit=2)
    assert (places(done), done.over_limit) == (["0:0", "0:1"], 3)


async def test_event_that_was_put_aside_again_goes_back_once_as_its_last_letter() -> None:
    first, second = letter(0, original=(0, 10)), letter(5, original=(0, 20), parent="0:0")
    third = letter(6, original=(0, 30), parent="0:5")
    done = await planned(first, second, third)
    assert places(done) == ["0:6"]
    assert dict(done.again) == {"unclaimed": 2}


async def test_event_keeps_its_place_in_its_order_when_it_was_put_aside_again() -> None:
    first, second = letter(0, original=(0, 10)), letter(1, original=(0, 11))
    again = letter(2, original=(0, 90), parent="0:0")
    assert places(await planned(first, second, again)) == ["0:2", "0:1"]


async def test_foreign_record_is_of_no_event_whatever_its_place() -> None:
    assert places(await planned(letter(3, original=(0, 9)), letter(9, FOREIGN))) == ["0:3"]


async def test_two_replays_of_one_letter_that_both_failed_are_one_event_though_the_letter_is_gone() -> None:
    done = await planned(letter(5, original=(0, 20), parent="0:0"), letter(6, original=(0, 21), parent="0:0"))
    assert places(done) == ["0:6"]


async def test_letter_that_a_crash_repeated_goes_back_once() -> None:
    assert places(await planned(letter(5, original=(0, 20)), letter(6, original=(0, 20)))) == ["0:6"]


async def test_event_that_came_back_for_another_reason_is_not_replayed_for_its_first() -> None:
    found = letter(0, original=(0, 10)), letter(5, "late", original=(0, 20), parent="0:0")
    done = await planned(*found, reasons=("unclaimed",))
    assert (places(done), dict(done.again)) == ([], {"late": 1})
    assert places(await planned(*found, reasons=("late",))) == ["0:5"]


async def test_ring_of_headers_ends() -> None:
    assert places(await planned(letter(0, parent="0:1"), letter(1, parent="0:0"))) == ["0:1"]


async def test_what_cannot_go_back_is_counted() -> None:
    bare = letter(3)
    bare = msgspec.structs.replace(bare, origin=msgspec.structs.replace(bare.origin, key=None, value=None))
    done = await planned(letter(0, FOREIGN), letter(1, original=(4, 1)), letter(2), bare)
    assert places(done) == ["0:2"]
    assert done.unfit.total() == 3
    assert len(left(done)) == 1


async def test_more_than_fits_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "MOST_BYTES", 50)
    with pytest.raises(CommandRefused, match="narrow"):
        await planned(*map(letter, range(5)))


async def test_letters_go_back_in_order_at_the_rate_and_are_counted() -> None:
    written: list[bytes | None] = []

    async def write(record: Output) -> None:
        written.append(dict(record.headers)[REPLAYED_FROM])

    state, began = Replayed(), time.monotonic()
    await put_back([letter(0), letter(1, "future"), letter(2)], write, 20.0, state, is_log_clock=False)
    assert time.monotonic() - began >= 0.1
    assert written == [b"0:0", b"0:1", b"0:2"]
    assert state.summary(TOPIC) == f"3 of 3 replayed to {TOPIC} (future 1, unclaimed 2)."


async def test_summary_of_a_replay_that_ended_says_how_far_it_came() -> None:
    async def write(record: Output) -> None:
        if dict(record.headers)[REPLAYED_FROM] == b"0:1":
            raise ConnectionError

    state = Replayed()
    with pytest.raises(ConnectionError):
        await put_back([letter(0), letter(1)], write, 1e6, state, is_log_clock=False)
    assert "1 of 2" in state.summary(TOPIC)
    assert "0:0" in state.summary(TOPIC)


async def test_what_the_topic_takes_no_more_does_not_stop_what_is_behind_it() -> None:
    async def write(record: Output) -> None:
        if dict(record.headers)[REPLAYED_FROM] == b"0:0":
            raise MessageSizeTooLargeError

    state = Replayed()
    await put_back([letter(0), letter(1)], write, 1e6, state, is_log_clock=False)
    assert (state.back.total(), state.refused) == (1, 1)


def balance(occurred_at: int, key: bytes | None = KEY, value: bytes | None = None, pad: int = 0) -> Letter:
    event = wire.encode(BalanceChanged("e-1", "/b", occurred_at, "A-1", 1, "RUB", 1))
    headers = (("pad", b"x" * pad),) if pad else ()
    return Letter(0, 1, NOW, "unclaimed", "customer", "", Origin(TOPIC, 0, 1, NOW, key, value or event, headers))


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (balance(NOW), TAKEN),
        (balance(NOW - 73 * HOUR), "late"),
        (balance(NOW + HOUR), "future"),
        (balance(NOW, value=b"{"), "undecodable"),
        (balance(NOW, value=b"\x00\x00\x00\xff\xff"), "unknown-schema"),
        (balance(NOW, key=b"telepathy:1"), "bad-identifier"),
        (balance(NOW, key=b"\xff"), "bad-identifier"),
        (balance(NOW, key=None), "no-key"),
        (balance(NOW, pad=300_000), "too-large"),
    ],
)
def test_forecast_is_what_resolve_would_say(settings: Settings, found: Letter, verdict: str) -> None:
    assert Forecast(settings, NOW).of(found) == verdict


def test_forecast_on_the_logs_clock_goes_by_the_originals_time() -> None:
    assert Forecast(load(clock="log"), NOW + 100 * HOUR).of(balance(NOW)) == TAKEN


def test_dry_run_shows_what_would_be_let_in_and_what_would_come_back(settings: Settings) -> None:
    console = Console(width=120, record=True, quiet=True)
    with console.capture() as shown:
        console.quiet = False
        console.print(table([balance(NOW), balance(NOW - 73 * HOUR)], Forecast(settings, NOW)))
    assert "let in" in shown.get()
    assert "put aside again: late" in shown.get()


def test_strict_order_configuration_and_compaction_are_pointed_out() -> None:
    assert "strictly ordered" in notes("usage.record.v1", [])[0]
    assert "in the order it is read" in notes("config.activation.v1", [])[0]
    assert "compacted" in notes("network.topology.v1", [])[0]
    assert "link" in notes(TOPIC, [letter(0)])[0]
    assert notes(TOPIC, []) == []
