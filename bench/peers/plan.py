"""What one `make bench` is to be."""

from dataclasses import dataclass
from typing import Final

from bench.peers.load import POPULATIONS

DAY: Final = "day"
WORKLOADS: Final = (*POPULATIONS, DAY)
OURS: Final = {"hub": "auto", "hub-python": "off"}
"""The hub with the compiled part, where it was built, and without: what `HUB_COMPILED` is."""
ENGINES: Final = ("hub", "hub-python", "faust", "quix", "quix-eos", "streams", "streams-eos", "floor", "floor-python")
LEAST_EVENTS: Final = 10_000
_PAGE_REPEAT: Final = 3
_DAY_SHARE: Final = 0.4
_DAY_CUSTOMERS: Final = 20_000
_EVENTS_PER_PERSON: Final = 50
"""Of a day at most; a short one is of fewer people."""
_LEAST_PEOPLE: Final = 200


@dataclass(frozen=True, slots=True)
class Span:
    """What an engine is given.

    Attributes:
        warm: Events that it works off before anything is billed.
        events: Events that are billed.
    """

    warm: int
    events: int

    @property
    def end(self) -> int:
        """All of them."""
        return self.warm + self.events


@dataclass(frozen=True, slots=True)
class _Share:
    """How much of the load an engine is given: a slow one less, so that it does not take a quarter of an hour.

    Attributes:
        warm: Events to warm up, by the events asked for. A JVM is warm only after millions.
        events: Events that are billed, likewise.
    """

    warm: float
    events: float


_WHOLE: Final = _Share(2, 1)
_QUIX: Final = _Share(0.1, 0.3)
_SHARES: Final = {
    "hub": _WHOLE,
    "hub-python": _WHOLE,
    "faust": _Share(0.005, 0.05),
    "quix": _QUIX,
    "quix-eos": _QUIX,
    "streams": _WHOLE,
    "streams-eos": _WHOLE,
    "floor": _WHOLE,
    "floor-python": _WHOLE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PeersPlan:
    """One run of `python -m bench.peers`.

    Attributes:
        engines: Of `ENGINES`, in their order.
        workloads: Of `WORKLOADS`, in their order.
        repeat: How often each is measured; the median counts.
        events: On how many of the reference workloads a fast engine is billed; slow ones get a part of it.
        is_profiled: The hub runs under cProfile: no figures for comparison.
        is_page_wanted: `docs/benchmarks.md` is written even after less than a whole run.

    Raises:
        ValueError: with one sentence, when it measures nothing.
    """

    engines: tuple[str, ...] = ENGINES
    workloads: tuple[str, ...] = WORKLOADS
    repeat: int = 3
    events: int = 1_000_000
    is_profiled: bool = False
    is_page_wanted: bool = False

    def __post_init__(self) -> None:
        _check("engine", self.engines, ENGINES)
        _check("workload", self.workloads, WORKLOADS)
        if self.repeat < 1:
            raise ValueError("every engine must be measured at least once")
        if self.events < LEAST_EVENTS:
            raise ValueError(f"fewer than {LEAST_EVENTS:,} events measure nothing")
        if not self.runs:
            raise ValueError("only the hub plays the operator day: choose it, or another workload")
        if self.is_profiled and "hub" not in self.engines:
            raise ValueError("only the hub is profiled")

    @property
    def runs(self) -> list[tuple[str, str]]:
        """Workload and engine of every row, in the order in which they are measured."""
        return [
            (workload, engine)
            for workload in self.workloads
            for engine in self.engines
            if workload != DAY or engine in OURS
        ]

    @property
    def is_whole(self) -> bool:
        """Whether the page may tell of it: every engine on every workload, with a median worth the name."""
        return self.engines == ENGINES and self.workloads == WORKLOADS and self.repeat >= _PAGE_REPEAT

    def span(self, engine: str) -> Span:
        """Return what an engine is given of a reference workload."""
        share = _SHARES[engine]
        return Span(round(self.events * share.warm), round(self.events * share.events))

    def cuts(self) -> list[int]:
        """Return at how many events the load must be divisible."""
        spans = [self.span(engine) for engine in self.engines]
        return sorted({end for span in spans for end in (span.warm, span.end)})

    @property
    def day_events(self) -> int:
        """About how many events the day has."""
        return round(self.events * _DAY_SHARE)

    @property
    def day_customers(self) -> int:
        """How many people live it."""
        return min(_DAY_CUSTOMERS, max(_LEAST_PEOPLE, self.day_events // (_EVENTS_PER_PERSON // 2)))


def chosen(given: list[str] | None, known: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names given, each once and in the order of `known` (unknown ones last); all when none is given."""
    if not given:
        return known
    names = dict.fromkeys(name for each in given for name in each.split())
    return (*(name for name in known if name in names), *(name for name in names if name not in known))


def _check(what: str, names: tuple[str, ...], known: tuple[str, ...]) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"{name} is no {what}: there are {', '.join(known)}")
