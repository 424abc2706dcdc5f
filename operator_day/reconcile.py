"""What had to come against what is on the committed topics."""

from typing import Final

from operator_day.check_contexts import check_contexts
from operator_day.check_dead_letters import check_dead_letters
from operator_day.check_messages import check_messages
from operator_day.ledger import Ledger
from operator_day.observer import CONTEXT, HUBS_OWN, Observed
from operator_day.report import Rate, Report
from operator_day.tally import Tally

CONTEXTS_PER_EVENT: Final = 0.25
OTHERS_PER_EVENT: Final = 0.1


def reconcile(ledger: Ledger, observed: Observed, *, has_transactions: bool = True, seconds: float = 0.0) -> Report:
    """Compare, kind by kind. Pure: the same ledger and the same topics give the same report.

    `has_transactions` says whether the broker has them: without, the same output once more with the same id is
    counted as repeated and is no fault.
    """
    tally = Tally()
    check_contexts(ledger, observed, tally)
    check_messages(ledger, observed, tally, has_transactions=has_transactions)
    check_dead_letters(ledger, observed, tally, has_transactions=has_transactions)
    return Report(
        events=ledger.events(),
        customers=len(ledger.stories),
        lines=tally.lines(),
        laws=tally.laws(),
        rates=_rates(ledger, observed),
        findings=tally.findings(),
        seconds=seconds,
    )


def _rates(ledger: Ledger, observed: Observed) -> tuple[Rate, ...]:
    events = max(1, ledger.events())
    contexts = observed.outputs[CONTEXT]
    others = sum(count for topic, count in observed.outputs.items() if topic not in HUBS_OWN) - contexts
    return (
        Rate("contexts per event", round(contexts / events, 4), CONTEXTS_PER_EVENT),
        Rate("other outputs per event", round(others / events, 4), OTHERS_PER_EVENT),
    )
