"""The log, the clock and the consumer loop in memory: the real core for tests, property tests and what-if."""

from streams.memory.clock import VirtualClock
from streams.memory.hub import MemoryHub
from streams.memory.log import MemoryBroker, MemoryRecord, MemoryTaskLog

__all__ = ["MemoryBroker", "MemoryHub", "MemoryRecord", "MemoryTaskLog", "VirtualClock"]
