"""What the command says when it cannot be run."""

import tempfile
from pathlib import Path

import pytest

from bench import command, demo, machine
from streams.brokers import BrokerUnavailable


def test_a_plan_that_measures_nothing_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.main(["--events", "5"]) == command.REFUSED
    assert capsys.readouterr().err == "bench: fewer than 1000 events measure nothing.\n"


def test_a_broker_that_cannot_be_had_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def unavailable(*_: object, **__: object) -> None:
        raise BrokerUnavailable("a local Apache Kafka needs Java 17: the command java is not on the PATH")

    monkeypatch.setattr(machine, "ApacheKafka", unavailable)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    assert demo.main([]) == command.REFUSED
    assert capsys.readouterr().err == (
        "bench: a local Apache Kafka needs Java 17: the command java is not on the PATH.\n"
    )
    assert list(tmp_path.iterdir()) == []
