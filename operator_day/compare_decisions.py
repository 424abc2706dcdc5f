"""One decision and its trace against the right ones: to the last candidate and the last figure."""

from typing import Any, Final

from operator_day import shelf
from operator_day.decisions import DecisionKey, Due, Stated
from operator_day.ledger import Ledger
from operator_day.tally import Tally
from operator_day.zones import HOUR, SECOND
from schemas import records

SERVICE_FIRST: Final = "nothing is sold while a gate is closed"
TIMELY: Final = "decisions come in the hour of their question and are good for as long as they should"
AGREE: Final = "a decision and its trace agree"

STATED: Final = "decision as its story tells"
ACTION: Final = "action offered"
RATIONALE: Final = "rationale in the customer's own numbers"


class Comparison:
    """Enters into the tally what is not as it had to be."""

    def __init__(self, ledger: Ledger, tally: Tally) -> None:
        self._ledger = ledger
        self._tally = tally

    def compare(self, key: DecisionKey, due: Due, decided: records.Decided, traced: records.Traced | None) -> None:
        """Enter what of a decision and its trace is not as it had to be."""
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
        self._compare_trace(decided, traced, right.candidates, story)

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

    def _compare_trace(
        self,
        decided: records.Decided,
        trace: records.Traced | None,
        right: tuple[records.Candidate, ...],
        story: str,
    ) -> None:
        for candidate in right:
            self._tally.expected(f"candidate {candidate.stage}")
        if trace is None:
            self._tally.fault("trace", "missing", story)
            return
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

    def compare_words(
        self, key: DecisionKey, stated: Stated, decided: records.Decided | None, traced: records.Traced | None
    ) -> None:
        """Enter what of a decision is not as its story tells in its own words."""
        self._tally.expected(STATED)
        if decided is None:
            self._tally.fault(STATED, "missing", self._story(key.customer))
            return
        self._tally.seen(STATED)
        savings = {each.action_id: each.rationale.saving_minor for each in decided.actions if each.rationale}
        candidates = traced.candidates if traced is not None else ()
        falls = {each.action_id: (each.stage, each.why) for each in candidates}
        for what, is_so in (
            ("gate", decided.gate == stated.gate),
            ("choice", tuple(action.action_id for action in decided.actions) == stated.actions),
            ("saving", stated.savings.items() <= savings.items()),
            ("stage", stated.out.items() <= falls.items()),
        ):
            if not is_so:
                self._tally.fault(STATED, "missing", f"another {what} {self._story(key.customer)}")

    def _story(self, customer: str) -> str:
        return f"in the story {self._ledger.stories.get(customer, 'nobody')}"
