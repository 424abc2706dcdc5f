"""A command's own way to the cluster."""

from unittest.mock import Mock

import pytest
from aiokafka.consumer import fetcher

from hub import connection
from streams.kafka import header_names


def test_a_reader_takes_header_names_as_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "AIOKafkaConsumer", Mock())
    monkeypatch.setattr(fetcher, "MemoryRecords", fetcher.MemoryRecords)  # put back what the reader changes
    fetcher.MemoryRecords = None
    connection.Reader(Mock(topic_prefix="", application="hub"), {})
    assert fetcher.MemoryRecords is header_names.Batches
