"""The program as its users meet it: an installation with one worker, driven by the command line alone."""

import json
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import pytest

from streams.kafka.probe import free_port
from streams.settings import environment_without_settings

ON_THE_EMBEDDED: Final = pytest.mark.parametrize(
    "installation", [pytest.param("embedded", marks=pytest.mark.embedded)], indirect=True, scope="module"
)
"""For what commands do, whatever the broker: each is a process of two seconds."""
ON_KAFKA: Final = pytest.mark.parametrize(
    "installation", [pytest.param("kafka", marks=pytest.mark.kafka)], indirect=True, scope="module"
)
"""The embedded broker's ApiVersions answer is one that librdkafka cannot read."""

T = TypeVar("T")

LIMIT_SECONDS: Final = 60.0
CHECKOUT: Final = Path(__file__).resolve().parents[2]
CONFIGURATION: Final[Mapping[str, dict[str, Any]]] = {
    "levels": {
        "levels": [{"level_id": "low", "amount_minor": 100_00, "currency": "RUB"}],
        "rearm_topup_minor": 100_00,
        "min_gap_seconds": 0,
        "useful_for_seconds": 3600,
    },
    "policy": {
        "default_timezone": "Europe/Moscow",
        "channel_orders": [{"message_class": "service", "channels": ["sms"]}],
        "quiet_hours": [],
        "caps": [],
    },
    "template": {
        "templates": [
            {
                "purpose": "balance.low",
                "template_id": "balance-low-1",
                "message_class": "service",
                "priority": 50,
                "parameters": ["balance_minor", "currency"],
            }
        ]
    },
}


@dataclass
class Installation:
    """One installation of the hub with a worker of its own.

    Attributes:
        environment: Settings of everybody who takes part.
        url: Where its worker serves HTTP.
    """

    environment: dict[str, str]
    url: str

    @property
    def prefix(self) -> str:
        return self.environment["HUB_TOPIC_PREFIX"]

    @property
    def broker(self) -> str:
        return self.environment["HUB_BROKER"]

    def hub(self, *arguments: str, stdin: str = "", status: int = 0) -> str:
        """Run a command and return what it printed."""
        done = self.run(sys.executable, "-m", "hub", *arguments, stdin=stdin)
        assert done.returncode == status, done.stderr
        return done.stdout

    def run(self, *command: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
        """Run any program in the installation's environment."""
        return subprocess.run(
            command,
            cwd=CHECKOUT,
            env=environment_without_settings() | self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT_SECONDS,
        )

    def get(self, path: str) -> tuple[int, str]:
        """Ask the worker."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()

    def publish(self, topic: str, kind: str, key: str, **fields: object) -> None:
        """Publish one record by the command line."""
        self.hub("publish", topic, "--type", kind, "--key", key, stdin=json.dumps(fields))

    def balance(self, key: str, account: str, amount: int, version: int) -> None:
        """Publish a balance."""
        fields = {"account_id": account, "balance_minor": amount, "currency": "RUB", "balance_version": version}
        self.publish("billing.account.v1", "BalanceChanged", key, **fields)

    def context(self, customer: str) -> dict[str, Any]:
        """Show a customer; empty while there is nothing to show."""
        done = self.run(sys.executable, "-m", "hub", "show", customer, "--json")
        return dict(json.loads(done.stdout)) if done.returncode == 0 else {}

    def nudged(self, customer: str) -> dict[str, Any]:
        """Show a customer after a change that lets the context out at once; a balance alone may wait a minute."""
        name = uuid.uuid4().hex[:6]
        key, fields = f"customer:{customer}", {"customer_id": customer, "first_name": name}
        self.publish("crm.customer.v1", "CustomerUpserted", key, **fields)
        return self.context(customer)


def eventually(ask: Callable[[], T]) -> T:
    """Ask until the answer is true; a limit ends it."""
    limit = time.monotonic() + LIMIT_SECONDS
    while not (answer := ask()):
        assert time.monotonic() < limit, "it never came"
        time.sleep(0.1)
    return answer


@contextmanager
def installed(address: str, log: Path, *, is_transactional: bool) -> Iterator[Installation]:
    """Bring up topics, one worker and configuration by the command line alone; the worker's log must name nobody."""
    port = free_port()
    environment = {
        "HUB_BROKER": address,
        "HUB_TOPIC_PREFIX": f"test-{uuid.uuid4().hex[:12]}.",
        "HUB_PARTITIONS": "4",
        "HUB_TRANSACTIONS": str(is_transactional).lower(),
        "HUB_HTTP_PORT": str(port),
    }
    place = Installation(environment, f"http://127.0.0.1:{port}")
    place.hub("topics", "apply")
    with log.open("wb") as out:
        worker = subprocess.Popen(
            (sys.executable, "-m", "hub", "worker"),
            cwd=CHECKOUT,
            env=environment_without_settings() | environment,
            stdout=out,
            stderr=out,
        )
    try:
        eventually(lambda: worker.poll() is not None or _is_ready(place))
        assert worker.poll() is None, log.read_text()
        for kind, content in CONFIGURATION.items():
            text = json.dumps({"config_id": "default", "version": 1, **content})
            assert place.hub("config", "put", kind, "-", stdin=text) == "default@1\n"
            place.hub("config", "activate", kind, "default", "1")
        yield place
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0, log.read_text()
        assert not re.search(r"7916\d{7}", log.read_text()), "a number reached the log"
    finally:
        worker.kill()
        worker.wait()


def _is_ready(place: Installation) -> bool:
    try:
        return place.get("/readyz")[0] == 200
    except OSError:
        return False
