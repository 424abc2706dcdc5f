"""What becomes of a membership of the group that aiokafka loses, and would hide or take back."""
# ruff: noqa: SLF001 - see `fetching`

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any


def watch_membership(coordinator: Any, on_lost: Callable[[str], None]) -> None:  # noqa: ANN401 - aiokafka's
    """Call `on_lost` when aiokafka's coordinator loses its membership for good; a lost static member joins no more.

    Nor does anybody who is leaving: the group would give it partitions, and wait for it twice.
    """
    reset, rejoin = coordinator.reset_generation, coordinator._do_rejoin_group

    def reset_generation() -> None:
        is_leaving = coordinator._closing.done()
        if coordinator._group_instance_id and coordinator.generation > 0 and not is_leaving:
            # At once: joining again takes milliseconds, and would end the new holder before this process ends.
            coordinator._closing.set_result(None)
            on_lost("the group does not know this static member: its id was taken over, or its session ended")
        reset()

    async def do_rejoin_group(subscription: Any) -> bool:  # noqa: ANN401 - aiokafka's
        # Whoever lost its session learns that from the group and from the fence of a commit at once, and ends while
        # the revocation before the joining is under way.
        return not coordinator._closing.done() and await rejoin(subscription)

    def on_end(membership: "asyncio.Task[None]") -> None:
        if not (membership.cancelled() or coordinator._closing.done()):
            on_lost(f"the group membership failed: {membership.exception()!r}")

    def push_error(cause: Exception) -> Awaitable[Any]:
        # aiokafka waits until somebody polls the consumer for the error; tasks are fetched for beneath that, so a
        # worker that was refused while it joined would wait for ever, and hold its name.
        if not coordinator._closing.done():
            on_lost(f"the group refuses this worker: {cause!r}")
        return push(cause)

    push: Callable[[Exception], Awaitable[Any]] = coordinator._push_error_to_user
    coordinator.reset_generation = reset_generation
    coordinator._do_rejoin_group = do_rejoin_group
    coordinator._push_error_to_user = push_error
    coordinator._coordination_task.add_done_callback(on_end)
