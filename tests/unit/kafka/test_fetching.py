"""A membership that is lost: who has to end, and that it does not join again meanwhile."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from streams.kafka.fetching import put_first
from streams.kafka.membership import watch_membership

# ruff: noqa: SLF001 - aiokafka's private names, as the adapter uses them


class Coordinator:
    """aiokafka's group coordinator as far as a lost membership goes; it joins again until it closes."""

    def __init__(self, instance_id: str | None, membership: Callable[["Coordinator"], Awaitable[None]]) -> None:
        self._group_instance_id, self.generation, self.joined = instance_id, 3, 1
        self._closing: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._coordination_task: asyncio.Future[Any] = asyncio.ensure_future(membership(self))

    def reset_generation(self) -> None:
        self.generation = -1

    async def _do_rejoin_group(self, _: object) -> bool:
        self.joined += 1
        self.generation = 4
        return True

    def _push_error_to_user(self, _: Exception) -> Awaitable[None]:
        return self._closing  # until somebody polls, which nobody does

    async def routine(self) -> None:
        while not self._closing.done() and self.joined < 3:
            self.reset_generation()
            await self._do_rejoin_group(None)
            await asyncio.sleep(0)
        if not self._closing.done():
            self._closing.set_result(None)


async def lost(instance_id: str | None) -> tuple[list[str], int]:
    reasons: list[str] = []
    coordinator = Coordinator(instance_id, Coordinator.routine)
    watch_membership(coordinator, reasons.append)
    await coordinator._coordination_task
    await asyncio.sleep(0)
    return reasons, coordinator.joined


async def test_a_static_member_whose_id_was_taken_ends_and_does_not_take_it_back() -> None:
    reasons, joined = await lost("worker-1")
    assert joined == 1
    assert len(reasons) == 1
    assert "taken over" in reasons[0]


async def test_a_dynamic_member_that_the_group_forgot_joins_again() -> None:
    assert await lost(None) == ([], 3)


async def test_a_zombie_that_ends_while_it_is_revoked_does_not_join_once_more() -> None:
    async def forgotten(coordinator: Coordinator) -> None:
        coordinator.reset_generation()
        coordinator._closing.set_result(None)  # a commit of its is refused while its tasks are closed
        assert not await coordinator._do_rejoin_group(None)

    coordinator = Coordinator(None, forgotten)
    watch_membership(coordinator, lambda _: None)
    await coordinator._coordination_task
    assert coordinator.joined == 1


async def test_a_membership_that_fails_is_told() -> None:
    async def fail(_: Coordinator) -> None:
        raise ValueError("no more")

    reasons: list[str] = []
    coordinator = Coordinator(None, fail)
    watch_membership(coordinator, reasons.append)
    await asyncio.wait([coordinator._coordination_task])
    await asyncio.sleep(0)
    assert reasons == ["the group membership failed: ValueError('no more')"]


async def test_a_worker_that_the_group_refuses_is_told_of_and_does_not_wait_for_somebody_to_poll() -> None:
    async def refused(coordinator: Coordinator) -> None:
        await coordinator._push_error_to_user(KafkaError("fenced"))

    reasons: list[str] = []
    coordinator = Coordinator("worker-1", refused)
    watch_membership(coordinator, reasons.append)
    await asyncio.sleep(0)
    assert reasons == ["the group refuses this worker: KafkaError('fenced')"]
    coordinator._closing.set_result(None)
    await coordinator._coordination_task


def test_what_a_person_waits_for_is_taken_before_a_backlog_of_others() -> None:
    waiting = OrderedDict((TopicPartition(topic, k), None) for topic in ("usage", "contact", "bills") for k in range(2))
    put_first(waiting, {"contact"})
    assert [tp.topic for tp in waiting] == ["contact"] * 2 + ["usage"] * 2 + ["bills"] * 2
