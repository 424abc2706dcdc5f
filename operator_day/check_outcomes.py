"""What became of the actions by the hub's word, against what channels reported and left unsaid: each once."""

from collections.abc import Callable

from operator_day.decisions import Became, Roll
from operator_day.ledger import Ledger
from operator_day.observer import Seen
from operator_day.recall import Recollection
from operator_day.tally import Tally
from schemas import records


def check_outcomes(  # two sides, each of three parts
    ledger: Ledger,
    right: Recollection,
    roll: Roll,
    attributed: list[tuple[records.OutcomeAttributed, Seen]],
    tally: Tally,
    again: Callable[[str, bool, str], None],
) -> None:
    """Enter every outcome into the tally; `again(line, is_same, customer)` enters one that came before."""
    for became in right.became:
        tally.expected(_line(became.outcome))
    found: dict[Became, bytes | None] = {}
    for record, seen in attributed:
        line, story = _line(record.outcome), f"in the story {ledger.stories.get(record.customer_id, 'nobody')}"
        tally.seen(line)
        key = roll.keys.get(record.decision_id)
        if key is None:
            tally.fault(line, "unexpected", f"of no decision {story}")
            continue
        became = Became(key, record.action_id, record.outcome)
        if became in found:
            again(line, found[became] == seen.value, record.customer_id)
            continue
        found[became] = seen.value
        if became not in right.became:
            tally.fault(line, "unexpected", f"{record.action_id} {story}")
        else:
            ranks = {action.action_id: action.rank for action in right.due[key].right.actions}
            is_right = record.rank == ranks[record.action_id] and record.channel == right.due[key].channel
            if not is_right:
                tally.fault(line, "missing", f"another rank or channel of {record.action_id} {story}")
    for became in right.became - found.keys():
        story = ledger.stories.get(became.key.customer, "nobody")
        tally.fault(_line(became.outcome), "missing", f"{became.action_id} in the story {story}")


def _line(outcome: str) -> str:
    return f"outcome {outcome}"
