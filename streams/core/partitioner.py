"""Java's murmur2 partitioner, the one placement that the hub itself relies on."""

import struct
from typing import Final

_SEED: Final = 0x9747B28C
_M: Final = 0x5BD1E995
_MASK: Final = 0xFFFFFFFF


def murmur2(key: bytes) -> int:
    """Return the 32-bit murmur2 hash of `key` as Kafka's Java client computes it.

    Source: `org.apache.kafka.common.utils.Utils.murmur2`.
    """
    length = len(key)
    h = _SEED ^ length
    for word in struct.unpack_from(f"<{length >> 2}I", key):
        k = word * _M & _MASK
        k = (k ^ (k >> 24)) * _M & _MASK
        h = (h * _M & _MASK) ^ k
    tail = length & 3
    if tail:
        h = (h ^ int.from_bytes(key[length - tail :], "little")) * _M & _MASK
    h = (h ^ (h >> 13)) * _M & _MASK
    return h ^ (h >> 15)


def partition_for(key: bytes, partitions: int) -> int:
    """Return the partition in `[0, partitions)` that Java's default partitioner gives `key`."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions
