"""One broker of each kind per test session, whoever asks for it first."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from streams.brokers import ApacheKafka, BrokerUnavailable, EmbeddedBroker


@dataclass(frozen=True)
class Broker:
    """A broker to test on."""

    address: str
    is_transactional: bool
    is_local: bool = True


@pytest.fixture(scope="session")
def embedded_broker() -> Iterator[Broker]:
    with EmbeddedBroker() as broker:
        yield Broker(broker.address, is_transactional=False)


@pytest.fixture(scope="session")
def kafka_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """Apache Kafka: the cluster that HUB_TEST_BROKER names, or a local node for this session."""
    if address := os.environ.get("HUB_TEST_BROKER"):
        yield Broker(address, is_transactional=True, is_local=False)
        return
    with ExitStack() as stack:
        try:
            kafka = stack.enter_context(ApacheKafka(tmp_path_factory.mktemp("kafka")))
        except BrokerUnavailable as cause:
            pytest.skip(str(cause))
        yield Broker(kafka.address, is_transactional=True)
