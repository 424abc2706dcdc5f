"""The end of a day: what was expected and what was seen, side by side."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of thing that was to come.

    Attributes:
        kind: what it is, such as `applied usage.record.v1` or `suppression cap`.
        missing: expected and not seen (or, of a fact, not so).
        doubled: seen once more than it may be.
        unexpected: seen and not expected.
        repeated: the same id with the same content once more, where the broker has no transactions: no fault.
    """

    kind: str
    expected: int
    seen: int
    missing: int = 0
    doubled: int = 0
    unexpected: int = 0
    repeated: int = 0

    @property
    def is_right(self) -> bool:
        """Whether exactly what was expected was seen."""
        return not (self.missing or self.doubled or self.unexpected)


@dataclass(frozen=True, slots=True)
class Law:
    """Something that holds for everything seen, whatever was expected."""

    name: str
    checked: int
    broken: int

    @property
    def is_right(self) -> bool:
        """Whether nothing broke it."""
        return not self.broken


@dataclass(frozen=True, slots=True)
class Rate:
    """Records per event of one kind, with the most that the operator day allows."""

    name: str
    per_event: float
    limit: float

    @property
    def is_right(self) -> bool:
        """Whether it stays within the limit."""
        return self.per_event <= self.limit


@dataclass(frozen=True, slots=True)
class Report:
    """The reconciliation of one day, computed from the committed topics alone.

    Attributes:
        events: how many were sent; customers: about how many the ledger knows something.
        findings: a few of the faults in words, by story; they name no customer.
        seconds: how long the run took; 0 when it was not measured.
    """

    events: int
    customers: int
    lines: tuple[Line, ...]
    laws: tuple[Law, ...]
    rates: tuple[Rate, ...]
    findings: tuple[str, ...]
    seconds: float = 0.0

    @property
    def is_right(self) -> bool:
        """Whether nothing is missing, doubled or unexpected and every law holds. Rates are shown, not judged."""
        return all(line.is_right for line in self.lines) and all(law.is_right for law in self.laws)

    def line(self, kind: str) -> Line:
        """Give the line of `kind`; KeyError when there is none."""
        for line in self.lines:
            if line.kind == kind:
                return line
        raise KeyError(kind)

    def to_json(self) -> str:
        """Give the report as one JSON object, `is_right` of the whole and of each part included."""
        document = asdict(self) | {
            "is_right": self.is_right,
            "lines": _judged(self.lines),
            "laws": _judged(self.laws),
            "rates": _judged(self.rates),
        }
        return json.dumps(document, ensure_ascii=False, sort_keys=True)


def _judged(parts: Iterable[Line] | Iterable[Law] | Iterable[Rate]) -> list[dict[str, object]]:
    return [asdict(part) | {"is_right": part.is_right} for part in parts]
