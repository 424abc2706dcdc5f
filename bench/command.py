"""What the commands of the benchmarks have in common: where results go, what is said, and how they end."""

import logging
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from aiokafka.errors import KafkaError

from hub.refusal import CommandRefused
from operator_day.publisher import TopicMissing
from operator_day.through import StandsStill
from streams.brokers import BrokerUnavailable
from streams.core.errors import StartRefused
from streams.logs import configure
from streams.settings import SettingsRefused

Say = Callable[[str], None]

BUILD: Final = Path(__file__).resolve().parents[1] / "build" / "bench"
WRONG: Final = 1
REFUSED: Final = 2
INTERRUPTED: Final = 130

_REFUSALS: Final = (BrokerUnavailable, CommandRefused, SettingsRefused, StartRefused, StandsStill, TopicMissing)


def ended(command: Callable[[], int]) -> int:
    """Run a command and return its exit status; what cannot be measured is one sentence on standard error."""
    configure("error", "console")
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # fresh topics have no leader for a moment
    try:
        return command()
    except _REFUSALS as refusal:
        return _refuse("; ".join([str(refusal).rstrip("."), *getattr(refusal, "__notes__", ())]))
    except KafkaError as fault:
        return _refuse(f"the broker did not do what was asked ({type(fault).__name__})")
    except KeyboardInterrupt:
        return INTERRUPTED


@contextmanager
def kept_logs() -> Iterator[Path]:
    """Give a directory for the processes' logs; it stays, and is named, when one of them failed."""
    directory = Path(tempfile.mkdtemp(prefix="hub-bench-"))
    is_kept = False
    try:
        yield directory
    except (CommandRefused, StandsStill) as fault:
        fault.add_note(f"the logs are in {directory}")
        is_kept = True
        raise
    finally:
        if not is_kept:
            shutil.rmtree(directory, ignore_errors=True)


def say(sentence: str) -> None:
    """Say how far it is."""
    print(sentence, flush=True)


def _refuse(sentence: str) -> int:
    print(f"bench: {sentence}.", file=sys.stderr)
    return REFUSED
