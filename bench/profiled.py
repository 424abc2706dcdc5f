"""`hub worker`, or another module, under cProfile: the first signal begins, the second writes.

cProfile sees one thread. The folding loop is the main one; the thread that fetches has a profile of its own, and
both are written as one. Its times are the wall clock's: `poll` is waiting, and a crowded machine lengthens everything.

usage: python -m bench.profiled FILE [MODULE ARGUMENTS...]
"""

import cProfile
import pstats
import runpy
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any, Final

BEGIN: Final = signal.SIGRTMIN
WRITE: Final = signal.SIGRTMIN + 1
"""Not SIGUSR1 and SIGUSR2, which the worker's framework takes for itself."""

_NEW: Final = ".new"


class Profiler:
    """A profile for every thread that lives when it begins or is started later."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._profiles: list[cProfile.Profile] = []
        self._is_on = False

    def begin(self, _: int, __: FrameType | None) -> None:
        """Profile from here on."""
        self._is_on = True
        self._watch()

    def write(self, _: int, __: FrameType | None) -> None:
        """Write what all threads did; the file appears whole."""
        self._profiles[0].disable()
        stats = pstats.Stats(*self._profiles)
        stats.dump_stats(self._path + _NEW)
        Path(self._path + _NEW).replace(self._path)

    def of_thread(self, *_: Any) -> None:  # noqa: ANN401  # what threading hands to a profile function
        """Stand as a thread's profile function until the profiler begins."""
        if self._is_on:
            self._watch()

    def _watch(self) -> None:
        profile = cProfile.Profile()
        self._profiles.append(profile)
        profile.enable()  # takes the place of `of_thread` on this thread


def main() -> None:
    """Run the worker, or the module."""
    path, *program = sys.argv[1:]
    profiler = Profiler(path)
    signal.signal(BEGIN, profiler.begin)
    signal.signal(WRITE, profiler.write)
    threading.setprofile(profiler.of_thread)
    module, *arguments = program or ("hub", "worker")
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
