"""What the benchmark runs on, and who gets which core."""

import os
import platform
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from streams.brokers import ApacheKafka


@dataclass(frozen=True, slots=True)
class Cores:
    """Who runs where; None is anywhere.

    Attributes:
        broker: Core of the broker and of this program.
        worker: Core of whoever is measured.
        note: Why nothing is pinned, or None.
    """

    broker: int | None
    worker: int | None
    note: str | None = None

    @classmethod
    def of_this_machine(cls) -> Self:
        """Give one core to the broker and another to whoever is measured, where there are two."""
        if not hasattr(os, "sched_getaffinity"):
            return cls(None, None, "this system cannot pin processes to cores: the figures include being moved about")
        usable = sorted(os.sched_getaffinity(0))
        if len(usable) == 1:
            return cls(
                None, None, "there is one core: broker and worker share it, so events/s of the wall clock mean little"
            )
        if shutil.which("taskset") is None:
            return cls(None, usable[1], "taskset (util-linux) is missing: the broker runs on any core")
        return cls(usable[0], usable[1])

    @contextmanager
    def on(self, core: int | None) -> Iterator[None]:
        """Start child processes on `core` while the block lasts: they inherit what this thread may use."""
        if core is None:
            yield
            return
        before = os.sched_getaffinity(threading.get_native_id())
        os.sched_setaffinity(0, {core})
        try:
            yield
        finally:
            os.sched_setaffinity(0, before)

    @contextmanager
    def kafka(self, directory: Path, settings: Mapping[str, str] | None = None) -> Iterator[ApacheKafka]:
        """Run Apache Kafka on the broker's core, and this program beside it, while the block lasts.

        Args:
            directory: Where its data, configuration and log go.
            settings: Of server.properties, in the place of the usual ones.

        Raises:
            BrokerUnavailable: it cannot be had.
        """
        pinned = None if self.broker is None else str(self.broker)
        with self.on(self.broker), ApacheKafka(directory, cores=pinned, settings=settings) as kafka:
            yield kafka


def describe() -> dict[str, object]:
    """Say what the machine is, without naming it."""
    return {
        "cores": os.cpu_count(),
        "processor": _processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 1),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
