"""What a configuration must be: nothing bad may become a version, since versions never change."""

import msgspec
import pytest

from agents.control.validation import Config, fault_of
from schemas.records import BalanceLevels, ContactPolicy, Templates

LEVEL = {"level_id": "low", "amount_minor": 100, "currency": "RUB"}
ORDER = {"message_class": "service", "channels": ["push", "sms"]}
QUIET = {"message_class": "marketing", "from_minute": 1260, "to_minute": 540}
CAP = {"window_seconds": 60, "limit": 0}
TEMPLATE = {
    "purpose": "balance.low", "template_id": "t", "message_class": "service", "priority": 1, "parameters": ["a", "b"],
}  # fmt: skip


def config(kind: type[Config], **other: object) -> Config:
    """Return a good configuration of its kind, but for what is given."""
    good = {
        "config_id": "base", "version": 1,
        "levels": [LEVEL], "rearm_topup_minor": 0, "min_gap_seconds": 0, "useful_for_seconds": 60,
        "default_timezone": "Asia/Almaty", "channel_orders": [ORDER], "quiet_hours": [QUIET], "caps": [CAP],
        "templates": [TEMPLATE],
    }  # fmt: skip
    return msgspec.convert({**good, **other}, kind)


@pytest.mark.parametrize("kind", [BalanceLevels, ContactPolicy, Templates])
def test_good_configuration_has_no_fault(kind: type[Config]) -> None:
    assert fault_of(config(kind)) is None


@pytest.mark.parametrize(("limit", "minutes"), [(None, (0, 1440)), (0, (1439, 0)), (1, (0, 1))])
def test_limits_of_what_is_good(limit: int | None, minutes: tuple[int, int]) -> None:
    quiet = {**QUIET, "from_minute": minutes[0], "to_minute": minutes[1]}
    assert fault_of(config(ContactPolicy, caps=[{**CAP, "limit": limit}], quiet_hours=[quiet])) is None


@pytest.mark.parametrize(
    ("kind", "other"),
    [
        (BalanceLevels, {"config_id": ""}),
        (BalanceLevels, {"config_id": "a@b"}),
        (BalanceLevels, {"config_id": "a/b"}),
        (BalanceLevels, {"version": 0}),
        (BalanceLevels, {"levels": []}),
        (BalanceLevels, {"levels": [LEVEL, {**LEVEL, "amount_minor": 5}]}),
        (BalanceLevels, {"levels": [{**LEVEL, "level_id": ""}]}),
        (BalanceLevels, {"levels": [{**LEVEL, "amount_minor": -1}]}),
        (BalanceLevels, {"levels": [{**LEVEL, "currency": "rub"}]}),
        (BalanceLevels, {"rearm_percent": 99}),
        (BalanceLevels, {"rearm_topup_minor": -1}),
        (BalanceLevels, {"min_gap_seconds": -1}),
        (BalanceLevels, {"useful_for_seconds": 0}),
        (BalanceLevels, {"useful_for_seconds": -1}),
        (ContactPolicy, {"default_timezone": "Europe/Atlantis"}),
        (ContactPolicy, {"default_timezone": ""}),
        (ContactPolicy, {"default_timezone": "../../etc/hostname"}),
        (ContactPolicy, {"default_timezone": "Europe"}),
        (ContactPolicy, {"default_timezone": "localtime"}),
        (ContactPolicy, {"default_timezone": "posix/Europe/Moscow"}),
        (ContactPolicy, {"channel_orders": [ORDER, ORDER]}),
        (ContactPolicy, {"channel_orders": [{**ORDER, "message_class": "UNKNOWN"}]}),
        (ContactPolicy, {"channel_orders": [{**ORDER, "channels": ["UNKNOWN"]}]}),
        (ContactPolicy, {"channel_orders": [{**ORDER, "channels": []}]}),
        (ContactPolicy, {"channel_orders": [{**ORDER, "channels": ["sms", "sms"]}]}),
        (ContactPolicy, {"quiet_hours": [QUIET, QUIET]}),
        (ContactPolicy, {"quiet_hours": [{**QUIET, "message_class": "UNKNOWN"}]}),
        (ContactPolicy, {"quiet_hours": [{**QUIET, "from_minute": 1440}]}),
        (ContactPolicy, {"quiet_hours": [{**QUIET, "from_minute": -1}]}),
        (ContactPolicy, {"quiet_hours": [{**QUIET, "to_minute": 1441}]}),
        (ContactPolicy, {"quiet_hours": [{**QUIET, "to_minute": -1}]}),
        (ContactPolicy, {"quiet_hours": [{**QUIET, "from_minute": 540}]}),
        (ContactPolicy, {"caps": [{**CAP, "limit": -1}]}),
        (ContactPolicy, {"caps": [{**CAP, "window_seconds": 0}]}),
        (ContactPolicy, {"caps": [{**CAP, "window_seconds": -1}]}),
        (ContactPolicy, {"caps": [{**CAP, "channel": "UNKNOWN"}]}),
        (ContactPolicy, {"caps": [{**CAP, "message_class": "UNKNOWN"}]}),
        (Templates, {"templates": []}),
        (Templates, {"templates": [TEMPLATE, TEMPLATE]}),
        (Templates, {"templates": [{**TEMPLATE, "purpose": ""}]}),
        (Templates, {"templates": [{**TEMPLATE, "template_id": ""}]}),
        (Templates, {"templates": [{**TEMPLATE, "message_class": "UNKNOWN"}]}),
        (Templates, {"templates": [{**TEMPLATE, "parameters": ["a", "a"]}]}),
        (Templates, {"templates": [{**TEMPLATE, "parameters": [""]}]}),
    ],
)
def test_bad_configuration_has_a_fault_that_names_no_value(kind: type[Config], other: dict[str, object]) -> None:
    fault = fault_of(config(kind, **other))
    assert fault
    assert "Atlantis" not in fault
