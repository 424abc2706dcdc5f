"""How a worker ends when nothing it has in memory may be used again."""

import logging
import os
import threading
from typing import Final, NoReturn

from streams.kafka.fetching import FetchThread

EXIT_STATUS: Final = 70
"""EX_SOFTWARE: a supervisor starts the worker anew."""

STOP_MORE_SECONDS: Final = 10.0
"""For leaving the group and closing connections, after the tasks' budget."""

_LEAVE_SECONDS: Final = 1.0
_SIGNALLED: Final = 128


def leave_and_exit(thread: FetchThread | None) -> None:
    """Leave the group, so that others take over at once, and end the process a second later whatever happens.

    From a thread: a task could be cancelled by the rebalance that the leaving starts, and the loop may be stuck.
    """
    if thread is not None:
        thread.leave_group()
    threading.Timer(_LEAVE_SECONDS, _exit, (EXIT_STATUS,)).start()


def exit_after(seconds: float) -> threading.Timer:
    """Return a started watchdog over a stop: cancel it when the stop is through, or it ends the process."""
    timer = threading.Timer(seconds, _exit, (EXIT_STATUS,))
    timer.daemon = True
    timer.start()
    return timer


def end_now(signal: int) -> NoReturn:
    """End the process with the status of a process that the signal ended."""
    _exit(_SIGNALLED + signal)


def _exit(status: int) -> NoReturn:
    logging.shutdown()
    os._exit(status)
