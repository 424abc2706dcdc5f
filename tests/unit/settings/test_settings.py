"""A worker starts with a complete, legal configuration or with one sentence."""

import os

import pytest

import streams.settings
from streams.settings import (
    Settings,
    SettingsRefused,
    allowed,
    environment_key,
    environment_of,
    environment_without_settings,
    load,
    table,
)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in list(os.environ):
        if key.upper().startswith("HUB_"):
            monkeypatch.delenv(key)


def test_every_setting_has_a_default_within_its_range() -> None:
    assert load().partitions == 64
    assert load() == load()


def test_environment_is_read_and_overrides_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_PARTITIONS", "8")
    monkeypatch.setenv("HUB_CLOCK", "log")
    assert (load().partitions, load().clock, load(partitions=16).partitions) == (8, "log", 16)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("HUB_PARTITIONS", "many"),
        ("HUB_PARTITIONS", "0"),
        ("HUB_CLOCK", "sundial"),
        ("HUB_BROKER", "no-port"),
        ("HUB_BROKER", "host:0"),
        ("HUB_BROKER", "host:70000"),
        ("HUB_BROKER", "good:9092,bad"),
        ("HUB_TOPIC_PREFIX", "with space"),
        ("HUB_TOPIC_PREFIX", ".."),
        ("HUB_BRAKE_FRACTION", "0"),
        ("HUB_TRANSACTIONS", "perhaps"),
        ("HUB_IN_FLIGHT_BYTES", "1.5"),
    ],
)
def test_illegal_value_is_refused_naming_key_and_range(monkeypatch: pytest.MonkeyPatch, key: str, value: str) -> None:
    monkeypatch.setenv(key, value)
    with pytest.raises(SettingsRefused) as refusal:
        load()
    sentence = str(refusal.value)
    assert key in sentence
    assert allowed(key.removeprefix("HUB_").lower()) in sentence
    assert "\n" not in sentence


def test_unknown_key_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_PARTITION", "8")
    with pytest.raises(SettingsRefused, match="HUB_PARTITION is no setting"):
        load()


def test_keys_of_the_build_are_tolerated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_TEST_BROKER", "127.0.0.1:1")
    monkeypatch.setenv("HUB_REQUIRE_ALL", "1")
    assert load().broker == "127.0.0.1:9092"


def test_secret_never_shows_neither_in_repr_nor_in_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "the-key-of-an-installation"  # noqa: S105  # planted
    assert secret not in repr(load(pseudonym_key=secret))
    monkeypatch.setenv("HUB_PSEUDONYM_KEY", "plantd")
    with pytest.raises(SettingsRefused) as refusal:
        load()
    assert "plantd" not in str(refusal.value)


def test_key_longer_than_the_hash_takes_is_refused() -> None:
    with pytest.raises(SettingsRefused, match="HUB_PSEUDONYM_KEY"):
        load(pseudonym_key="ключ" * 16)


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load().partitions = 1


def test_contradiction_is_refused_naming_both() -> None:
    with pytest.raises(SettingsRefused, match=r"HUB_COMMIT_SPACING_SECONDS.*HUB_COMMIT_TIMEOUT_SECONDS"):
        load(commit_spacing_seconds=9, commit_timeout_seconds=2)


def test_a_compiled_part_that_is_required_and_was_not_built_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams.settings, "compiled", lambda _: None)
    with pytest.raises(SettingsRefused, match=r"HUB_COMPILED=required.*`make compiled` builds it\.$"):
        load(compiled="required")
    assert load(compiled="auto").compiled == "auto"


def test_table_tells_all_of_every_setting() -> None:
    rows = list(table())
    assert [key for key, *_ in rows] == [environment_key(name) for name in Settings.model_fields]
    assert all(words and meaning for _, _, words, meaning in rows)
    assert "development" not in str(rows)


def test_a_worker_is_a_static_member_by_host_and_port_unless_told_otherwise() -> None:
    assert str(load(http_port=9465).static_name).endswith("-9465")
    assert load(instance_id="none").static_name is None
    assert load(instance_id="worker-1").static_name == "worker-1"
    assert load(http_port=0).static_name is None
    assert load(transactions=False).static_name is None


def test_a_child_is_told_the_installation_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_APPLICATION", "blue")
    monkeypatch.setenv("HUB_LOG_LEVEL", "debug")
    settings = load(topic_prefix="blue.", partitions=8, transactions=False, pseudonym_key="a key of eight or more")
    given = environment_of(settings)
    assert given == {
        "HUB_APPLICATION": "blue",
        "HUB_TOPIC_PREFIX": "blue.",
        "HUB_PARTITIONS": "8",
        "HUB_TRANSACTIONS": "false",
    }
    assert environment_of(settings, "log_level", "chunk_records") == given | {"HUB_LOG_LEVEL": "debug"}
    assert not any(key.startswith("HUB_") for key in environment_without_settings())


def test_a_child_that_is_told_of_it_reads_the_same_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(broker="a:1,b:2", partitions=8, clock="log", retention="unlimited", session_timeout_seconds=2.5)
    for key, value in environment_of(settings, "session_timeout_seconds").items():
        monkeypatch.setenv(key, value)
    assert load() == settings
