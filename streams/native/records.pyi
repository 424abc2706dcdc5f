from collections.abc import Callable, Sequence
from typing import Any, TypeVar

_T = TypeVar("_T")

def read(batch: bytes | memoryview, make: Callable[..., _T], topic: str, partition: int) -> list[_T]: ...
def build(
    rows: Sequence[Any],
    start: int,
    most_bytes: int,
    now: int,
    *,
    is_transactional: bool,
    producer_id: int,
    producer_epoch: int,
    sequence: int,
) -> tuple[bytes, int]: ...
def checksums(data: bytes) -> tuple[int, int]: ...
