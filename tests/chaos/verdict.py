"""What a run came to, as JSON and in a few lines."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from operator_day import Report
from tests.chaos.checks import Checks
from tests.chaos.crew import End
from tests.chaos.director import Struck
from tests.chaos.plan import ChaosPlan
from tests.chaos.silence import Silence


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A run that is over.

    Attributes:
        plan: What it was to be.
        seconds: How long it took.
        report: Of the day; None when the topics could not be read to their end.
        checks: The verifier's own.
        struck: What happened to the hub.
        ends: How its workers ended.
        strange: What must not happen and is no matter of topics.
        silence: A partition's longest wait.
        fault: Why the day did not come to its end.
    """

    plan: ChaosPlan
    seconds: float
    report: Report | None
    checks: Checks
    struck: Sequence[Struck]
    ends: Sequence[End]
    strange: Sequence[str]
    silence: Silence | None
    fault: str | None

    @property
    def lost(self) -> int:
        """What was expected and is not there."""
        return sum(line.missing for line in self.report.lines) if self.report else 0

    @property
    def doubled(self) -> int:
        """What is there once more than it may be."""
        return self.checks.doubled + (sum(line.doubled for line in self.report.lines) if self.report else 0)

    @property
    def wrong(self) -> int:
        """What is there and is not as it must be."""
        if self.report is None:
            return self.checks.wrong
        laws = sum(law.broken for law in self.report.laws)
        return self.checks.wrong + laws + sum(line.unexpected for line in self.report.lines)

    @property
    def is_right(self) -> bool:
        """Whether nothing is lost, doubled or wrong, and the day came to its end."""
        is_whole = self.report is not None and self.fault is None and not self.strange
        return is_whole and not (self.lost or self.doubled or self.wrong)

    @property
    def counts(self) -> Counter[str]:
        """How often each kind has struck."""
        return Counter(each.kind for each in self.struck if not each.is_missed)

    def findings(self) -> list[str]:
        """Give everything that is amiss, in words."""
        found = [self.fault] if self.fault else []
        return [*found, *self.strange, *self.checks.findings, *(self.report.findings if self.report else ())]

    def to_json(self) -> str:
        """Give it as JSON."""
        began = self.struck[0].began if self.struck else 0.0
        ends = Counter(f"{end.status}{'' if end.was_wanted else ' unasked'}" for end in self.ends)
        document: dict[str, Any] = {
            "seed": self.plan.seed,
            "is_right": self.is_right,
            "lost": self.lost,
            "doubled": self.doubled,
            "wrong": self.wrong,
            "events": self.report.events if self.report else None,
            "records_verified": self.checks.records,
            "seconds": round(self.seconds, 1),
            "plan": {**asdict(self.plan), "directory": str(self.plan.directory)},
            "strikes": dict(sorted(self.counts.items())),
            "missed": dict(Counter(each.kind for each in self.struck if each.is_missed)),
            "ends_by_status": dict(sorted(ends.items())),
            "longest_silence": self._silence(began),
            "faults_by_law": dict(self.checks.faults),
            "findings": self.findings(),
            "timeline": [
                {"at": round(each.began - began, 1), "seconds": round(each.ended - each.began, 1), "kind": each.kind,
                 "words": each.words, "is_missed": each.is_missed}
                for each in self.struck
            ],
            "day": json.loads(self.report.to_json()) if self.report else None,
        }  # fmt: skip
        return json.dumps(document, indent=1)

    def _silence(self, began: float) -> dict[str, Any] | None:
        if self.silence is None:
            return None
        start, end = self.silence.ended_at - self.silence.seconds, self.silence.ended_at
        during = [each.kind for each in self.struck if each.began < end and each.ended > start - 1.0]
        return {
            "seconds": round(self.silence.seconds, 1),
            "topic": self.silence.topic,
            "partition": self.silence.partition,
            "at": round(start - began, 1),
            "strikes_meanwhile": during,
        }

    def lines(self) -> Iterator[str]:
        """Say it in a few lines."""
        events = f"{self.report.events:,} events, " if self.report else ""
        yield f"{events}{self.checks.records:,} records verified, {self.seconds:.0f} s"
        yield f"strikes: {', '.join(f'{kind} {count}' for kind, count in sorted(self.counts.items()))}"
        if self.silence:
            where = f"{self.silence.topic}, partition {self.silence.partition}"
            yield f"longest silence of a partition: {self.silence.seconds:.1f} s ({where})"
        yield f"{self.lost} lost, {self.doubled} doubled, {self.wrong} wrong"
        yield from (f"  {finding}" for finding in self.findings()[:20])
