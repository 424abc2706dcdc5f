"""A broker as a child process: started, awaited, ended by its pid."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from streams.kafka.probe import api_versions

_POLL_SECONDS: Final = 0.05
_LAST_LINES: Final = 3


class BrokerUnavailable(Exception):  # noqa: N818 - reads as what happened
    """A local broker cannot be had; the text is one sentence that says what is missing."""


def spawn(command: Sequence[str], log: Path, *, is_detached: bool = False) -> "subprocess.Popen[bytes]":
    """Start `command` with both outputs appended to `log`.

    A process group of its own keeps a Ctrl-C at the terminal from ending the broker before its clients.

    Raises:
        BrokerUnavailable: the command is not there.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        with log.open("ab") as out:
            return subprocess.Popen(  # noqa: S603 - our own command line
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=is_detached,
                process_group=None if is_detached else 0,
            )
    except OSError as cause:
        raise BrokerUnavailable(f"{command[0]} cannot be started: {cause.strerror}") from None


@contextlib.contextmanager
def interruptions_held() -> Iterator[None]:
    """Let a Ctrl-C count when the block ends: one between making a process and noting it would leave it running.

    Where another thread than the main one runs it does nothing: Python interrupts the main thread alone.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)
        if came:
            signal.raise_signal(signal.SIGINT)


def wait_until_ready(port: int, limit_seconds: float, exit_code: Callable[[], int | None], log: Path) -> None:
    """Return when the broker on loopback `port` answers.

    Raises:
        BrokerUnavailable: it ended, or does not answer within the limit; the log's last lines are in the text.
    """
    limit = time.monotonic() + limit_seconds
    while time.monotonic() < limit:
        if (code := exit_code()) is not None:
            raise BrokerUnavailable(f"the broker ended with status {code}: {_tail(log)}")
        with contextlib.suppress(OSError, ValueError):
            api_versions("127.0.0.1", port)
            return
        time.sleep(_POLL_SECONDS)
    raise BrokerUnavailable(f"the broker does not answer after {limit_seconds:.0f} s: {_tail(log)}")


def end(process: "subprocess.Popen[bytes]", limit_seconds: float) -> None:
    """End a child by its pid: ask, wait for the limit, then kill."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(limit_seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


def end_pid(pid: int, limit_seconds: float) -> None:
    """The same for a process that another one started."""
    limit = time.monotonic() + limit_seconds
    sent = signal.SIGTERM
    while is_alive(pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sent)
        sent = signal.SIGTERM if time.monotonic() < limit else signal.SIGKILL
        time.sleep(_POLL_SECONDS)


def is_alive(pid: int) -> bool:
    """Return whether a process with this id runs (a zombie does not)."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return True


def command_line(pid: int) -> str:
    """Return the command line of a process, or nothing when there is none: a pid alone may be a stranger's by now."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    with contextlib.suppress(OSError):  # macOS
        command = ("ps", "-o", "command=", "-p", str(pid))
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603 - our own
    return ""


def _tail(log: Path) -> str:
    with contextlib.suppress(OSError):
        lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
        return " | ".join(lines[-_LAST_LINES:]) or "its log is empty"
    return "it left no log"
