"""A local Apache Kafka without Docker: one KRaft node, its jars from Maven Central, everything under one directory.

Figures: 45 jars, 44 MB; ready about 3.5 s after its start on two cores.
"""

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from streams.brokers.child import BrokerUnavailable, end, interruptions_held, spawn, wait_until_ready
from streams.kafka.probe import free_port, is_taken

VERSION: Final = "4.3.1"
ROOT: Final = Path(__file__).resolve().parents[2]
"""The checkout: a local Kafka is for developing the hub, an installed wheel has no use for it."""

_CLUSTER: Final = "hubLocalKafkaCluster00"
"""Any base64 of 16 bytes does; a fixed one lets the same data directory be started again."""
_READY_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 15.0
_LOGGING: Final = """\
Configuration:
  Appenders: {Console: {name: out, PatternLayout: {pattern: "%d %p %m (%c)%n"}}}
  Loggers: {Root: {level: WARN, AppenderRef: {ref: out}}}
"""


class ApacheKafka:
    """A single node, broker and controller in one, for as long as the `with` block lasts.

    Started on a directory that an earlier one left, it comes up with its topics and offsets.

    Attributes:
        address: "127.0.0.1:port".
        pid: The JVM's, once started.

    Args:
        directory: Where data, configuration and log go.
        port: Port of the clients; None takes a free one.
        controller_port: Port of the controller; None takes a free one.
        cores: Cores to pin the JVM to, as `taskset -c` reads them ("1", "0,2"); None pins nothing.
        heap: The JVM's heap.
        jars: Directory of the jars; fetched from Maven Central when it is empty.
        settings: Of server.properties, beside ours or in their place.

    Raises:
        BrokerUnavailable: Java or Maven is missing, or Kafka does not come up; the text says which.
    """

    is_transactional: Final = True

    def __init__(
        self,
        directory: Path,
        port: int | None = None,
        controller_port: int | None = None,
        *,
        cores: str | None = None,
        heap: str = "1g",
        jars: Path | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.directory = directory.resolve()
        self._port, self._controller_port = port or free_port(), controller_port or free_port()
        self.address = f"127.0.0.1:{self._port}"
        self._cores, self._heap, self._settings = cores, heap, settings or {}
        self._jars = jars or ROOT / "build" / "kafka" / "lib"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            end(self._process, _STOP_SECONDS)

    def start(self, *, is_detached: bool = False) -> None:
        """Fetch the jars if need be, format the directory once, start, and return when the broker answers."""
        fetch_jars(self._jars)
        self._process = None  # an earlier one's is no business of a start that fails
        if is_taken(self._port):  # its answers would pass for ours
            raise BrokerUnavailable(f"port {self._port} is taken by another program")
        properties = self._configure()
        log = self.directory / "kafka.log"
        if not (self.directory / "data" / "meta.properties").exists():
            self._format(properties)
        # The whole command line is handed to exec, so that the pid is the JVM's whether it is pinned or not.
        command = (*self._java(f"-Xmx{self._heap}"), "kafka.Kafka", str(properties))
        try:
            with interruptions_held():
                self._process = spawn(command, log, is_detached=is_detached)
            self.pid = self._process.pid
            wait_until_ready(self._port, _READY_SECONDS, self._process.poll, log)
        except BaseException:  # an interruption too: a detached broker that nobody knows of would keep the port
            if self._process is not None:
                end(self._process, _STOP_SECONDS)
            raise

    def prepare(self) -> None:
        """Fetch what it runs from, once, so that several nodes do not do it at the same time.

        Raises:
            BrokerUnavailable: Java or Maven is missing, or the jars cannot be had.
        """
        fetch_jars(self._jars)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _java(self, *options: str) -> tuple[str, ...]:
        pinned = () if self._cores is None else (_program("taskset", "util-linux"), "-c", self._cores)
        logging = f"-Dlog4j2.configurationFile={self.directory / 'log4j2.yaml'}"
        return (*pinned, _program("java", "Java 17"), *options, logging, "-cp", f"{self._jars}/*")

    def _configure(self) -> Path:
        self.directory.mkdir(parents=True, exist_ok=True)
        (self.directory / "log4j2.yaml").write_text(_LOGGING)
        path = self.directory / "server.properties"
        settings = {**broker_properties(self._port, self._controller_port, self.directory / "data"), **self._settings}
        path.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
        return path

    def _format(self, properties: Path) -> None:
        command = (*self._java("-Xmx128m"), "kafka.tools.StorageTool", "format")
        _run((*command, "--cluster-id", _CLUSTER, "--config", str(properties)), "formatting Kafka's storage")


def broker_properties(port: int, controller_port: int, data: Path) -> Mapping[str, str]:
    """Return the node's server.properties."""
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "log.dirs": str(data),
        "auto.create.topics.enable": "false",  # a misspelt topic is an error, not a new topic
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "offsets.retention.minutes": "525600",  # a hub that was off for a month finds its place again
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        # Readers wait behind a killed worker's open transaction until it is aborted; 10 s by default.
        "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",  # tests take over from killed workers in seconds
        # Restarted after a kill, the controller waits for the old session to end; 9 s by default.
        "broker.session.timeout.ms": "2000",
        "broker.heartbeat.interval.ms": "500",
        "log.retention.check.interval.ms": "60000",
        "num.network.threads": "2",
        "num.io.threads": "4",
    }


def fetch_jars(directory: Path, pom: Path = ROOT / "deploy" / "kafka" / "pom.xml") -> None:
    """Put Kafka's jars into `directory` unless they are there.

    Raises:
        BrokerUnavailable: Maven is missing or cannot fetch them.
    """
    if (directory / f"kafka_2.13-{VERSION}.jar").exists():
        return
    _program("java", "Java 17")
    maven = _program("mvn", "Maven")
    # Into a sibling of its own first: half a directory of jars would pass for a whole one.
    directory.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f"{directory.name}.", dir=directory.parent))
    goal = ("dependency:copy-dependencies", f"-DoutputDirectory={partial}")
    try:
        _run((maven, "-q", "-B", "-f", str(pom), *goal), "fetching Kafka's jars with Maven")
        with contextlib.suppress(OSError):  # another run was faster
            partial.rename(directory)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def missing_programs() -> list[str]:
    """Return what a local Apache Kafka needs and this machine does not have, in words."""
    needs = {"java": "Java 17", "mvn": "Maven"}
    return [words for program, words in needs.items() if shutil.which(program) is None]


def _program(name: str, words: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise BrokerUnavailable(f"a local Apache Kafka needs {words}: the command {name} is not on the PATH")
    return path


def _run(command: Sequence[str], doing: str) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if done.returncode:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise BrokerUnavailable(f"{doing} failed: {' | '.join(lines[-3:])}")
