"""The whole program as its users meet it: one worker, the command line, and other people's clients."""

import json
import sys
import uuid
from typing import Any

import pytest

from tests.flow.program import CONFIGURATION, ON_KAFKA, Installation, eventually


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
