"""Worker processes as a test sees them: started, awaited, stopped, killed."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streams.settings import Settings, environment_of, environment_without_settings

CHECKOUT = Path(__file__).resolve().parents[2]
PASSED_ON = ("instance_id", "session_timeout_seconds", "in_flight_bytes", "chunk_records", "accept_reset", "compiled")


@contextmanager
def sigint(*, is_heeded: bool) -> Iterator[None]:
    """Start programs in this block as from a terminal, or as a shell starts them in the background: SIGINT ignored.

    A program inherits that, however these tests were started themselves; what is handled here is at its default there.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler if is_heeded else signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class Worker:
    """One worker process; its log is a file that the test may read."""

    def __init__(self, settings: Settings, log: Path) -> None:
        self._log = log
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                (sys.executable, "-m", "tests.flow.worker"),
                cwd=CHECKOUT,
                env=environment_without_settings() | environment_of(settings, *PASSED_ON),
                stdout=out,
                stderr=out,
            )

    @property
    def log(self) -> str:
        return self._log.read_text()

    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def until_ready(self, times: int = 1, limit_seconds: float = 30.0) -> None:
        """Return when it has become ready so often."""
        limit = time.monotonic() + limit_seconds
        while self.log.count("streams.kafka.runtime ready") < times:
            assert not self.has_ended(), self.log
            assert time.monotonic() < limit, f"not ready after {limit_seconds} s:\n{self.log}"
            time.sleep(0.05)

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """Ask it to stop; return its exit status."""
        self._process.terminate()
        return self.wait()

    def wait(self, limit_seconds: float = 30.0) -> int:
        """Return its exit status."""
        return self._process.wait(limit_seconds)

    def end(self) -> None:
        """End it if the test did not."""
        if not self.has_ended():
            self.kill()
