"""Benchmarks set up logging for their process; the tests keep theirs."""

import logging

import pytest

from bench import command


@pytest.fixture(autouse=True)
def _log_of_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "configure", lambda *_: None)
    monkeypatch.setattr(logging.getLogger("aiokafka"), "level", logging.getLogger("aiokafka").level)
