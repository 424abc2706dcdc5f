"""No log line names a customer, whoever wrote it."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from streams.logs import configure, masked


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    stream = io.StringIO()
    configure("info", "json", stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("no task for msisdn:79161234567", "79161234567"),
        ("called +7 (916) 123-45-67 back", "123-45-67"),
        ("number 89161234567.", "89161234567"),
        ("owner is customer:7590-VHVEG, moved", "VHVEG"),
        ("wrote to a.person+x@mail.example.org today", "person"),
        ("mailbox ~0123456789abcdef01234567 is full", "0123456789abcdef"),
    ],
)
def test_identifier_in_a_text_is_masked(text: str, secret: str) -> None:
    assert secret not in masked(text)
    assert "***" in masked(text)


@pytest.mark.parametrize("text", ["task customer-3 open", "offset 123456 of hub.timeline.v1", "2026-11-22T09:00:00Z"])
def test_what_an_operator_needs_stays(text: str) -> None:
    assert masked(text) == text


def test_line_is_one_json_object_with_time_and_level(lines: io.StringIO) -> None:
    structlog.get_logger("hub").info("task open", box="customer", partition=3, offset=1_700_000_000_000)
    line = json.loads(lines.getvalue())
    assert (line["event"], line["level"], line["box"], line["partition"]) == ("task open", "info", "customer", 3)
    assert line["offset"] == 1_700_000_000_000
    assert line["timestamp"].endswith("Z")


def test_private_key_is_masked_whatever_it_holds(lines: io.StringIO) -> None:
    structlog.get_logger("hub").warning("odd", customer_id="C1", value=b"\x00abc", nested={"msisdn": 1})
    text = lines.getvalue()
    assert "C1" not in text
    assert "abc" not in text
    assert json.loads(text)["nested"] == {"msisdn": "***"}


def test_library_line_and_its_traceback_are_masked(lines: io.StringIO) -> None:
    try:
        raise ValueError("bad msisdn:79161234567")  # noqa: TRY301
    except ValueError:
        logging.getLogger("aiokafka.consumer").exception("failed for %s", "msisdn:79160000000")
    text = lines.getvalue()
    assert "7916" not in text
    assert "Traceback" in text


def test_chatty_library_is_quiet_on_info(lines: io.StringIO) -> None:
    logging.getLogger("faust.worker").info("starting")
    logging.getLogger("streams.kafka").info("ours")
    assert [json.loads(line)["event"] for line in lines.getvalue().splitlines()] == ["ours"]


def test_extra_of_a_library_line_is_kept_and_masked(lines: io.StringIO) -> None:
    logging.getLogger("streams.kafka").warning("odd", extra={"tasks": 8, "identifier": "msisdn:79161234567"})
    line = json.loads(lines.getvalue())
    assert (line["tasks"], line["identifier"]) == (8, "***")
