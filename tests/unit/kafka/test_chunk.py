"""A chunk is folded in parts, of which the last alone ends where the fetch did."""

from collections.abc import Iterator
from itertools import chain
from typing import Any, cast

import pytest
from faust.types import TP

from streams.kafka.chunk import Chunk


def chunk_of(count: int) -> Chunk:
    return Chunk(TP("in", 3), cast("Any", list(range(count))), 7, end=count + 5)


@pytest.mark.parametrize(
    ("sizes", "lengths"),
    [
        ([4, 4, 4], [4, 4, 2]),
        ([5, 5], [5, 5]),
        ([1, 3, 100], [1, 3, 6]),
        ([10], [10]),
        ([11], [10]),
    ],
)
def test_each_part_has_the_size_of_its_turn_and_nothing_is_left_out(sizes: list[int], lengths: list[int]) -> None:
    asked: Iterator[int] = iter(sizes)
    parts = list(chunk_of(10).parts(lambda: next(asked)))
    assert [len(part.records) for part in parts] == lengths
    assert list(chain.from_iterable(part.records for part in parts)) == list(chunk_of(10).records)
    assert [part.end for part in parts] == [0] * (len(parts) - 1) + [15]
    assert {(part.tp, part.epoch) for part in parts} == {(TP("in", 3), 7)}
