"""`python -m streams.brokers up|down|status`: a local Apache Kafka that stays until it is taken down."""

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import Final

from streams.brokers.apache import ROOT, ApacheKafka
from streams.brokers.child import BrokerUnavailable, command_line, end_pid, is_alive
from streams.kafka.probe import api_versions

_PORT: Final = 9092
_STOP_SECONDS: Final = 15.0
_INTERRUPTED: Final = 130


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 is success, 1 means not running, 2 that it cannot be had."""
    parser = argparse.ArgumentParser(prog="python -m streams.brokers", description=__doc__)
    parser.add_argument("command", choices=("up", "down", "status"))
    parser.add_argument("--port", type=int, default=_PORT)
    parser.add_argument("--controller-port", type=int, default=None)
    parser.add_argument("--cores", default=None, help="cores to pin the JVM to, as taskset reads them")
    parser.add_argument("--directory", type=Path, default=ROOT / "build" / "kafka" / "node")
    parser.add_argument("--clean", action="store_true", help="down: remove its data too")
    given = parser.parse_args(arguments)
    if given.command == "up":
        return _up(given)
    return _down(given) if given.command == "down" else _status(given)


def _up(given: argparse.Namespace) -> int:
    if _status(given, is_silent=True) == 0:
        return _status(given)
    try:
        kafka = ApacheKafka(given.directory, given.port, given.controller_port, cores=given.cores)
        kafka.start(is_detached=True)
    except BrokerUnavailable as cause:
        _say(f"{cause}.")
        return 2
    except KeyboardInterrupt:
        return _INTERRUPTED
    _state_file(given).write_text(json.dumps({"pid": kafka.pid, "port": given.port}))
    _say(f"Apache Kafka is up on {kafka.address}.")
    return 0


def _down(given: argparse.Namespace) -> int:
    state = _state(given)
    if state and _is_ours(state["pid"], given):
        end_pid(state["pid"], _STOP_SECONDS)
    _state_file(given).unlink(missing_ok=True)
    if given.clean:
        shutil.rmtree(given.directory, ignore_errors=True)
    _say("Apache Kafka is down.")
    return 0


def _status(given: argparse.Namespace, *, is_silent: bool = False) -> int:
    state = _state(given)
    is_up = bool(state) and _is_ours(state["pid"], given) and _answers(state["port"])
    if not is_silent:
        _say(f"Apache Kafka is up on 127.0.0.1:{state['port']}." if is_up else "Apache Kafka is not running.")
    return 0 if is_up else 1


def _is_ours(pid: int, given: argparse.Namespace) -> bool:
    # A state file outlives a reboot, and its pid may be anybody's then; nobody else runs on these properties.
    return is_alive(pid) and str(given.directory.resolve() / "server.properties") in command_line(pid)


def _answers(port: int) -> bool:
    try:
        api_versions("127.0.0.1", port)
    except (OSError, ValueError):
        return False
    return True


def _state_file(given: argparse.Namespace) -> Path:
    path: Path = given.directory / "state.json"
    return path


def _state(given: argparse.Namespace) -> dict[str, int]:
    try:
        return dict(json.loads(_state_file(given).read_text()))
    except (OSError, ValueError):
        return {}


def _say(sentence: str) -> None:
    sys.stdout.write(sentence + "\n")


if __name__ == "__main__":
    sys.exit(main())
