"""Throws inputs at targets, and catches what must not be: an exception, a hang, memory without bound."""

import resource
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.fuzz.inputs import Input, Inputs
from tests.fuzz.targets import CATALOGUE, CODEC, Target, targets

FOUND: Final = Path(__file__).resolve().parents[2] / "build" / "fuzz"
_HANG_SECONDS: Final = 3.0
"""Of CPU time, so that a busy machine is no hang; the slowest good input takes 0.05 s."""
_MOST_BYTES: Final = 64 << 20
"""What one input may add to the process's peak."""


class Hung(BaseException):
    """It took too long; no handler of the target catches it."""


class Failure(NamedTuple):
    """An input that a target must bear and does not.

    Attributes:
        target: Its name.
        given: The input.
        what: What happened.
        saved: Where the input is.
    """

    target: str
    given: Input
    what: str
    saved: Path

    def __str__(self) -> str:
        value = "no value" if self.given.value is None else self.given.value.hex()
        return (
            f"{self.target} on {self.given.topic}: {self.what}\n  {value}\n  python -m tests.fuzz --replay {self.saved}"
        )


def fuzz(seed: int, chosen: Mapping[str, Target] | None = None, found: Path = FOUND) -> Iterator[Failure | None]:
    """Throw one input after the other, for ever; yield what failed, or None after an input that all bore."""
    inputs, chosen = Inputs(seed, CATALOGUE, CODEC), chosen or targets()
    while True:
        given = inputs.draw()
        failures = [failure for name, target in chosen.items() if (failure := attempt(name, target, given, found))]
        yield failures[0] if failures else None


def attempt(name: str, target: Target, given: Input, found: Path = FOUND) -> Failure | None:
    """Throw one input at one target."""
    before = _peak_bytes()
    try:
        with _limit(_HANG_SECONDS):
            target(given)
    except Hung:
        what = f"it hung for {_HANG_SECONDS:.0f} s"
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        what = f"{type(error).__name__}: {error}"
    else:
        grown = _peak_bytes() - before
        if grown < _MOST_BYTES:
            return None
        what = f"it took {grown >> 20} MiB"
    return Failure(name, given, what, _saved(name, given, found))


def _saved(name: str, given: Input, found: Path) -> Path:
    found.mkdir(parents=True, exist_ok=True)
    text = given.to_json()
    path = found / f"{name}-{sha256(text.encode()).hexdigest()[:12]}.json"
    path.write_text(text)
    return path


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@contextmanager
def _limit(seconds: float) -> Iterator[None]:
    def hung(*_: Any) -> None:
        raise Hung

    before = signal.signal(signal.SIGVTALRM, hung)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
