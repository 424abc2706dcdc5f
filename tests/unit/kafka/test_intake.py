"""What is fetched while the loop is busy: handed on in order, a partition's records together, never over a seek."""

# ruff: noqa: SLF001 - it reads before anybody takes

import asyncio
from collections.abc import Callable, Collection, Iterator

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import TopicAuthorizationFailedError
from faust.types import TP

from streams.kafka.intake import Fetched, Intake
from streams.kafka.light import FetchedRecord

A, B = TopicPartition("in", 0), TopicPartition("in", 1)
WANTED = {TP("in", 0), TP("in", 1)}


def fetched(epoch: int, ends: dict[TopicPartition, int] | None = None, **offsets: list[int]) -> Fetched:
    records = {
        tp: [FetchedRecord(tp.topic, tp.partition, at, 0, None, None, ()) for at in offsets[name]]
        for name, tp in (("a", A), ("b", B))
        if name in offsets
    }
    return Fetched(records, epoch, ends or {})


class Source:
    """Gives what it has, one fetch after the other, then waits."""

    def __init__(self, *answers: Fetched | Exception) -> None:
        self.answers = list(answers)
        self.calls: list[Collection[TP]] = []
        self.is_dry = asyncio.Event()

    async def read(self, partitions: Collection[TP]) -> Fetched:
        self.calls.append(partitions)
        if not self.answers:
            self.is_dry.set()
            await asyncio.Event().wait()
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def intake_of() -> Iterator[Callable[..., Intake]]:
    made: list[Intake] = []

    def make(source: Source, most: int = 1000) -> Intake:
        made.append(Intake(source.read, asyncio.get_running_loop(), most))
        return made[-1]

    yield make
    for each in made:
        each.close()


def offsets(found: Fetched) -> dict[TopicPartition, list[int]]:
    return {tp: [record.offset for record in records] for tp, records in found.records.items()}


async def test_what_came_meanwhile_comes_together_and_in_order(intake_of: Callable[..., Intake]) -> None:
    source = Source(fetched(1, {A: 3}, a=[1, 2]), fetched(1, b=[7]), fetched(1, {A: 9}, a=[5], b=[8]))
    intake = intake_of(source)
    intake._partitions = WANTED
    async with asyncio.timeout(5):
        await source.is_dry.wait()
    found = await intake.take(WANTED)
    assert offsets(found) == {A: [1, 2, 5], B: [7, 8]}
    assert (found.ends, found.epoch) == ({A: 9}, 1)


async def test_nothing_is_joined_over_a_seek(intake_of: Callable[..., Intake]) -> None:
    source = Source(fetched(1, a=[1]), fetched(2, a=[1]), fetched(2, a=[2]))
    intake = intake_of(source)
    intake._partitions = WANTED
    async with asyncio.timeout(5):
        await source.is_dry.wait()
    assert [(each.epoch, offsets(each)) for each in (await intake.take(WANTED), await intake.take(WANTED))] == [
        (1, {A: [1]}),
        (2, {A: [1, 2]}),
    ]


async def test_what_waits_is_bounded_and_reading_goes_on_when_it_is_taken(intake_of: Callable[..., Intake]) -> None:
    source = Source(*(fetched(1, a=[at]) for at in range(10)))
    intake = intake_of(source, most=3)
    intake._partitions = WANTED
    for _ in range(50):  # turns of the loop, of which each read takes one or two
        await asyncio.sleep(0)
    assert len(source.calls) == 3
    seen: list[int] = []
    async with asyncio.timeout(5):
        while len(seen) < 10:
            seen += offsets(await intake.take(WANTED)).get(A, [])
    assert seen == list(range(10))


async def test_a_refusal_reaches_whoever_takes_behind_what_came_before_it(intake_of: Callable[..., Intake]) -> None:
    intake = intake_of(Source(fetched(1, a=[1]), TopicAuthorizationFailedError("in")))
    intake._partitions = WANTED
    assert offsets(await intake.take(WANTED)) == {A: [1]}
    with pytest.raises(TopicAuthorizationFailedError):
        await intake.take(WANTED)


async def test_nothing_comes_and_the_wait_is_short(intake_of: Callable[..., Intake]) -> None:
    async with asyncio.timeout(5):
        assert (await intake_of(Source()).take(WANTED)).records == {}
