"""What outages and works meant to customers: every impact once, and how long it lasted."""

from typing import Final

from operator_day.frames import unframe
from operator_day.impacts import ANY, ExpectedImpact, ImpactKey
from operator_day.ledger import Ledger
from operator_day.observer import Observed
from operator_day.tally import Tally
from schemas import records

IMPACT: Final = "network.impact.v1"
IMPACT_KEYS: Final = "impacts stand under their customer's key"


def check_impacts(ledger: Ledger, observed: Observed, tally: Tally, *, has_transactions: bool) -> None:
    """Enter every impact into the tally."""
    for key in ledger.impacts:
        tally.expected(_line(key))
    found: dict[ImpactKey, bytes] = {}
    for seen in observed.by_topic.get(IMPACT, ()):
        if seen.value is None:
            continue
        impact = unframe(seen.value, records.Impacted)
        key = ImpactKey(impact.customer_id, impact.outage_id, impact.phase)
        line, story = _line(key), ledger.stories.get(key.customer, "nobody's")
        tally.seen(line)
        tally.law(IMPACT_KEYS, holds=seen.key == impact.customer_id.encode(), finding=line)
        before = found.get(key)
        if before is None:
            found[key] = seen.value
            _check_one(ledger.impacts.get(key), impact, line, story, tally)
        elif before == seen.value and not has_transactions:
            tally.fault(line, "repeated", f"in the story {story}")
        else:
            tally.fault(line, "doubled", f"in the story {story}")
    for key in ledger.impacts.keys() - found.keys():
        tally.fault(_line(key), "missing", f"in the story {ledger.impacts[key].story}")


def _check_one(expected: ExpectedImpact | None, impact: records.Impacted, line: str, story: str, tally: Tally) -> None:
    if expected is None:
        tally.fault(line, "unexpected", f"of {impact.outage_id} in the story {story}")
    elif impact.minutes is None if expected.minutes == ANY else expected.minutes != impact.minutes:
        tally.fault(line, "unexpected", f"{impact.minutes} minutes, not {expected.minutes}, in the story {story}")


def _line(key: ImpactKey) -> str:
    return f"impact {key.phase}"
