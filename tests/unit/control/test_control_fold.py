"""Control: configurations are kept for good, put into force once, and every timeline hears of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
import pytest

from agents.control.fold import PATIENCE_MILLIS, ControlFold
from schemas import load
from schemas.records import (
    Activated,
    BalanceLevels,
    ClockReached,
    ConfigActivated,
    ContactPolicy,
    Level,
    Template,
    Templates,
    Ticked,
)
from streams.codec import Codec
from streams.core.fold import FoldContext, Unit
from streams.core.records import Header, Output
from streams.memory.clock import VirtualClock
from streams.memory.log import MemoryRecord
from streams.store import MemoryStore
from streams.tallies import Tally
from streams.topics import TIMELINE

N = 3
NOW = 1_800_000_000_000
LEVELS, POLICY, TEMPLATE = "config.levels.v1", "config.policy.v1", "config.template.v1"
ACTIVATION, CLOCK = "config.activation.v1", "config.clock.v1"
CODEC = Codec(load())


@dataclass
class Control:
    """The control task; every call is a chunk of one record, committed at once."""

    is_log: bool = False
    store: MemoryStore = field(default_factory=MemoryStore)
    offset: int = 10
    unit: Unit = field(default_factory=Unit)

    def __post_init__(self) -> None:
        self.clock = VirtualClock(NOW, self.is_log)
        self.fold = ControlFold(FoldContext(0, N, self.store, self.clock, CODEC, load(), 4096))
        self.fold.restored()

    def put(
        self,
        topic: str,
        key: str | None,
        value: msgspec.Struct | bytes | None,
        headers: Sequence[Header] = (),
        at: int = NOW,
    ) -> list[Output]:
        self.offset += 1
        raw = CODEC.encode(value) if isinstance(value, msgspec.Struct) else value
        raw_key = None if key is None else key.encode()
        self.unit = Unit()
        self.fold.fold(topic, [MemoryRecord(topic, 0, self.offset, at, raw_key, raw, headers)], self.unit)
        for name, content in self.unit.changes.items():
            assert content is not None
            self.store.put(name, content)
        return self.unit.outputs

    def keep(self, config: BalanceLevels, at: int = NOW) -> list[Output]:
        return self.put(LEVELS, f"{config.config_id}@{config.version}", config, at=at)

    def activate(self, version: int, at: int = NOW, config_id: str = "base") -> list[Output]:
        return self.put(ACTIVATION, "levels", ConfigActivated("levels", config_id, version), at=at)

    def tick(self, at: int) -> list[Output]:
        return self.put(CLOCK, "clock", ClockReached(), at=at)


def levels(version: int = 1, amount: int = 100, **other: int) -> BalanceLevels:
    whole = {"rearm_topup_minor": 0, "min_gap_seconds": 0, "useful_for_seconds": 60, **other}
    return BalanceLevels("base", version, (Level("low", amount, "RUB"),), **whole)


def policy(**other: object) -> ContactPolicy:
    given = {"default_timezone": "Europe/Moscow", "channel_orders": [], "quiet_hours": [], "caps": [], **other}
    return msgspec.convert({"config_id": "base", "version": 1, **given}, ContactPolicy)


def template(**other: object) -> Templates:
    one = {
        "purpose": "balance.low", "template_id": "t", "message_class": "service", "priority": 1, "parameters": ["a"],
        **other,
    }  # fmt: skip
    return Templates("base", 1, (msgspec.convert(one, Template),))


def announced(outputs: list[Output]) -> Activated:
    """Return the one activation that every timeline got at once."""
    assert [(out.topic, out.partition, out.key) for out in outputs] == [(TIMELINE, k, None) for k in range(N)]
    assert len({(out.value, out.timestamp) for out in outputs}) == 1
    value = outputs[0].value
    assert value is not None
    event = CODEC.decode(value, (), load().topics[TIMELINE])
    assert isinstance(event, Activated)
    return event


def reason(outputs: list[Output]) -> str:
    (out,) = outputs
    assert out.topic.endswith(".dlq")
    return (dict(out.headers)["hub_reason"] or b"").decode()


def test_activation_brings_the_content_to_every_timeline() -> None:
    control = Control()
    assert control.keep(levels()) == []
    outputs = control.activate(1)
    event = announced(outputs)
    assert (event.activation, event.kind, event.config_id, event.version) == (1, "levels", "base", 1)
    assert CODEC.decode(event.content, (), load().topics[LEVELS]) == levels()
    assert outputs[0].timestamp == NOW


def test_activation_numbers_rise_over_all_kinds_and_through_a_restart() -> None:
    control = Control()
    control.keep(levels(1))
    control.keep(levels(2))
    control.put(TEMPLATE, "base@1", template())
    assert announced(control.activate(1)).activation == 1
    control = Control(store=control.store)
    assert announced(control.put(ACTIVATION, "template", ConfigActivated("template", "base", 1))).activation == 2
    assert announced(control.activate(2)).activation == 3
    assert announced(control.activate(1)).activation == 4  # back to an older version


def test_repeated_activation_changes_nothing() -> None:
    control = Control()
    control.keep(levels())
    control.activate(1)
    assert control.activate(1) == []
    assert control.unit.changes == {}


def test_same_content_once_more_changes_nothing() -> None:
    control = Control()
    control.keep(levels())
    assert control.keep(levels()) == []
    assert control.unit.changes == {}


def test_other_content_under_the_same_version_is_refused_and_the_first_stays() -> None:
    control = Control()
    control.keep(levels(amount=100))
    assert reason(control.keep(levels(amount=200))) == "rule-failed"
    event = announced(control.activate(1))
    assert CODEC.decode(event.content, (), load().topics[LEVELS]) == levels(amount=100)


def test_json_and_avro_of_one_version_are_the_same_content() -> None:
    control = Control()
    control.keep(levels())
    headers = [(name, value.encode()) for name, value in {
        "ce_specversion": "1.0", "ce_type": "hub.config.BalanceLevels", "ce_id": "1", "ce_source": "/ops",
        "content-type": "application/json",
    }.items()]  # fmt: skip
    assert control.put(LEVELS, "base@1", msgspec.json.encode(levels()), headers) == []
    assert control.unit.dead_letters == 0


@pytest.mark.parametrize("is_log", [True, False])
def test_activation_read_before_its_content_waits_for_it(is_log: bool) -> None:  # noqa: FBT001
    control = Control(is_log=is_log)
    assert control.activate(1) == []
    control = Control(is_log=is_log, store=control.store)
    assert announced(control.keep(levels())).version == 1


def test_activation_that_waited_takes_effect_at_its_own_time_at_the_earliest() -> None:
    control = Control(is_log=True)
    control.activate(1, at=NOW + 5)
    assert {out.timestamp for out in control.keep(levels(), at=NOW)} == {NOW + 5}


def test_waiting_activations_of_a_kind_take_effect_in_their_order() -> None:
    control = Control()
    assert control.activate(1) == []
    assert control.activate(2) == []
    assert announced(control.keep(levels(1))).version == 1
    assert announced(control.keep(levels(2))).version == 2


def test_activation_in_force_supersedes_one_that_still_waits() -> None:
    control = Control()
    control.keep(levels(2))
    assert control.activate(9) == []
    dead, *told = control.activate(2)
    assert reason([dead]) == "unknown-config"
    assert announced(told).version == 2
    assert control.keep(levels(9)) == []


def test_activation_of_one_kind_waits_for_no_other() -> None:
    control = Control()
    control.activate(1)
    control.put(TEMPLATE, "base@1", template())
    assert announced(control.put(ACTIVATION, "template", ConfigActivated("template", "base", 1))).kind == "template"


def test_activation_of_what_was_never_published_is_given_up() -> None:
    control = Control()
    assert control.activate(9) == []
    control.clock.time += PATIENCE_MILLIS - 1
    assert len(control.tick(NOW)) == N
    control.clock.time += 1
    (dead,) = control.tick(NOW)[N:]
    assert reason([dead]) == "unknown-config"
    assert (dead.topic, dead.key) == (f"{ACTIVATION}.dlq", b"levels")
    assert dict(dead.headers)["hub_offset"] == b"11"
    assert control.unit.dead_letters == 1
    assert control.unit.tallies == {(Tally.DEAD_LETTERS, (ACTIVATION, "unknown-config")): 1}
    assert len(control.tick(NOW)) == N


def test_on_the_log_s_clock_an_activation_outlives_the_clock_of_its_own_slice() -> None:
    control = Control(is_log=True)
    control.activate(9)
    assert len(control.tick(NOW + 10**9)) == N
    (dead,) = control.tick(NOW + 2 * 10**9)[N:]
    assert reason([dead]) == "unknown-config"


def test_too_many_waiting_activations_give_up_the_oldest() -> None:
    control = Control()
    outputs = [out for version in range(70) for out in control.activate(version + 1)]
    assert [dict(out.headers)["hub_offset"] for out in outputs] == [b"%d" % (11 + n) for n in range(6)]


def test_waiting_activations_that_are_too_large_together_give_up_the_oldest() -> None:
    control, large = Control(), [("note", b"x" * 400_000)]
    events = [ConfigActivated("levels", "base", version) for version in range(1, 5)]
    outputs = [out for event in events for out in control.put(ACTIVATION, "levels", event, large)]
    assert [dict(out.headers)["hub_offset"] for out in outputs] == [b"11", b"12"]
    (dead,) = control.put(ACTIVATION, "levels", ConfigActivated("levels", "base", 5), large * 3)[2:]
    assert dict(dead.headers)["hub_offset"] == b"15"
    assert announced(control.keep(levels(1)) or control.activate(1)).version == 1


def test_clock_reaches_every_timeline_under_its_own_time() -> None:
    outputs = Control(is_log=True).tick(NOW + 5)
    assert [(out.topic, out.partition, out.key, out.timestamp) for out in outputs] == [
        (TIMELINE, k, None, NOW + 5) for k in range(N)
    ]
    assert {out.value for out in outputs} == {CODEC.encode(Ticked())}


@pytest.mark.parametrize(
    ("topic", "key", "value", "expected"),
    [
        (LEVELS, None, levels(), "no-key"),
        (LEVELS, "base@1", None, "no-value"),
        (LEVELS, "base@1", b"x" * 5000, "too-large"),
        (LEVELS, "base@1", b"rubbish", "undecodable"),
        (LEVELS, "base@1", template(), "unknown-type"),
        (LEVELS, "base@2", levels(1), "bad-identifier"),
        (LEVELS, "base", levels(1), "bad-identifier"),
        (ACTIVATION, "policy", ConfigActivated("levels", "base", 1), "bad-identifier"),
        (ACTIVATION, "magic", ConfigActivated("magic", "base", 1), "unknown-config"),
    ],
)
def test_bad_record_is_a_dead_letter_byte_for_byte(
    topic: str, key: str | None, value: msgspec.Struct | bytes | None, expected: str
) -> None:
    control = Control()
    raw = CODEC.encode(value) if isinstance(value, msgspec.Struct) else value
    (out,) = control.put(topic, key, raw, [("h", b"\x00")])
    assert reason([out]) == expected
    assert (out.topic, out.key, out.value) == (f"{topic}.dlq", None if key is None else key.encode(), raw)
    assert out.headers[0] == ("h", b"\x00")
    assert dict(out.headers)["hub_stage"] == b"control"
    assert control.unit.changes == {}
