"""A library that repeats itself is heard once in a while; whoever runs the hub says what they have to say."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from streams import logs
from streams.log_limit import LogLimit


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def said(name: str, text: str, *values: object, level: int = logging.ERROR) -> logging.LogRecord:
    return logging.LogRecord(name, level, __file__, 1, text, values, None)


def test_a_library_repeats_itself_once_in_ten_seconds_and_then_says_how_often() -> None:
    clock = Clock()
    limit = LogLimit(["aiokafka"], 10.0, clock)
    heard = []
    for tenth in range(250):
        clock.now = 100.0 + tenth / 10
        record = said("aiokafka.conn", "no node %s: %s", tenth, "refused")
        if limit.filter(record):
            heard.append((tenth / 10, getattr(record, "left_out", 0)))
    assert heard == [(0.0, 0), (10.0, 99), (20.0, 99)]


@pytest.mark.parametrize(
    "other",
    [
        said("aiokafka.conn", "something else"),
        said("aiokafka.producer", "no node"),
        said("aiokafka.conn", "no node", level=logging.WARNING),
        said("streams.kafka.runtime", "no node"),
        said("aiokafkaesque", "no node"),
    ],
)
def test_another_saying_is_not_held_back(other: logging.LogRecord) -> None:
    limit = LogLimit(["aiokafka"])
    assert limit.filter(said("aiokafka.conn", "no node"))
    assert limit.filter(other)


def test_the_hub_itself_is_never_held_back() -> None:
    limit = LogLimit(["aiokafka"])
    assert all(limit.filter(said("streams.kafka.runtime", "ready")) for _ in range(3))


def test_texts_that_never_repeat_are_forgotten() -> None:
    limit = LogLimit(["aiokafka"])
    assert all(limit.filter(said("aiokafka", f"no node {number}")) for number in range(5000))
    assert len(limit._said) <= 1000  # noqa: SLF001 - what it holds is the point


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    written, root = io.StringIO(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.configure("info", "json", written)
    yield written
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_worker_that_lost_its_broker_does_not_fill_the_disk(stream: io.StringIO) -> None:
    for node in range(1000):
        logging.getLogger("aiokafka").error("Unable connect to node with id %s: %s", node, "refused")
        logging.getLogger("streams.kafka.runtime").info("ours")
    lines = [json.loads(line)["logger"] for line in stream.getvalue().splitlines()]
    assert lines.count("aiokafka") == 1
    assert lines.count("streams.kafka.runtime") == 1000
