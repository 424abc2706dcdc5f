"""What folds count: names with fixed labels, free of any metrics library so that pure code may use them."""

from enum import StrEnum
from typing import Final


class Tally(StrEnum):
    """A count that becomes true with its commit; the value is the metric's name.

    The labels that each takes, in order, are in `LABELS`.
    """

    EVENTS = "hub_events_total"
    DUPLICATES = "hub_duplicates_total"
    DEAD_LETTERS = "hub_dead_letters_total"
    MESSAGES = "hub_messages_total"
    CANCELLATIONS = "hub_cancellations_total"
    SUPPRESSIONS = "hub_suppressions_total"
    CONTEXTS = "hub_contexts_total"
    PROVISIONAL = "hub_provisional_events_total"
    STRAY = "hub_stray_records_total"
    TIMER_FAILURES = "hub_timer_failures_total"
    OUTAGE_FAILURES = "hub_outage_failures_total"
    IMPACTS = "hub_impacts_total"
    DECISIONS = "hub_decisions_total"
    OUTCOMES = "hub_outcomes_total"
    SCREEN_POPS = "hub_screen_pops_total"


LABELS: Final[dict[Tally, tuple[str, ...]]] = {
    Tally.EVENTS: ("topic",),
    Tally.DUPLICATES: ("topic",),
    Tally.DEAD_LETTERS: ("topic", "reason"),
    Tally.MESSAGES: ("purpose", "message_class"),
    Tally.CANCELLATIONS: ("reason",),
    Tally.SUPPRESSIONS: ("purpose", "reason"),
    Tally.CONTEXTS: (),
    Tally.PROVISIONAL: (),
    Tally.STRAY: ("topic",),
    Tally.TIMER_FAILURES: ("timer",),
    Tally.OUTAGE_FAILURES: (),
    Tally.IMPACTS: ("phase",),
    Tally.DECISIONS: ("trigger", "gate"),
    Tally.OUTCOMES: ("outcome",),
    Tally.SCREEN_POPS: ("first",),
}
