"""The decisions and traces that were seen, against those that had to come: right to the last candidate."""

from collections.abc import Mapping
from typing import Any, Final

from operator_day.check_outcomes import check_outcomes
from operator_day.compare_decisions import Comparison
from operator_day.decisions import DecisionKey, Roll
from operator_day.frames import unframe
from operator_day.ledger import Ledger
from operator_day.observer import DECISION, SCORE_REQUEST, TRACE, Observed, Seen
from operator_day.recall import recall
from operator_day.tally import Tally
from schemas import records, wire

ADDRESSEE: Final = "decisions and traces stand under their customer's key"

SHOWN: Final = "last decision in the context"
REQUEST: Final = "question to a scorer outside"


def check_decisions(ledger: Ledger, observed: Observed, tally: Tally, *, has_transactions: bool) -> None:
    """Enter every decision, trace and outcome into the tally, and check their laws."""
    check = _Check(ledger, tally, has_transactions=has_transactions)
    check.read_decisions(observed.kept(DECISION))
    check.read_traces(observed.kept(TRACE))
    check.judge()
    check.read_contexts(observed.contexts)
    if requests := len(observed.kept(SCORE_REQUEST)):
        tally.seen(REQUEST, requests)
        tally.fault(REQUEST, "unexpected", "no scorer is configured", requests)


class _Check:
    def __init__(self, ledger: Ledger, tally: Tally, *, has_transactions: bool) -> None:
        self._ledger = ledger
        self._tally = tally
        self._has_transactions = has_transactions
        self._comparison = Comparison(ledger, tally)
        self._roll = Roll()
        self._decided: dict[DecisionKey, tuple[records.Decided, Seen]] = {}
        self._attributed: list[tuple[records.OutcomeAttributed, Seen]] = []
        self._traced: dict[str, tuple[records.Traced, Seen]] = {}

    def read_decisions(self, seen: list[Seen]) -> None:
        """Enter the topic of decisions and outcomes."""
        for each in seen:
            record: Any = wire.decode(each.value or b"")
            self._tally.law(ADDRESSEE, holds=each.key == record.customer_id.encode(), finding="another key")
            if isinstance(record, records.OutcomeAttributed):
                self._attributed.append((record, each))
                continue
            key, line = self._roll.enter(record), f"decision {record.trigger}"
            self._tally.seen(line)
            before = self._decided.get(key)
            if before is None:
                self._decided[key] = (record, each)
            else:
                self._again(line, before[1].value == each.value, record.customer_id)

    def read_traces(self, seen: list[Seen]) -> None:
        """Enter the topic of traces."""
        for each in seen:
            record = wire.decode(each.value or b"")
            if not isinstance(record, records.Traced):
                raise TypeError(f"a {type(record).__name__} among the traces")
            self._tally.law(ADDRESSEE, holds=each.key == record.customer_id.encode(), finding="another key")
            self._tally.seen("trace")
            before = self._traced.get(record.decision_id)
            if before is None:
                self._traced[record.decision_id] = (record, each)
            else:
                self._again("trace", before[1].value == each.value, record.customer_id)

    def read_contexts(self, contexts: Mapping[bytes, bytes]) -> None:
        """Compare what the last contexts say of the last decision with what was decided last about each customer."""
        last = {decided.customer_id: decided for decided, _ in self._decided.values()}
        self._tally.expected(SHOWN, len(last))
        for customer, decided in last.items():
            value = contexts.get(customer.encode())
            shown = unframe(value, records.Context).last_decision if value is not None else None
            self._tally.seen(SHOWN, int(shown is not None))
            actions = tuple(action.action_id for action in decided.actions)
            if shown != records.LastDecision(decided.decision_id, actions, decided.decided_at):
                self._tally.fault(SHOWN, "missing", f"another {self._story(customer)}")

    def _again(self, line: str, is_same: bool, customer: str) -> None:  # noqa: FBT001  # both are facts
        fault = "repeated" if is_same and not self._has_transactions else "doubled"
        self._tally.fault(line, "repeated" if fault == "repeated" else "doubled", self._story(customer))

    def judge(self) -> None:
        """Compare with what had to come."""
        right = recall(self._ledger, self._roll.keys)
        for key, due in right.due.items():
            self._tally.expected(f"decision {key.trigger}")
            self._tally.expected("trace")
            found = self._decided.get(key)
            if found is None:
                self._tally.fault(f"decision {key.trigger}", "missing", self._story(key.customer))
                self._tally.fault("trace", "missing", self._story(key.customer))
                continue
            traced = self._traced.get(found[0].decision_id)
            self._comparison.compare(key, due, found[0], traced[0] if traced is not None else None)
        for key in self._decided.keys() - right.due.keys():
            self._tally.fault(f"decision {key.trigger}", "unexpected", self._story(key.customer))
        ids = {decided.decision_id for decided, _ in self._decided.values()}
        for trace, _ in self._traced.values():
            if trace.decision_id not in ids:
                self._tally.fault("trace", "unexpected", self._story(trace.customer_id))
        for key, stated in self._ledger.stated.items():
            found = self._decided.get(key)
            traced = self._traced.get(found[0].decision_id) if found is not None else None
            decided = found[0] if found is not None else None
            self._comparison.compare_words(key, stated, decided, traced[0] if traced is not None else None)
        check_outcomes(self._ledger, right, self._roll, self._attributed, self._tally, self._again)

    def _story(self, customer: str) -> str:
        return f"in the story {self._ledger.stories.get(customer, 'nobody')}"
