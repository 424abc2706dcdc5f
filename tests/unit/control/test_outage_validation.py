"""An outage policy that could not be kept is refused in words."""

from typing import Any

import pytest

from agents.control.validation import fault_of
from agents.outage.model import DEFAULT_POLICY
from schemas.records import DeadChannels, OutagePolicy


def policy(**other: Any) -> OutagePolicy:
    usual = {"config_id": "p", "version": 1, "severe": (), "dead_channels": ()}
    seconds = {"hold_down_seconds": 0, "settle_seconds": 0, "eta_shift_seconds": 0, "useful_for_seconds": 1}
    return OutagePolicy(**{**usual, **seconds, **other})


def test_what_holds_without_a_policy_would_be_one() -> None:
    assert fault_of(DEFAULT_POLICY) is None
    assert fault_of(policy()) is None


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"hold_down_seconds": -1}, "hold_down_seconds"),
        ({"hold_down_seconds": 86_401}, "hold_down_seconds"),
        ({"settle_seconds": -1}, "settle_seconds"),
        ({"eta_shift_seconds": -1}, "eta_shift_seconds"),
        ({"useful_for_seconds": 0}, "useful_for_seconds"),
        ({"severe": ("UNKNOWN",)}, "unknown severity"),
        ({"severe": ("major", "major")}, "severity twice"),
        ({"dead_channels": (DeadChannels("tv", ("sms",)),) * 2}, "one service"),
        ({"dead_channels": (DeadChannels("UNKNOWN", ("sms",)),)}, "unknown service or channel"),
        ({"dead_channels": (DeadChannels("tv", ("UNKNOWN",)),)}, "unknown service or channel"),
        ({"dead_channels": (DeadChannels("tv", ()),)}, "no channel"),
        ({"dead_channels": (DeadChannels("tv", ("sms", "sms")),)}, "channel twice"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(fields: dict[str, Any], words: str) -> None:
    assert words in (fault_of(policy(**fields)) or "")
