"""What was heard and not heard, and how it is told."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench.gaps import Gap
from bench.silence_plan import WORDS, Scenario, SilencePlan


@dataclass(frozen=True, slots=True)
class Moment:
    """What was done, and the longest silence from then to the next thing done, or to the end.

    Attributes:
        what: In a few words.
        at: UTC, as the workers' logs have it.
        struck: Of the partitions of the worker it was done to; None if it had none.
        others: Of the other partitions.
    """

    what: str
    at: str
    struck: Gap | None
    others: Gap | None

    @property
    def seconds(self) -> float:
        """The longest of any partition."""
        return max((gap.seconds for gap in (self.struck, self.others) if gap), default=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One scenario, once.

    Attributes:
        scenario: Which.
        number: Of the repetition, from 1.
        aim_seconds: What the project wants; None where it has no aim.
        struck_partitions: The numbers whose tasks the struck worker had, or got when it joined.
        quiet: The longest silence before.
        moments: In order.
        asked, missing, repeated: Probes, those without an answer, and outputs that came twice.
        unasked: Probes left out since all people of a partition owed an answer.
        events_per_second: What the load really was.
        ended: Exit status of the struck worker when it had ended by the end; a signal is negative.
    """

    scenario: Scenario
    number: int
    aim_seconds: float | None
    struck_partitions: tuple[int, ...]
    quiet: Gap | None
    moments: tuple[Moment, ...]
    asked: int
    missing: int
    repeated: int
    unasked: int
    events_per_second: float
    ended: int | None

    @property
    def is_right(self) -> bool:
        """Whether nothing was lost or doubled."""
        return not (self.missing or self.repeated)

    @property
    def is_in_time(self) -> bool | None:
        """Whether the aim was met; None where there is none."""
        return None if self.aim_seconds is None else all(moment.seconds <= self.aim_seconds for moment in self.moments)


def told(plan: SilencePlan, heard: Sequence[Heard]) -> Iterator[str]:
    """Yield the lines of the table."""
    yield (
        f"Longest silence of any partition, seconds; session timeout {plan.session_seconds:g} s, {plan.partitions} "
        f"partitions, {plan.events_per_second:,} events/s, {plan.probes_per_second} probes/s of each partition"
    )
    yield f"{'':32}{'its own':>9}{'others':>9}{'before':>9}{'aim':>7}  lost  doubled"
    for one in heard:
        yield f"{one.scenario}, {WORDS[one.scenario]}" + ("" if plan.repeat == 1 else f" ({one.number})")
        for moment in one.moments:
            yield (
                f"  {moment.what:30}{_seconds(moment.struck):>9}{_seconds(moment.others):>9}{_seconds(one.quiet):>9}"
                f"{_aim(one, moment):>7}  {one.missing:4}  {one.repeated:7}"
            )


def as_json(plan: SilencePlan, machine: dict[str, object], heard: Sequence[Heard]) -> dict[str, Any]:
    """Return everything that was found."""
    runs = [asdict(one) | {"is_right": one.is_right, "is_in_time": one.is_in_time} for one in heard]
    return {"plan": asdict(plan), "machine": machine, "heard": runs}


def _seconds(gap: Gap | None) -> str:
    return "-" if gap is None else f"{gap.seconds:.2f}"


def _aim(one: Heard, moment: Moment) -> str:
    if one.aim_seconds is None:
        return "-"
    return f"{one.aim_seconds:g}" + ("" if moment.seconds <= one.aim_seconds else " !")
