"""What the last contexts say: every event applied or dropped as a duplicate, and the facts that they left."""

from typing import Final

from operator_day.dealings import recalled
from operator_day.facts import facts_of
from operator_day.frames import unframe
from operator_day.known import Known
from operator_day.ledger import FactName, FactValue, Ledger
from operator_day.observer import Observed
from operator_day.tally import Tally
from schemas import records

CONTEXT_KEYS: Final = "contexts stand under their customer's key"
_NOTHING: Final[dict[str, list[int]]] = {}
_DEFAULTS: Final[dict[str, FactValue]] = {"autopay": False, "spend": 0}


def check_contexts(ledger: Ledger, observed: Observed, tally: Tally, *, has_transactions: bool = True) -> None:
    """Enter counts (of the very last contexts) and facts (of the last ones of the day) into the tally.

    Without transactions an event that was handed on twice by a worker that died is one more duplicate, and no fault.
    """
    for topic, count in ledger.applied().items():
        tally.expected(f"applied {topic}", count)
    for topic, count in ledger.duplicates().items():
        if count:
            tally.expected(f"duplicate {topic}", count)
    counted: set[str] = set()
    judged: set[str] = set()
    for key, value in observed.contexts.items():
        context = unframe(value, records.Context)
        tally.law(CONTEXT_KEYS, holds=context.customer_id.encode() == key, finding="another key")
        counted.add(context.customer_id)
        _check_counts(ledger, context, tally, has_transactions=has_transactions)
        of_the_day = observed.day_contexts.get(key, value)
        judged.add(context.customer_id)
        _check_facts(ledger, context if of_the_day == value else unframe(of_the_day, records.Context), tally)
    for customer in ledger.counts.keys() - counted:
        _miss_counts(ledger, customer, tally)
    for customer in ledger.facts.keys() - judged:
        facts = _facts(ledger, customer)
        tally.expected("facts", len(facts))
        tally.fault("facts", "missing", f"no context in the story {_story(ledger, customer)}", len(facts))


def _check_counts(ledger: Ledger, context: records.Context, tally: Tally, *, has_transactions: bool) -> None:
    expected = ledger.counts.get(context.customer_id, _NOTHING)
    story = _story(ledger, context.customer_id)
    seen = {count.topic: (count.applied, count.duplicate) for count in context.counts}
    for topic in expected.keys() | seen.keys():
        due = expected.get(topic, (0, 0))
        found = seen.get(topic, (0, 0))
        _compare(f"applied {topic}", due[0], found[0], story, tally)
        _compare(f"duplicate {topic}", due[1], found[1], story, tally, may_repeat=not has_transactions)


def _compare(kind: str, due: int, found: int, story: str, tally: Tally, *, may_repeat: bool = False) -> None:
    if found:
        tally.seen(kind, found)
    if found < due:
        tally.fault(kind, "missing", f"{found} of {due} in the story {story}", due - found)
    elif found > due:
        words = f"{found} of {due} in the story {story}"
        tally.fault(kind, "repeated" if may_repeat else "doubled" if due else "unexpected", words, found - due)


def _miss_counts(ledger: Ledger, customer: str, tally: Tally) -> None:
    story = _story(ledger, customer)
    for topic, due in ledger.counts[customer].items():
        for which, name in enumerate(("applied", "duplicate")):
            if due[which]:
                tally.fault(f"{name} {topic}", "missing", f"no context in the story {story}", due[which])


def _check_facts(ledger: Ledger, context: records.Context, tally: Tally) -> None:
    if context.customer_id not in ledger.facts:
        return
    expected = _facts(ledger, context.customer_id)
    said = facts_of(context)
    tally.expected("facts", len(expected))
    wrong = [name for name, value in expected.items() if said.get(name, _default(name)) != value]
    tally.seen("facts", len(expected) - len(wrong))
    story = _story(ledger, context.customer_id)
    for name in wrong:
        tally.fault("facts", "missing", f"{name[0]} is another in the story {story}")


def _facts(ledger: Ledger, customer: str) -> dict[FactName, FactValue]:
    """Give what was entered, and of a customer who is followed what their dealings come to."""
    arrived = ledger.journal.of(customer) if customer in ledger.journal else []
    if not arrived:
        return ledger.facts[customer]
    known = Known(record for _, record in arrived)
    return ledger.facts[customer] | recalled(known, arrived[-1][0], ledger.day_end)


def _default(name: FactName) -> FactValue:
    return _DEFAULTS.get(name[0])


def _story(ledger: Ledger, customer: str) -> str:
    return ledger.stories.get(customer, "nobody's")
