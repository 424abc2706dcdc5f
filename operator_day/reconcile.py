"""What had to come against what is on the committed topics."""

from typing import Final

from operator_day.check_contexts import check_contexts
from operator_day.check_dead_letters import check_dead_letters
from operator_day.check_decisions import check_decisions
from operator_day.check_impacts import IMPACT, check_impacts
from operator_day.check_messages import check_messages
from operator_day.check_screenpops import check_screenpops
from operator_day.ledger import Ledger
from operator_day.observer import CONTEXT, HUBS_OWN, Observed
from operator_day.report import Rate, Report
from operator_day.tally import Tally

CONTEXTS_PER_EVENT: Final = 0.25
OTHERS_PER_EVENT: Final = 0.1
FAN_OUT_PER_EVENT: Final = 0.5


def reconcile(ledger: Ledger, observed: Observed, *, has_transactions: bool = True, seconds: float = 0.0) -> Report:
    """Compare, kind by kind. Pure: the same ledger and the same topics give the same report.

    `has_transactions` says whether the broker has them: without, the same output once more with the same id is
    counted as repeated and is no fault.
    """
    tally = Tally()
    check_contexts(ledger, observed, tally, has_transactions=has_transactions)
    check_messages(ledger, observed, tally, has_transactions=has_transactions)
    check_impacts(ledger, observed, tally, has_transactions=has_transactions)
    check_decisions(ledger, observed, tally, has_transactions=has_transactions)
    check_screenpops(ledger, observed, tally, has_transactions=has_transactions)
    check_dead_letters(ledger, observed, tally, has_transactions=has_transactions)
    return Report(
        events=ledger.events(),
        customers=len(ledger.stories),
        lines=tally.lines(),
        laws=tally.laws(),
        rates=_rates(ledger, observed, _fan_out(tally)),
        findings=tally.findings(),
        seconds=seconds,
    )


def _fan_out(tally: Tally) -> int:
    """Count the messages of outages and works."""
    purposes = ("message outage.", "message works.")
    return sum(line.seen for line in tally.lines() if line.kind.startswith(purposes))


def _rates(ledger: Ledger, observed: Observed, told: int) -> tuple[Rate, ...]:
    """Give the rates. What an outage says to everybody below it is no matter of events: it has a rate of its own."""
    events = max(1, ledger.events())
    impacts = observed.outputs[IMPACT]
    contexts = observed.outputs[CONTEXT]
    others = sum(count for topic, count in observed.outputs.items() if topic not in HUBS_OWN) - contexts
    return (
        Rate("contexts per event, one for each impact left out", _per(contexts - impacts, events), CONTEXTS_PER_EVENT),
        Rate(
            "other outputs per event, the network's left out", _per(others - impacts - told, events), OTHERS_PER_EVENT
        ),
        Rate("impacts and notices of the network per event", _per(impacts + told, events), FAN_OUT_PER_EVENT),
    )


def _per(count: int, events: int) -> float:
    return round(max(0, count) / events, 4)
