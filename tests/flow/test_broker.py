"""The local brokers themselves, and workers that outlive one."""

import asyncio
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from streams.brokers import ApacheKafka, BrokerUnavailable, apache, child
from streams.kafka.probe import free_port, is_taken
from streams.kafka.provisioning import apply_topics
from streams.settings import Settings
from tests.builders.brokers import Broker
from tests.flow.conftest import settings_on
from tests.flow.installation import BOXES, catalogue
from tests.flow.processes import CHECKOUT, Worker, sigint
from tests.flow.traffic import Traffic

Start = Callable[[Settings], Worker]

pytestmark = pytest.mark.kafka


async def test_a_killed_and_restarted_broker_loses_and_doubles_nothing(tmp_path: Path, start: Start) -> None:
    kafka = ApacheKafka(tmp_path / "kafka", heap="512m")
    await asyncio.to_thread(kafka.start)
    settings = settings_on(Broker(kafka.address, is_transactional=True))
    await apply_topics(settings, catalogue(), BOXES)
    try:
        async with Traffic(settings) as traffic:
            worker = start(settings)
            await asyncio.to_thread(worker.until_ready)
            supervisor = asyncio.create_task(supervise(worker, lambda: start(settings)))
            await traffic.publish(50)
            publishing = asyncio.create_task(traffic.publish(200, pause_seconds=0.005))
            await asyncio.sleep(0.3)
            await asyncio.to_thread(kafka.kill)
            await asyncio.to_thread(kafka.start)
            await publishing
            await traffic.settle()
            traffic.check()
            supervisor.cancel()
    finally:
        await asyncio.to_thread(kafka.kill)


async def test_a_worker_without_a_broker_stops_when_it_is_told_to(tmp_path: Path, start: Start) -> None:
    kafka = ApacheKafka(tmp_path / "kafka", heap="512m")
    await asyncio.to_thread(kafka.start)
    settings = settings_on(Broker(kafka.address, is_transactional=True))
    try:
        await apply_topics(settings, catalogue(), BOXES)
        worker = start(settings)
        await asyncio.to_thread(worker.until_ready)
    finally:
        await asyncio.to_thread(kafka.kill)
    await asyncio.sleep(2.0)
    began = time.monotonic()
    assert await asyncio.to_thread(worker.stop) == 0
    assert time.monotonic() - began < settings.stop_budget_seconds
    assert "Exception in thread" not in worker.log


async def supervise(worker: Worker, start: Callable[[], Worker]) -> None:
    """Start another when it ends: it may, with the broker, if a transaction gets too old meanwhile."""
    while True:
        await asyncio.to_thread(worker.wait, 120.0)
        worker = start()


def test_a_local_kafka_comes_up_says_where_and_goes_down(tmp_path: Path) -> None:
    def kafka(command: str, *options: str) -> tuple[int, str]:
        line = (sys.executable, "-m", "streams.brokers", command, "--directory", str(tmp_path / "node"), *options)
        done = subprocess.run(line, cwd=CHECKOUT, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout

    port = str(free_port())
    up = (0, f"Apache Kafka is up on 127.0.0.1:{port}.\n")
    assert kafka("status") == (1, "Apache Kafka is not running.\n")
    try:
        assert kafka("up", "--port", port) == up
        assert kafka("up", "--port", port) == up  # it is already
        assert kafka("status") == up
    finally:
        assert kafka("down", "--clean") == (0, "Apache Kafka is down.\n")
    assert kafka("status")[0] == 1
    assert not (tmp_path / "node").exists()


def test_a_stranger_with_the_pid_of_a_broker_that_is_gone_is_neither_claimed_nor_ended(tmp_path: Path) -> None:
    def broker(command: str) -> str:
        line = (sys.executable, "-m", "streams.brokers", command, "--directory", str(tmp_path))
        return subprocess.run(line, cwd=CHECKOUT, capture_output=True, text=True, check=False).stdout

    with subprocess.Popen((sys.executable, "-c", "import time; time.sleep(60)")) as stranger:
        try:
            (tmp_path / "state.json").write_text(json.dumps({"pid": stranger.pid, "port": 9092}))
            assert broker("status") == "Apache Kafka is not running.\n"
            assert broker("down") == "Apache Kafka is down.\n"
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_an_interrupted_start_leaves_no_broker_behind(tmp_path: Path) -> None:
    port = free_port()
    line = (sys.executable, "-m", "streams.brokers", "up", "--directory", str(tmp_path), "--port", str(port))
    with sigint(is_heeded=True):
        starting = subprocess.Popen(line, cwd=CHECKOUT, stderr=subprocess.PIPE, text=True)
    with starting:
        log, limit = tmp_path / "kafka.log", time.monotonic() + 30
        while not log.exists():  # it is made for the broker itself
            assert time.monotonic() < limit
            time.sleep(0.01)
        starting.send_signal(signal.SIGINT)
        _, said = starting.communicate(timeout=30)
        assert starting.returncode == 130
        assert said == ""
    assert not is_taken(port)


def test_an_interruption_while_the_process_is_made_leaves_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[subprocess.Popen[bytes]] = []
    spawn = child.spawn

    def interrupted(command: Sequence[str], log: Path, *, is_detached: bool = False) -> "subprocess.Popen[bytes]":
        made.append(spawn(command, log, is_detached=is_detached))
        signal.raise_signal(signal.SIGINT)  # before anybody has noted the process
        return made[0]

    monkeypatch.setattr(apache, "spawn", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ApacheKafka(tmp_path).start(is_detached=True)
    assert [process.poll() is not None for process in made] == [True]


def test_an_interruption_is_not_lost_when_the_process_cannot_be_made() -> None:
    def interrupted() -> None:
        with child.interruptions_held():
            signal.raise_signal(signal.SIGINT)
            raise BrokerUnavailable("there is no such command")

    with pytest.raises(KeyboardInterrupt):
        interrupted()


def test_a_port_that_somebody_has_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(BrokerUnavailable, match=f"port {port} is taken"):
            ApacheKafka(tmp_path, port).start()


def test_a_missing_java_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BrokerUnavailable, match="needs Java 17: the command java is not on the PATH"):
        ApacheKafka(tmp_path).start()


def test_a_missing_maven_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: "/bin/true" if name == "java" else None)
    with pytest.raises(BrokerUnavailable, match="needs Maven: the command mvn is not on the PATH"):
        ApacheKafka(tmp_path, jars=tmp_path / "lib").start()
