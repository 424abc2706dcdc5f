"""The decisions and traces that were seen, against those that had to come: right to the last candidate."""

from typing import Any, Final

from operator_day import shelf
from operator_day.check_outcomes import check_outcomes
from operator_day.decisions import DecisionKey, Due, Roll, Stated
from operator_day.ledger import Ledger
from operator_day.observer import DECISION, SCORE_REQUEST, TRACE, Observed, Seen
from operator_day.recall import recall
from operator_day.tally import Tally
from operator_day.zones import HOUR, SECOND
from schemas import records, wire

ADDRESSEE: Final = "decisions and traces stand under their customer's key"
SERVICE_FIRST: Final = "nothing is sold while a gate is closed"
TIMELY: Final = "decisions come in the hour of their question and are good for as long as they should"
AGREE: Final = "a decision and its trace agree"

STATED: Final = "decision as its story tells"
ACTION: Final = "action offered"
RATIONALE: Final = "rationale in the customer's own numbers"
REQUEST: Final = "question to a scorer outside"


def check_decisions(ledger: Ledger, observed: Observed, tally: Tally, *, has_transactions: bool) -> None:
    """Enter every decision, trace and outcome into the tally, and check their laws."""
    check = _Check(ledger, tally, has_transactions=has_transactions)
    check.read_decisions(observed.kept(DECISION))
    check.read_traces(observed.kept(TRACE))
    check.judge()
    if requests := len(observed.kept(SCORE_REQUEST)):
        tally.seen(REQUEST, requests)
        tally.fault(REQUEST, "unexpected", "no scorer is configured", requests)


class _Check:
    def __init__(self, ledger: Ledger, tally: Tally, *, has_transactions: bool) -> None:
        self._ledger = ledger
        self._tally = tally
        self._has_transactions = has_transactions
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
            self._compare(key, due, found[0])
        for key in self._decided.keys() - right.due.keys():
            self._tally.fault(f"decision {key.trigger}", "unexpected", self._story(key.customer))
        ids = {decided.decision_id for decided, _ in self._decided.values()}
        for traced, _ in self._traced.values():
            if traced.decision_id not in ids:
                self._tally.fault("trace", "unexpected", self._story(traced.customer_id))
        for key, stated in self._ledger.stated.items():
            self._compare_words(key, stated)
        check_outcomes(self._ledger, right, self._roll, self._attributed, self._tally, self._again)

    def _compare(self, key: DecisionKey, due: Due, decided: records.Decided) -> None:
        story, right = self._story(key.customer), due.right
        said: dict[str, tuple[Any, Any]] = {
            "channel": (decided.channel, due.channel),
            "gate": (decided.gate, right.gate),
            "control group": (decided.is_control_group, right.is_control),
            "scorer": (decided.scorer, "built_in"),
        }
        if key.trigger != "search":
            said["reason"] = (decided.reason_code, due.reason)
        wrong = [name for name, (found, expected) in said.items() if found != expected]
        if wrong:
            self._tally.fault(f"decision {key.trigger}", "missing", f"another {', '.join(wrong)} {story}")
        self._compare_actions(decided.actions, right.actions, story)
        is_sold = decided.gate is not None and any(action.kind == "sales" for action in decided.actions)
        self._tally.law(SERVICE_FIRST, holds=not is_sold, finding=story)
        is_timely = due.asked_at <= decided.decided_at <= due.asked_at - due.asked_at % HOUR + HOUR
        lasts = decided.expires_at - decided.decided_at
        self._tally.law(TIMELY, holds=is_timely and lasts == shelf.EXPIRES_SECONDS * SECOND, finding=story)
        self._compare_trace(decided, right.candidates, story)

    def _compare_actions(
        self, found: tuple[records.RankedAction, ...], right: tuple[records.RankedAction, ...], story: str
    ) -> None:
        self._tally.expected(ACTION, len(right))
        self._tally.seen(ACTION, len(found))
        self._tally.expected(RATIONALE, sum(action.rationale is not None for action in right))
        by_id = {action.action_id: action for action in found}
        for action in right:
            other = by_id.pop(action.action_id, None)
            if other is None:
                self._tally.fault(ACTION, "missing", f"{action.action_id} {story}")
                continue
            self._tally.seen(RATIONALE, int(other.rationale is not None))
            if other.rationale != action.rationale:
                self._tally.fault(RATIONALE, "missing", f"another for {action.action_id} {story}")
            elif other != action:
                self._tally.fault(ACTION, "missing", f"{action.action_id} as rank {action.rank} {story}")
        for action_id in by_id:
            self._tally.fault(ACTION, "unexpected", f"{action_id} {story}")

    def _compare_trace(self, decided: records.Decided, right: tuple[records.Candidate, ...], story: str) -> None:
        for candidate in right:
            self._tally.expected(f"candidate {candidate.stage}")
        traced = self._traced.get(decided.decision_id)
        if traced is None:
            self._tally.fault("trace", "missing", story)
            return
        trace = traced[0]
        shared = ("customer_id", "scorer", "decided_at", "activation")
        agrees = all(getattr(trace, name) == getattr(decided, name) for name in shared)
        self._tally.law(AGREE, holds=agrees, finding=story)
        version = 2 if decided.is_control_group else 1
        if (trace.offers, trace.propensities) != (f"city@{version}", "city@1"):
            self._tally.fault("trace", "missing", f"another configuration {story}")
        if [each.action_id for each in trace.candidates] != [each.action_id for each in right]:
            self._tally.fault("trace", "missing", f"other candidates {story}")
        found = {candidate.action_id: candidate for candidate in trace.candidates}
        for candidate in right:
            self._compare_candidate(found.get(candidate.action_id), candidate, story)

    def _compare_candidate(self, found: records.Candidate | None, right: records.Candidate, story: str) -> None:
        line = f"candidate {right.stage}"
        if found is not None:
            self._tally.seen(f"candidate {found.stage}")
        if found == right:
            return
        how = "is gone" if found is None else f"fell out at {found.stage} by {found.why}, not by {right.why},"
        if found is not None and (found.stage, found.why) == (right.stage, right.why):
            how = "has another score"
        self._tally.fault(line, "missing", f"{right.action_id} {how} {story}")

    def _compare_words(self, key: DecisionKey, stated: Stated) -> None:
        self._tally.expected(STATED)
        found = self._decided.get(key)
        if found is None:
            self._tally.fault(STATED, "missing", self._story(key.customer))
            return
        decided = found[0]
        self._tally.seen(STATED)
        if tuple(action.action_id for action in decided.actions) != stated.actions or decided.gate != stated.gate:
            self._tally.fault(STATED, "missing", f"another choice {self._story(key.customer)}")
        savings = {each.action_id: each.rationale.saving_minor for each in decided.actions if each.rationale}
        if not stated.savings.items() <= savings.items():
            self._tally.fault(STATED, "missing", f"another saving {self._story(key.customer)}")
        traced = self._traced.get(decided.decision_id)
        candidates = traced[0].candidates if traced is not None else ()
        falls = {each.action_id: (each.stage, each.why) for each in candidates}
        if not stated.out.items() <= falls.items():
            self._tally.fault(STATED, "missing", f"another stage {self._story(key.customer)}")

    def _story(self, customer: str) -> str:
        return f"in the story {self._ledger.stories.get(customer, 'nobody')}"
