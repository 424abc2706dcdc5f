"""Where a day is played: something that takes events, works them off, and shows what came of them."""

from contextlib import AsyncExitStack
from typing import Protocol, Self

from operator_day.events import Event
from operator_day.ledger import Ledger
from operator_day.observer import Observed, Observer
from operator_day.publisher import Publisher
from operator_day.through import Gate


class Stage(Protocol):
    """What a day needs of a hub and its broker."""

    @property
    def observed(self) -> Observed:
        """What is on the committed topics; complete whenever `through` returns."""
        ...

    async def publish(self, events: list[Event]) -> None:
        """Take `events`, sorted by arrival, and enter each in the ledger where the broker took it."""
        ...

    async def through(self) -> None:
        """Return once everything published is worked off, with all that followed from it."""
        ...


class KafkaStage:
    """A hub that runs somewhere else, seen through its broker alone.

    Args:
        broker: `host:port`, several separated by commas.
        prefix: stands before every topic's name on the broker.
        group_id: the hub's consumer group.
        ledger: where what is published is entered.
        has_transactions: whether the broker has them.
        limit_seconds: how long the hub may stand still.
    """

    def __init__(
        self,
        broker: str,
        prefix: str,
        group_id: str,
        ledger: Ledger,
        *,
        has_transactions: bool,
        limit_seconds: float,
    ) -> None:
        self._observer = Observer(broker, prefix, is_gapless=not has_transactions)
        self._publisher = Publisher(broker, prefix, ledger, is_idempotent=has_transactions)
        self._gate = Gate(broker, prefix, group_id, limit_seconds=limit_seconds)
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as opening:
            for part in (self._observer, self._publisher, self._gate):
                await opening.enter_async_context(part)
            self._open = opening.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    @property
    def observed(self) -> Observed:
        """What was read so far."""
        return self._observer.observed

    async def publish(self, events: list[Event]) -> None:
        """Publish `events`; returns when all are acknowledged."""
        await self._publisher.publish(events)

    async def through(self) -> None:
        """Wait as `Gate.through` says."""
        await self._gate.through(self._publisher.ends, self._observer)
