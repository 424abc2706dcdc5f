"""What the hub put aside, as its owner and the SRE at night meet it: listed, shown, cured, replayed, applied once."""

import json
import os
import signal
import subprocess
import sys
from functools import partial
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from agents.mailbox.rules import MAX_LETTERS
from streams.settings import environment_without_settings
from tests.flow.processes import sigint
from tests.flow.program import (
    CHECKOUT,
    CONFIGURATION,
    LIMIT_SECONDS,
    ON_THE_EMBEDDED,
    Installation,
    eventually,
)

pytestmark = [pytest.mark.timeout(300), ON_THE_EMBEDDED]  # thirty commands, each a process

BILLING, DIGITAL, ACTIVATION = "billing.account.v1", "digital.activity.v1", "config.activation.v1"
OVER = 4


def listed(installation: Installation, *arguments: str) -> dict[tuple[str, str], int]:
    """Count dead letters by topic and reason."""
    rows = [json.loads(line) for line in installation.hub("dlq", "list", "--json", *arguments).splitlines()]
    return {(row["topic"], row["reason"]): row["letters"] for row in rows}


def tailed(installation: Installation, topic: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in installation.hub("tail", topic, "--all").splitlines()]


def said(installation: Installation, *arguments: str, status: int = 0) -> str:
    """Run `hub dlq` and return everything that it printed."""
    done = installation.run(sys.executable, "-m", "hub", "dlq", *arguments)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def billing(installation: Installation, customer: str) -> tuple[int, int]:
    """Return how many billing events were applied to the customer, and how many counted as duplicates."""
    counts = installation.nudged(customer).get("counts", ())
    return next(((each["applied"], each["duplicate"]) for each in counts if each["topic"] == BILLING), (0, 0))


def interrupted_replay(installation: Installation) -> str:
    """Begin a replay that would take minutes, interrupt it after its first letter; return what it said at its end."""
    command = (sys.executable, "-m", "hub", "dlq", "replay", BILLING, "--yes", "--rate", "0.02")
    with sigint(is_heeded=True):
        process = subprocess.Popen(
            command,
            cwd=CHECKOUT,
            env=environment_without_settings() | installation.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    with process:
        eventually(lambda: any("headers" in each for each in tailed(installation, BILLING)))
        os.kill(process.pid, signal.SIGINT)
        out, _ = process.communicate(timeout=LIMIT_SECONDS)
    assert process.returncode == 130
    return out


def test_mailbox_that_ran_over_is_replayed_after_the_link_and_applied_once(
    installation: Installation, number: str
) -> None:
    key, customer, total = f"msisdn:{number}", f"C-{number}", MAX_LETTERS + OVER
    events = [
        {"account_id": "A-1", "balance_minor": 900_00 - n, "currency": "RUB", "balance_version": n}
        for n in range(1, total + 1)
    ]
    installation.hub(
        "publish", BILLING, "--type", "BalanceChanged", "--key", key, stdin="\n".join(map(json.dumps, events))
    )
    eventually(lambda: listed(installation, BILLING) == {(BILLING, "unclaimed"): OVER})
    lines = installation.hub("dlq", "show", BILLING, "--since", "1h").splitlines()
    letter = json.loads(lines[0])
    assert len(lines) == OVER
    assert (letter["reason"], letter["stage"], letter["key"]) == ("unclaimed", "customer", "***")
    assert letter["type"] == "hub.billing.BalanceChanged"
    assert number not in "".join(lines)

    link = {"customer_id": customer, "scheme": "msisdn", "value": number, "valid_from": 1_700_000_000_000}
    installation.publish("crm.customer.v1", "IdentifierLinked", f"customer:{customer}", **link)
    eventually(lambda: billing(installation, customer) == (MAX_LETTERS, 0))

    dry = said(installation, "replay", BILLING, "--dry-run")
    assert "let in" in dry
    assert f"{OVER} would be replayed to {BILLING}" in dry

    assert f"1 of {OVER} replayed" in interrupted_replay(installation)
    assert f"{OVER} of {OVER} replayed to {BILLING} (unclaimed {OVER})." in said(
        installation, "replay", BILLING, "--yes"
    )
    eventually(lambda: billing(installation, customer) == (total, 1))
    said(installation, "replay", BILLING, "--yes", "--limit", "2", "--rate", "1000")
    eventually(lambda: billing(installation, customer) == (total, 3))
    records = tailed(installation, BILLING)
    originals = {each["record"]["event_id"]: each for each in records if "headers" not in each}
    replayed = [each for each in records if "headers" in each]
    assert len(replayed) == 1 + OVER + 2
    for each in replayed:
        original = originals[each["record"]["event_id"]]
        assert [each[name] for name in ("key", "partition", "record")] == [
            original[name] for name in ("key", "partition", "record")
        ]
        assert list(each["headers"]) == ["hub_replayed_from"]


async def test_rubbish_is_replayed_only_when_it_is_named_and_what_came_back_is_one_letter(
    installation: Installation, number: str
) -> None:
    def has_letters(count: int) -> bool:
        return listed(installation, DIGITAL) == {(DIGITAL, "undecodable"): count}

    producer = AIOKafkaProducer(bootstrap_servers=installation.broker)
    await producer.start()
    headers = [("ce_specversion", b"1.0"), ("trace", b"\xff")]
    try:
        await producer.send_and_wait(
            f"{installation.prefix}{DIGITAL}", b"\xffrubbish", key=f"msisdn:{number}".encode(), headers=headers
        )
    finally:
        await producer.stop()
    eventually(partial(has_letters, 1))
    assert "undecodable" in installation.hub("dlq", "list", DIGITAL)
    letter = json.loads(installation.hub("dlq", "show", DIGITAL))
    assert (letter["bytes"], letter["headers"]) == (8, {"ce_specversion": "1.0", "trace": "***"})
    one = json.loads(installation.hub("dlq", "show", DIGITAL, "--at", letter["at"], "--no-mask"))
    assert (one["offset"], one["hex"]) == (letter["offset"], b"\xffrubbish".hex())
    assert "no letter at" in said(installation, "show", DIGITAL, "--at", "0:999999", status=2)
    assert listed(installation, DIGITAL, "--until", "1h") == {}

    assert "undecodable 1: no replay cures that" in said(installation, "replay", DIGITAL, "--yes")
    assert "put aside again: undecodable" in said(
        installation, "replay", DIGITAL, "--reason", "undecodable", "--dry-run"
    )
    assert "nobody is there" in said(installation, "replay", DIGITAL, "--reason", "undecodable", status=2)
    for wanted in (2, 3):
        again = said(installation, "replay", DIGITAL, "--reason", "undecodable", "--yes")
        assert "1 of 1 replayed" in again
        eventually(partial(has_letters, wanted))
    raw = [json.loads(line) for line in installation.hub("dlq", "show", DIGITAL, "--no-mask").splitlines()]
    assert {each["hex"] for each in raw} == {b"\xffrubbish".hex()}
    assert [list(each["headers"]) for each in raw] == [
        ["ce_specversion", "trace"], *[["ce_specversion", "trace", "hub_replayed_from"]] * 2,
    ]  # fmt: skip


def test_activation_before_its_content_takes_effect_when_it_is_replayed_once(installation: Installation) -> None:
    seventh = json.dumps({"kind": "levels", "config_id": "default", "version": 7})
    installation.hub("publish", ACTIVATION, "--key", "levels", stdin=seventh)
    installation.hub("config", "activate", "levels", "default", "1")  # supersedes what still waits
    eventually(lambda: listed(installation, ACTIVATION) == {(ACTIVATION, "unknown-config"): 1})
    content = {**CONFIGURATION["levels"], "config_id": "default", "version": 7}
    installation.hub("config", "put", "levels", "-", stdin=json.dumps(content))

    def activated() -> int:
        records = [each["record"] for each in tailed(installation, "hub.timeline.v1") if "Activated" in each["type"]]
        return sum(record["version"] == 7 for record in records)

    assert activated() == 0
    assert "may replace what came later" in said(installation, "replay", ACTIVATION, "--yes")
    eventually(lambda: activated() == 4)
    said(installation, "replay", ACTIVATION, "--yes")
    installation.hub("config", "activate", "levels", "default", "1")
    assert activated() == 4, "once on each timeline"


def test_all_topics_with_dead_letters_are_listed_and_one_without_says_so(installation: Installation) -> None:
    assert all(topic in {BILLING, DIGITAL, ACTIVATION} for topic, _ in listed(installation))
    assert "No dead letters." in said(installation, "list", "--source-topic", "usage.record.v1")
