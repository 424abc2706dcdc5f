"""Lines under construction: what was expected, seen and amiss, by kind, with a few findings in words."""

from collections import Counter, defaultdict
from typing import Final, Literal

from operator_day.report import Law, Line

Fault = Literal["missing", "doubled", "unexpected", "repeated"]

FINDINGS_PER_KIND: Final = 5


class Tally:
    """Counts by kind; a kind that was touched by `expected` or `seen` has a line."""

    def __init__(self) -> None:
        self._expected: Counter[str] = Counter()
        self._seen: Counter[str] = Counter()
        self._faults: Counter[tuple[str, Fault]] = Counter()
        self._checked: Counter[str] = Counter()
        self._broken: Counter[str] = Counter()
        self._findings: defaultdict[str, list[str]] = defaultdict(list)

    def expected(self, kind: str, count: int = 1) -> None:
        """Expect `count` more of `kind`."""
        self._expected[kind] += count

    def seen(self, kind: str, count: int = 1) -> None:
        """Count what was seen of `kind`."""
        self._seen[kind] += count

    def fault(self, kind: str, fault: Fault, finding: str, count: int = 1) -> None:
        """Count a fault; the first few are told in words, which must name no customer."""
        self._faults[kind, fault] += count
        if fault != "repeated":
            self._tell(kind, f"{kind}: {fault}: {finding}")

    def law(self, name: str, *, holds: bool, finding: str) -> None:
        """Check a law once."""
        self._checked[name] += 1
        self._broken[name] += not holds
        if not holds:
            self._tell(name, f"{name}: {finding}")

    def _tell(self, kind: str, words: str) -> None:
        if len(self._findings[kind]) < FINDINGS_PER_KIND:
            self._findings[kind].append(words)

    def lines(self) -> tuple[Line, ...]:
        """Give a line for each kind, sorted."""
        kinds = sorted({*self._expected, *self._seen, *(kind for kind, _ in self._faults)})
        return tuple(
            Line(
                kind,
                self._expected[kind],
                self._seen[kind],
                missing=self._faults[kind, "missing"],
                doubled=self._faults[kind, "doubled"],
                unexpected=self._faults[kind, "unexpected"],
                repeated=self._faults[kind, "repeated"],
            )
            for kind in kinds
        )

    def laws(self) -> tuple[Law, ...]:
        """Give every law that was checked, sorted."""
        return tuple(Law(name, count, self._broken[name]) for name, count in sorted(self._checked.items()))

    def findings(self) -> tuple[str, ...]:
        """Give the findings, sorted by kind."""
        return tuple(words for kind in sorted(self._findings) for words in self._findings[kind])
