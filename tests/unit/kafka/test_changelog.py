"""What becomes of a reader when nobody wants what it reads any more."""

import asyncio
from typing import Any, cast

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.kafka.changelog import ChangelogReaders

CHANGELOG = TopicPartition("hub-customer-changelog", 3)


class Reader:
    """A consumer that gets stuck in one of the calls that a reading takes."""

    def __init__(self, stuck: str) -> None:
        self._stuck = stuck
        self.is_there, self.is_stopped = asyncio.Event(), False

    async def _called(self, name: str) -> None:
        if name == self._stuck:
            self.is_there.set()
            await asyncio.Event().wait()

    async def start(self) -> None:
        await self._called("start")

    async def seek_to_beginning(self, _: TopicPartition) -> None:
        await self._called("seek_to_beginning")

    async def getmany(self, *_: Any, **__: Any) -> dict[Any, Any]:
        await self._called("getmany")
        return {}

    def assign(self, _: object) -> None:
        """Taken."""

    def highwater(self, _: object) -> None:
        """Nothing was fetched yet."""

    last_stable_offset = highwater

    async def stop(self) -> None:
        self.is_stopped = True


@pytest.mark.parametrize("call", ["start", "seek_to_beginning", "getmany"])
async def test_a_reading_that_is_revoked_leaves_no_reader_open(call: str) -> None:
    reader = Reader(call)
    readers = ChangelogReaders(lambda: cast("AIOKafkaConsumer", reader))
    reading = asyncio.create_task(readers.read(CHANGELOG, lambda *_: None))
    async with asyncio.timeout(5):
        await reader.is_there.wait()
    reading.cancel()
    await asyncio.wait([reading])
    assert reader.is_stopped
