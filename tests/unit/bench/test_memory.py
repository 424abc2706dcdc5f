"""What the memory benchmark says it measured: how many customers, their records, bytes as a changelog holds them."""

from pathlib import Path

import msgspec
import pytest

from bench import memory
from bench.command import REFUSED
from bench.memory import Held, Memory, measure
from streams.core.keys import PARTITION, state_key

STATE = [(f"C-{number}/sum".encode(), b"12345") for number in range(10)]
OWN = (state_key(PARTITION, "note"), b"for the partition")


def measured(path: Path, customers: int) -> Memory:
    held = [Held("customer", 0, [*STATE, OWN]), Held("resolve", 0, [(b"msisdn:1", b"xyz")])]
    path.write_bytes(msgspec.msgpack.encode(held))
    return measure(path, customers)


def test_a_city_is_taken_as_often_as_it_takes_and_what_is_the_partitions_once(tmp_path: Path) -> None:
    once, thrice = measured(tmp_path / "state", 10), measured(tmp_path / "state", 30)
    assert (once.customers, thrice.customers) == (10, 30)
    assert (once.records, thrice.records) == (12, 34)
    of_one = sum(len(b"C-0.0/sum") + 5 for _ in STATE) + len(b"msisdn:1.0") + 3
    assert once.encoded_bytes == of_one + len(OWN[0]) + len(OWN[1])
    assert thrice.encoded_bytes == 3 * of_one + len(OWN[0]) + len(OWN[1])


def test_what_lies_beyond_is_counted_by_customer() -> None:
    found = Memory(10, 12, 1_000, 3_500, 0.0, 0.0, 0.0)
    assert found.beyond == 250


def test_too_few_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert memory.main(["--customers", "999"]) == REFUSED
    assert "at least 1,000" in capsys.readouterr().err
