"""One question for all who wait, and never an answer from before somebody asked."""

import asyncio
from collections.abc import Collection

import pytest

from streams.kafka.together import Together


class Broker:
    """Answers when a test lets it; each answer is the number of its question."""

    def __init__(self) -> None:
        self.questions: list[list[str]] = []
        self.failure: Exception | None = None
        self.may_answer = asyncio.Event()

    async def ask(self, keys: Collection[str]) -> dict[str, int]:
        self.questions.append(list(keys))
        number = len(self.questions)
        await self.may_answer.wait()
        if self.failure:
            raise self.failure
        return dict.fromkeys(keys, number)


async def until_asked(broker: Broker, times: int) -> None:
    async with asyncio.timeout(5):
        while len(broker.questions) < times:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0)


async def test_who_comes_together_is_answered_by_one_question() -> None:
    broker = Broker()
    together = Together(broker.ask)
    broker.may_answer.set()
    answers = await asyncio.gather(*(together.take([key, "all"]) for key in "abc"))
    assert broker.questions == [["a", "all", "b", "c"]]
    assert answers == [{"a": 1, "all": 1}, {"b": 1, "all": 1}, {"c": 1, "all": 1}]


async def test_an_answer_is_never_older_than_its_asking() -> None:
    broker = Broker()
    together = Together(broker.ask)
    first = asyncio.create_task(together.take(["a"]))
    await until_asked(broker, 1)
    later = [asyncio.create_task(together.take([key])) for key in ("a", "b")]
    await asyncio.sleep(0)
    broker.may_answer.set()
    assert await asyncio.gather(first, *later) == [{"a": 1}, {"a": 2}, {"b": 2}]


async def test_a_failure_is_everybodys_and_the_next_question_is_asked_anew() -> None:
    broker = Broker()
    together = Together(broker.ask)
    broker.may_answer.set()
    broker.failure = OSError("no route")
    assert [type(found) for found in await asyncio.gather(*map(together.take, "ab"), return_exceptions=True)] == [
        OSError,
        OSError,
    ]
    broker.failure = None
    assert await together.take(["a"]) == {"a": 2}


async def test_who_gives_up_takes_no_answer_from_anybody() -> None:
    broker = Broker()
    together = Together(broker.ask)
    leaving, staying = (asyncio.create_task(together.take([key])) for key in "ab")
    await until_asked(broker, 1)
    leaving.cancel()
    await asyncio.wait([leaving])
    broker.may_answer.set()
    assert await staying == {"b": 1}


async def test_nobody_waits_for_a_question_that_was_given_up() -> None:
    broker = Broker()
    together = Together(broker.ask)
    asked = asyncio.create_task(together.take("a"))
    await until_asked(broker, 1)
    waiting = asyncio.create_task(together.take("b"))
    await asyncio.sleep(0)
    await together.close()
    for one in (asked, waiting):
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(one, 1)
    await together.close()
