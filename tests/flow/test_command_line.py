"""The whole program as its users meet it: one worker, the command line, and other people's clients."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import pytest

from streams.kafka.probe import free_port
from tests.flow.conftest import Broker

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
            env=clean_environment() | self.environment,
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


def clean_environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("HUB_")}


T = TypeVar("T")

ON_KAFKA: Final = pytest.mark.parametrize(
    "installation", [pytest.param("kafka", marks=pytest.mark.kafka)], indirect=True, scope="module"
)
"""The embedded broker's ApiVersions answer is one that librdkafka cannot read."""


def eventually(ask: Callable[[], T]) -> T:
    """Ask until the answer is true; a limit ends it."""
    limit = time.monotonic() + LIMIT_SECONDS
    while not (answer := ask()):
        assert time.monotonic() < limit, "it never came"
        time.sleep(0.1)
    return answer


@pytest.fixture(
    scope="module",
    params=[pytest.param("embedded", marks=pytest.mark.embedded), pytest.param("kafka", marks=pytest.mark.kafka)],
)
def installation(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Bring up topics, one worker and configuration by the command line alone."""
    broker: Broker = request.getfixturevalue(f"{request.param}_broker")
    port = free_port()
    environment = {
        "HUB_BROKER": broker.address,
        "HUB_TOPIC_PREFIX": f"test-{uuid.uuid4().hex[:12]}.",
        "HUB_PARTITIONS": "4",
        "HUB_TRANSACTIONS": str(broker.is_transactional).lower(),
        "HUB_HTTP_PORT": str(port),
    }
    place = Installation(environment, f"http://127.0.0.1:{port}")
    place.hub("topics", "apply")
    log = tmp_path_factory.mktemp("worker") / "worker.log"
    with log.open("wb") as out:
        worker = subprocess.Popen(
            (sys.executable, "-m", "hub", "worker"),
            cwd=CHECKOUT,
            env=clean_environment() | environment,
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
        assert "7916" not in log.read_text(), "a number reached the log"
    finally:
        worker.kill()
        worker.wait()


def _is_ready(place: Installation) -> bool:
    try:
        return place.get("/readyz")[0] == 200
    except OSError:
        return False


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


def test_topics_are_as_their_contracts_say(installation: Installation) -> None:
    assert installation.hub("topics", "verify") == ""
    listed = [json.loads(line) for line in installation.hub("topics", "list", "--json").splitlines()]
    assert all(topic["partitions"] == topic["found"] for topic in listed)
    assert f"{installation.prefix}hub.timeline.v1" in {topic["name"] for topic in listed}


def test_low_balance_becomes_one_request_that_tail_and_show_and_metrics_tell(
    installation: Installation, number: str, linked: str
) -> None:
    installation.balance(f"msisdn:{number}", "A-1", 500_00, 1)
    installation.balance(f"msisdn:{number}", "A-1", 40_00, 2)

    def requests() -> list[dict[str, Any]]:
        lines = installation.hub("tail", "message.request.v1", "--key", linked, "--all").splitlines()
        return [json.loads(line)["record"] for line in lines]

    (request,) = eventually(requests)
    assert (request["purpose"], request["customer_id"], request["channels"]) == ("balance.low", linked, ["sms"])
    context = eventually(lambda: _with_balance(installation.context(number_of(number)), 40_00))
    assert context["customer_id"] == linked
    metrics = installation.get("/metrics")[1]
    assert 'hub_messages_total{message_class="service",purpose="balance.low"}' in metrics
    assert number not in metrics


def number_of(number: str) -> str:
    """Write a number as people do."""
    return f"msisdn:+7 ({number[1:4]}) {number[4:7]}-{number[7:]}"


def _with_balance(context: dict[str, Any], amount: int) -> dict[str, Any]:
    return context if [a["balance_minor"] for a in context.get("accounts", ())] == [amount] else {}


def test_masked_tail_names_nobody(installation: Installation, number: str, linked: str) -> None:
    assert number in installation.hub("tail", "crm.customer.v1", "--all")
    shown = installation.hub("tail", "crm.customer.v1", "--all", "--mask")
    assert shown.count("\n") >= 1
    assert number not in shown
    assert linked not in shown


def test_version_that_is_there_never_changes_and_an_unknown_one_is_not_activated(installation: Installation) -> None:
    other = {**CONFIGURATION["levels"], "config_id": "default", "version": 1, "min_gap_seconds": 7}
    installation.hub("config", "put", "levels", "-", stdin=json.dumps(other), status=2)
    installation.hub("config", "activate", "levels", "default", "9", status=2)


def test_worker_refuses_topics_with_other_partitions(installation: Installation) -> None:
    environment = {**installation.environment, "HUB_PARTITIONS": "8", "HUB_HTTP_PORT": "0", "HUB_LOG_LEVEL": "error"}
    done = Installation(environment, "").run(sys.executable, "-m", "hub", "worker")
    assert done.returncode == 2
    assert "has 4 partitions instead of 8" in done.stderr
    assert done.stderr.count("\n") == 1


@ON_KAFKA
@pytest.mark.kcat
def test_kcat_publishes_json_cloudevents_with_its_own_partitioner(installation: Installation, number: str) -> None:
    customer = f"K-{uuid.uuid4().hex[:8]}"
    environment = {**installation.environment, "BROKER": installation.broker, "PREFIX": installation.prefix}
    done = Installation(environment, "").run("examples/kcat.sh", customer, number)
    assert done.returncode == 0, done.stderr
    context = eventually(lambda: _with_balance(installation.nudged(customer), 42_00))
    assert context["customer_id"] == customer


@ON_KAFKA
def test_confluents_serializer_publishes_framed_avro_with_its_own_partitioner(
    installation: Installation, number: str, linked: str
) -> None:
    done = installation.run(
        sys.executable, "examples/confluent_avro.py", "--broker", installation.broker, "--prefix", installation.prefix,
        "--registry", installation.url, "--key", f"msisdn:{number}", "--balance-minor", "777",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    context = eventually(lambda: _with_balance(installation.nudged(linked), 777))
    assert context["customer_id"] == linked
