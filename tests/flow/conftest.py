"""An installation of its own for every test, on each kind of broker."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from streams.kafka.provisioning import apply_topics, delete_topics
from streams.settings import Settings, load
from tests.builders.brokers import Broker
from tests.flow.installation import BOXES, catalogue
from tests.flow.processes import Worker
from tests.flow.program import Installation, eventually, installed
from tests.flow.traffic import Traffic


@pytest.fixture(
    params=[pytest.param("embedded", marks=pytest.mark.embedded), pytest.param("kafka", marks=pytest.mark.kafka)]
)
def broker(request: pytest.FixtureRequest) -> Broker:
    """Each kind of broker in turn."""
    found: Broker = request.getfixturevalue(f"{request.param}_broker")
    return found


def settings_on(broker: Broker) -> Settings:
    """Settings of an installation that no other test shares."""
    return load(
        broker=broker.address,
        topic_prefix=f"test-{uuid.uuid4().hex[:12]}.",
        partitions=4,
        transactions=broker.is_transactional,
        # A foreign cluster may refuse less than its default of 6 s.
        session_timeout_seconds=2.0 if broker.is_local else 6.0,
        chunk_records=200,
        instance_id="none",  # several workers of one machine and one port
    )


@pytest.fixture
async def settings(broker: Broker) -> AsyncIterator[Settings]:
    """An installation with its topics, removed afterwards."""
    chosen = settings_on(broker)
    verdict = await apply_topics(chosen, catalogue(), BOXES)
    assert verdict.differences == []
    yield chosen
    await delete_topics(chosen)


@pytest.fixture
async def traffic(settings: Settings) -> AsyncIterator[Traffic]:
    """The upstream and downstream of that installation."""
    async with Traffic(settings) as found:
        yield found


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Callable[[Settings], Worker]]:
    """Starts workers, and ends those that the test leaves."""
    workers: list[Worker] = []

    def start(settings: Settings) -> Worker:
        workers.append(Worker(settings, tmp_path / f"worker-{len(workers)}.log"))
        return workers[-1]

    yield start
    for worker in workers:
        await asyncio.to_thread(worker.end)


@pytest.fixture(
    scope="module",
    params=[pytest.param("embedded", marks=pytest.mark.embedded), pytest.param("kafka", marks=pytest.mark.kafka)],
)
def installation(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """The whole program with one worker, on each kind of broker in turn; one for all tests of a module."""
    broker: Broker = request.getfixturevalue(f"{request.param}_broker")
    log = tmp_path_factory.mktemp("worker") / "worker.log"
    with installed(broker.address, log, is_transactional=broker.is_transactional) as place:
        yield place


@pytest.fixture
def number() -> str:
    """A number that no other test uses."""
    return f"7916{uuid.uuid4().int % 10_000_000:07d}"


@pytest.fixture
def linked(installation: Installation, number: str) -> str:
    """A customer whose number the hub knows."""
    customer = f"C-{uuid.uuid4().hex[:8]}"
    link = {"customer_id": customer, "scheme": "msisdn", "value": number, "valid_from": 1_700_000_000_000}
    installation.publish("crm.customer.v1", "IdentifierLinked", f"customer:{customer}", **link)
    eventually(lambda: installation.context(f"msisdn:{number}"))
    return customer
