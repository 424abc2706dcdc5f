"""Those who fold share a few milliseconds, and then the network has the loop for some turns."""

import asyncio

import pytest

from streams.kafka.turns import FoldingTurns


class Clock:
    """Time that passes by folding alone."""

    seconds = 0.0


def folding(turns: FoldingTurns, clock: Clock, seconds: float, records: int = 1, box: str = "box") -> None:
    def work() -> int:
        clock.seconds += seconds
        return records

    turns.fold(box, work)


async def spend(turns: FoldingTurns, clock: Clock, name: str, seconds: float, count: int, seen: list[str]) -> None:
    for _ in range(count):
        await turns.mine()
        seen.append(name)
        folding(turns, clock, seconds)


async def count_turns(seen: list[str]) -> None:
    while True:
        seen.append("|")
        await asyncio.sleep(0)


async def run(seconds: float, count: int, *names: str) -> str:
    """Return who folded when, with a bar for every turn of the loop."""
    seen: list[str] = []
    clock = Clock()
    turns = FoldingTurns(folding_seconds=0.002, turns=2, now=lambda: clock.seconds)
    counting = asyncio.create_task(count_turns(seen))
    await asyncio.gather(*(spend(turns, clock, name, seconds, count, seen) for name in names))
    counting.cancel()
    return "".join(seen).rstrip("|")


async def test_after_a_long_fold_the_network_has_the_loop_and_everybody_comes_in_order() -> None:
    # The first comes twice before anybody else was there.
    assert await run(0.003, 2, "a", "b", "c") == "|a||a||b||c|||b||c"


async def test_short_folds_share_the_time() -> None:
    assert await run(0.0001, 3, "a", "b") == "|aaabbb"


async def test_the_time_is_shared_by_those_of_several_turns() -> None:
    assert await run(0.0015, 2, "a", "b") == "|aa||bb"


async def test_one_alone_gives_the_network_its_turns() -> None:
    assert await run(0.003, 3, "a") == "|a||a||a"


async def test_the_share_of_folding_follows_the_load() -> None:
    clock = Clock()
    turns = FoldingTurns(now=lambda: clock.seconds)

    def live(busy: float, resting: float) -> float:
        for _ in range(50):
            folding(turns, clock, busy)
            clock.seconds += resting
            share = turns.share()
        return share

    assert live(0.003, 0.001) == pytest.approx(0.75, abs=0.01)
    assert live(0.0, 0.004) == pytest.approx(0.0, abs=0.01)


async def test_as_many_records_are_folded_as_there_is_time_for_box_by_box() -> None:
    clock = Clock()
    turns = FoldingTurns(folding_seconds=0.002, now=lambda: clock.seconds)

    def fold(box: str, record_seconds: float) -> int:
        for _ in range(50):
            size = turns.portion(box)
            folding(turns, clock, size * record_seconds, size, box)
        return turns.portion(box)

    assert fold("quick", 0.000_004) == pytest.approx(500, abs=1)
    assert fold("slow", 0.000_020) == pytest.approx(100, abs=1)
    assert turns.portion("quick") == pytest.approx(500, abs=1)
    assert fold("slow", 0.01) == 1


@pytest.mark.parametrize(
    ("record_seconds", "records"),
    [(0.000_005, 4000), (0.000_000_1, 8192), (0.000_1, 1024)],
    ids=["what takes 20 ms", "no more than that", "no less than that"],
)
async def test_what_a_fetch_hands_on_is_what_can_be_folded_soon(record_seconds: float, records: int) -> None:
    clock = Clock()
    turns = FoldingTurns(now=lambda: clock.seconds)
    assert turns.fetched() == 1024, "nothing was folded yet"
    for _ in range(100):
        folding(turns, clock, 10 * record_seconds, 10, "one")
        folding(turns, clock, record_seconds, 10, "a cheaper one")
    assert turns.fetched() == pytest.approx(records, rel=0.01)


async def test_what_was_not_folded_says_nothing_of_what_a_record_costs() -> None:
    clock = Clock()
    turns = FoldingTurns(folding_seconds=0.002, now=lambda: clock.seconds)
    folding(turns, clock, 0.01, 100)
    for _ in range(40):
        folding(turns, clock, 0.000_001, 0)
    assert turns.portion("box") == 20


async def test_a_clock_that_stands_still_is_no_reason_to_fold_without_end() -> None:
    clock = Clock()
    turns = FoldingTurns(folding_seconds=0.002, now=lambda: clock.seconds)
    folding(turns, clock, 0.001)
    for _ in range(10_000):
        folding(turns, clock, 0.0)
    assert turns.portion("box") == turns.fetched() == 8192
