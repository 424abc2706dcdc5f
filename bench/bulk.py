"""Publishes the whole day in one transaction: the hub sees nothing of it until all of it is there."""

import time
from collections.abc import Iterable
from typing import Any, Final

from aiokafka import AIOKafkaProducer

from operator_day.events import Event
from operator_day.ledger import Ledger
from operator_day.publisher import BATCH_BYTES, Publisher

_TRANSACTION_MS: Final = 600_000
_REQUEST_BYTES: Final = 1024 * 1024


class Bulk(Publisher):
    """A producer whose events all become visible at one moment.

    Readers of committed records, as the hub is, wait before the first event until `reveal`: so the measurement has an
    exact beginning, at which the worker is up, recovered and idle.

    Args:
        broker: `host:port`, several separated by commas.
        prefix: stands before every topic's name on the broker.
        ledger: what is entered.
    """

    def __init__(self, broker: str, prefix: str, ledger: Ledger) -> None:
        super().__init__(broker, prefix, ledger, is_idempotent=True)
        self._producer._closed = True  # noqa: SLF001  # replaced before it started: nothing to complain of
        self._producer: Any = AIOKafkaProducer(
            bootstrap_servers=broker,
            client_id="bench",
            acks="all",
            transactional_id=f"{prefix}bench-{time.monotonic_ns()}",
            transaction_timeout_ms=_TRANSACTION_MS,
            max_batch_size=BATCH_BYTES,
            max_request_size=_REQUEST_BYTES,
        )

    async def publish(self, events: Iterable[Event]) -> int:
        """Publish `events`, unseen; returns how many once all are acknowledged."""
        await self._producer.begin_transaction()
        return await super().publish(events)

    async def reveal(self) -> None:
        """Let them be seen, all at once."""
        await self._producer.commit_transaction()
