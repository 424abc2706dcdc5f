"""What a process has cost so far, from the operating system's own accounting."""

import os
from pathlib import Path
from typing import Final, NamedTuple

from hub.refusal import CommandRefused

_KIB: Final = 1024
_USER, _SYSTEM = 11, 12
"""Fields 14 and 15 of proc(5)'s stat, counted from the state, which follows the name in parentheses."""


class Usage(NamedTuple):
    """Of one process with all its threads.

    Attributes:
        user_seconds, system_seconds: CPU time so far.
        peak_bytes: The most memory it ever held (resident).
    """

    user_seconds: float
    system_seconds: float
    peak_bytes: int

    @property
    def cpu_seconds(self) -> float:
        """User and system together."""
        return self.user_seconds + self.system_seconds


def usage_of(pid: int, proc: Path = Path("/proc")) -> Usage:
    """Read what the process `pid` has used.

    Raises:
        CommandRefused: it is gone, or this system has no /proc.
    """
    try:
        stat = (proc / str(pid) / "stat").read_text()
        status = (proc / str(pid) / "status").read_text()
    except OSError:
        raise CommandRefused("the worker's CPU time cannot be read: it ended, or this system has no /proc") from None
    return parse(stat, status, os.sysconf("SC_CLK_TCK"))


def resident_bytes(proc: Path = Path("/proc")) -> int:
    """Read how much memory this process holds now.

    Raises:
        CommandRefused: this system has no /proc.
    """
    try:
        status = (proc / "self" / "status").read_text()
    except OSError:
        raise CommandRefused("memory cannot be read: this system has no /proc") from None
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")), 0) * _KIB


def parse(stat: str, status: str, ticks_per_second: int) -> Usage:
    """Read the two files' text. The name in `stat` may hold spaces and parentheses."""
    fields = stat.rpartition(")")[2].split()
    peak = next((line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")), "0")
    return Usage(
        int(fields[_USER]) / ticks_per_second,
        int(fields[_SYSTEM]) / ticks_per_second,
        int(peak) * _KIB,
    )
