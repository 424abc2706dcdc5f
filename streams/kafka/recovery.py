"""Faust's recovery, replaced: tasks are opened when their partitions are here, and their streams resume."""

import logging
from functools import partial
from typing import Any

from aiokafka.errors import IllegalStateError
from faust.tables import TableManager
from faust.tables.recovery import RebalanceAgain, Recovery, ServiceStopped
from mode import Service


class TaskRecovery(Recovery):  # type: ignore[misc]  # Faust has no types
    """Opens the worker's tasks after each assignment; a task that cannot be opened ends the worker."""

    logger = logging.getLogger("faust.hub.recovery")

    @Service.task  # type: ignore[untyped-decorator]  # Faust has no types
    async def _restart_recovery(self) -> None:
        runtime = self.app.runtime
        while not self.should_stop:
            if await self.wait_for_stopped(self.signal_recovery_start):
                break
            self.signal_recovery_start.clear()
            generation, revocations = self._generation_id, runtime.revocations
            try:
                self._set_recovery_started()
                flow = partial(self._flow, generation, revocations)
                await self._wait(runtime.open(self.app.consumer.assignment(), flow))
            except ServiceStopped:
                break
            except (RebalanceAgain, IllegalStateError):
                continue
            except Exception as cause:  # noqa: BLE001 - nothing may leave a worker with partitions nobody reads
                if revocations == runtime.revocations:
                    runtime.die(f"recovery failed: {cause!r}")

    async def _flow(self, generation: int, revocations: int) -> None:
        """Let the streams flow, unless a newer assignment is on its way.

        Raises:
            RebalanceAgain: it is; Faust's own word for starting over.
        """
        if revocations != self.app.runtime.revocations:  # a revoke meanwhile changes no generation id
            raise RebalanceAgain
        await self.on_recovery_completed(generation)
        if generation != self.app.consumer_generation_id:
            raise RebalanceAgain

    @Service.task  # type: ignore[untyped-decorator]  # Faust has no types
    async def _slurp_changelogs(self) -> None:
        """Read nothing: the tasks' logs read their changelogs."""

    @Service.task  # type: ignore[untyped-decorator]  # Faust has no types
    async def _publish_stats(self) -> None:
        """Tell nothing: Faust sees no changelog read, and after half a minute calls that an error of its own."""


class TaskTables(TableManager):  # type: ignore[misc]  # Faust has no types
    """Faust's table manager with that recovery; the setting exists for the manager alone."""

    logger = logging.getLogger("faust.hub.tables")

    async def on_start(self) -> None:
        """Register the tables and start recovery, without Faust's second of waiting."""
        await self._update_channels()
        await self.recovery.start()

    _recovery: TaskRecovery | None = None

    @property
    def recovery(self) -> Any:  # noqa: ANN401 - Faust's signature
        """The recovery service."""
        if self._recovery is None:
            self._recovery = TaskRecovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery
