"""Whether the state read back is the state that was left, from the contexts on the committed topic."""

from collections.abc import Mapping

import msgspec

from bench.conversations import BILLING, CRM, PRODUCT, USAGE
from schemas import records, wire


def probed_name(index: int) -> str:
    """Return the name that a customer takes after the recovery, so that a context of theirs goes out."""
    return f"Vera {index}"


def faults_of(before: Mapping[int, bytes], after: Mapping[int, bytes], usage: int) -> list[str]:
    """Compare the last contexts before the worker stopped with those that another worker sent after a new name came.

    Both must be right by themselves: `before` holds the counts of what was published, `after` what `before` held and
    the name, as the next version. Pure.

    Args:
        before: By customer.
        after: By customer.
        usage: How often everybody used something and was charged.

    Returns:
        Faults in words that name nobody; empty when all is right.
    """
    published = {CRM: 2, PRODUCT: 1} | ({USAGE: usage, BILLING: usage} if usage else {})
    miscounted = changed = 0
    for index in before.keys() & after.keys():
        left, found = _context(before[index]), _context(after[index])
        miscounted += _counts(left) != published
        changed += _expected(left, index, found) != found
    missing = len(before.keys() ^ after.keys())
    faults = {
        "contexts are missing": missing,
        "contexts did not count what was published before the worker stopped": miscounted,
        "contexts are not what they were before the worker stopped": changed,
    }
    return [f"{count:,} {what}" for what, count in faults.items() if count] + ([] if before else ["nobody is known"])


def _expected(left: records.Context, index: int, found: records.Context) -> records.Context:
    counts = tuple(
        msgspec.structs.replace(count, applied=count.applied + 1) if count.topic == CRM else count
        for count in left.counts
    )
    return msgspec.structs.replace(
        left,
        version=left.version + 1,
        first_name=probed_name(index),
        counts=counts,
        decided_at=found.decided_at,
        changed_sections=found.changed_sections,
    )


def _counts(context: records.Context) -> dict[str, int]:
    return {count.topic: count.applied for count in context.counts}


def _context(value: bytes) -> records.Context:
    context = wire.decode(value)
    if not isinstance(context, records.Context):
        raise TypeError("the topic of contexts holds something else")
    return context
