"""What is fetched while the loop is busy: handed on in order, one fetch in advance, a refusal behind the rest."""

import asyncio
from collections.abc import Callable, Collection, Iterator

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import TopicAuthorizationFailedError
from faust.types import TP

from streams.kafka.intake import Fetched, Intake, gap_seconds
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

    async def read(self, partitions: Collection[TP]) -> Fetched:
        self.calls.append(partitions)
        if not self.answers:
            await asyncio.Event().wait()
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def intake_of() -> Iterator[Callable[[Source], Intake]]:
    made: list[Intake] = []

    def make(source: Source) -> Intake:
        made.append(Intake(source.read, asyncio.get_running_loop(), lambda: 0.0))
        return made[-1]

    yield make
    for each in made:
        each.close()


async def turns() -> None:
    """Let everything happen that can happen without anybody taking."""
    for _ in range(50):
        await asyncio.sleep(0)


def offsets(found: Fetched) -> dict[TopicPartition, list[int]]:
    return {tp: [record.offset for record in records] for tp, records in found.records.items()}


async def test_what_is_fetched_comes_in_its_order_with_its_epoch_and_its_ends(
    intake_of: Callable[[Source], Intake],
) -> None:
    answers = (fetched(1, {A: 3}, a=[1, 2]), fetched(1, b=[7]), fetched(2, a=[1]))
    intake = intake_of(Source(*answers))
    assert [await intake.take(WANTED) for _ in answers] == list(answers)


async def test_one_fetch_is_taken_in_advance_and_no_more(intake_of: Callable[[Source], Intake]) -> None:
    source = Source(*(fetched(1, a=[at]) for at in range(10)))
    intake = intake_of(source)
    await turns()
    assert source.calls == [], "before anybody said of what"
    assert offsets(await intake.take(WANTED)) == {A: [0]}
    await turns()
    assert source.calls == [WANTED] * 2
    assert [offsets(await intake.take(WANTED))[A] for _ in range(9)] == [[at] for at in range(1, 10)]


async def test_nothing_fetched_is_nothing_to_wait_behind(intake_of: Callable[[Source], Intake]) -> None:
    intake = intake_of(Source(fetched(1), fetched(0), fetched(1, a=[1])))
    assert offsets(await intake.take(WANTED)) == {A: [1]}


async def test_what_is_read_follows_whoever_takes(intake_of: Callable[[Source], Intake]) -> None:
    source = Source(*(fetched(1, a=[at]) for at in range(3)))
    intake = intake_of(source)
    await intake.take(WANTED)
    await turns()
    less = {TP("in", 1)}
    await intake.take(less)
    await turns()
    assert source.calls[-1] == less


async def test_a_refusal_reaches_whoever_takes_behind_what_came_before_it(
    intake_of: Callable[[Source], Intake],
) -> None:
    intake = intake_of(Source(fetched(1, a=[1]), TopicAuthorizationFailedError("in")))
    assert offsets(await intake.take(WANTED)) == {A: [1]}
    await turns()
    with pytest.raises(TopicAuthorizationFailedError):
        await intake.take(WANTED)


async def test_nothing_comes_and_the_wait_is_short(intake_of: Callable[[Source], Intake]) -> None:
    async with asyncio.timeout(5):
        assert (await intake_of(Source()).take(WANTED)).records == {}


def test_a_busy_loop_is_fed_by_fewer_and_larger_fetches() -> None:
    gaps = [gap_seconds(share) for share in (0.0, 0.5, 0.75, 1.0)]
    assert gaps == [0.005, 0.01, 0.02, 0.02]
