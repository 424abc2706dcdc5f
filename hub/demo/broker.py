"""The broker that a demo runs on: one of its own that ends with it, or a cluster that is there."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from streams.brokers import ApacheKafka, EmbeddedBroker


class Broker(NamedTuple):
    """Where a demo's topics are.

    Attributes:
        address: `host:port`, several separated by commas.
        has_transactions: False for the embedded one.
        is_own: It ends with the demo, and the topics with it.
    """

    address: str
    has_transactions: bool
    is_own: bool


@contextmanager
def broker(wanted: str) -> Iterator[Broker]:
    """Have a broker for as long as the block lasts: `embedded`, `kafka`, or the addresses of a cluster.

    Raises:
        BrokerUnavailable: a local one cannot be had.
    """
    if wanted == "embedded":
        with EmbeddedBroker() as embedded:
            yield Broker(embedded.address, has_transactions=False, is_own=True)
    elif wanted == "kafka":
        directory = Path(tempfile.mkdtemp(prefix="hub-demo-kafka-"))
        try:
            with ApacheKafka(directory) as kafka:
                yield Broker(kafka.address, has_transactions=True, is_own=True)
        finally:
            shutil.rmtree(directory, ignore_errors=True)
    else:
        yield Broker(wanted, has_transactions=True, is_own=False)
