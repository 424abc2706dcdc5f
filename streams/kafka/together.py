"""Questions that many ask for themselves and a broker answers for all at once."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Together(Generic[Key, Value]):
    """Asks for everybody who came while the question before was under way.

    No answer is older than its asking: a task that asks behind its fence hears what is true behind its fence.

    Args:
        ask: Answers for each of some keys.
    """

    def __init__(self, ask: Callable[[Collection[Key]], Awaitable[Mapping[Key, Value]]]) -> None:
        self._ask = ask
        self._waiting: list[tuple[Collection[Key], asyncio.Future[Mapping[Key, Value]]]] = []
        self._asking: asyncio.Task[None] | None = None

    async def take(self, keys: Collection[Key]) -> dict[Key, Value]:
        """Return the answer for each of `keys`.

        Raises:
            Exception: what the question that held them ended with, for everybody in it.
        """
        answer: asyncio.Future[Mapping[Key, Value]] = asyncio.get_running_loop().create_future()
        self._waiting.append((keys, answer))
        if self._asking is None:
            self._asking = asyncio.create_task(self._run(), name="together")
        found = await answer
        return {key: found[key] for key in keys}

    async def close(self) -> None:
        """Ask no more; whoever waits is cancelled."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait([self._asking])

    async def _run(self) -> None:
        try:
            while self._waiting:
                await self._answer()
        finally:
            self._asking = None
            self._end([answer for _, answer in self._waiting], asyncio.CancelledError())

    async def _answer(self) -> None:
        asked, self._waiting = self._waiting, []
        answers = [answer for _, answer in asked]
        try:
            found = await self._ask(list(dict.fromkeys(key for keys, _ in asked for key in keys)))
        except BaseException as cause:
            self._end(answers, cause)
            if not isinstance(cause, Exception):
                raise
            return
        for answer in answers:
            if not answer.done():
                answer.set_result(found)

    def _end(self, answers: Collection[asyncio.Future[Mapping[Key, Value]]], cause: BaseException) -> None:
        for answer in answers:
            if answer.done():
                continue
            if isinstance(cause, asyncio.CancelledError):
                answer.cancel()
            else:
                answer.set_exception(cause)
