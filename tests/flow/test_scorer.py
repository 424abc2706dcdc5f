"""A scorer outside the hub takes over by topics alone, with a client of other people's; and may be silent."""

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streams.settings import environment_without_settings
from tests.flow.program import CHECKOUT, ON_KAFKA, Installation, eventually

OFFERS = Path("schemas/examples/hub.config.Offers/typical.json")
WAIT_MILLIS = 3_000


@pytest.fixture
def waiting(installation: Installation) -> Installation:
    """An installation whose offers give a scorer time."""
    content = json.loads((CHECKOUT / OFFERS).read_text())
    first = content["offers"][0]
    content["offers"] = [first | {"action_id": name, "product_spec_id": name} for name in ("a", "b", "c")]
    content |= {"config_id": f"scored-{uuid.uuid4().hex[:6]}", "scorer_wait_millis": WAIT_MILLIS}
    installation.hub("config", "put", "offers", "-", stdin=json.dumps(content))
    installation.hub("config", "activate", "offers", content["config_id"], "1")
    return installation


@pytest.fixture
def scorer(waiting: Installation) -> "Iterator[subprocess.Popen[str]]":
    """The example, answering once."""
    with subprocess.Popen(
        (
            sys.executable, "examples/scorer.py", "--broker", waiting.broker, "--prefix", waiting.prefix,
            "--registry", waiting.url, "--count", "1",
        ),
        cwd=CHECKOUT,
        env=environment_without_settings(),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert "asking is on" in process.stdout.readline()
        yield process
        process.kill()


def call(place: Installation) -> str:
    """Let somebody new call; return who."""
    customer, conversation = f"S-{uuid.uuid4().hex[:8]}", uuid.uuid4().hex[:8]
    fields = {"interaction_id": conversation, "channel": "phone", "direction": "inbound"}
    place.publish("contact.interaction.v1", "InteractionStarted", f"customer:{customer}", **fields)
    return customer


def decision(place: Installation, customer: str) -> dict[str, Any]:
    """Return the customer's decision, once there is one."""

    def found() -> list[dict[str, Any]]:
        lines = place.hub("tail", "nba.decision.v1", "--key", customer, "--all").splitlines()
        return [json.loads(line)["record"] for line in lines]

    (only,) = eventually(found)
    return only


@ON_KAFKA
def test_a_scorer_outside_decides_and_its_silence_is_answered_for(
    waiting: Installation, scorer: "subprocess.Popen[str]"
) -> None:
    scored = decision(waiting, call(waiting))
    assert scored["scorer"] == "external"
    assert scorer.wait(30) == 0
    assert [action["action_id"] for action in scored["actions"]] == ["c"]  # one of a group, the likeliest
    assert not scored["actions"][0]["is_prior"]

    silent = decision(waiting, call(waiting))
    assert silent["scorer"] == "built_in"
    assert [action["action_id"] for action in silent["actions"]] == ["a"]
