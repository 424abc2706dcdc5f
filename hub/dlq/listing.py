"""`hub dlq list`: how many dead letters there are, of which topics and for which reasons."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.table import Table

from hub.connection import reader
from hub.dlq.choice import Choice, iso
from hub.dlq.letter import Letter, letters
from streams.core.records import Millis
from streams.settings import Settings


class Row(NamedTuple):
    """The letters of one topic and reason.

    Attributes:
        topic: The topic that they came in on.
        reason: Why they were put aside.
        letters: How many.
        oldest: When the first was put aside.
        newest: When the last was.
    """

    topic: str
    reason: str
    letters: int
    oldest: Millis
    newest: Millis


class Counter:
    """Counts letters without keeping them."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], Row] = {}

    def add(self, letter: Letter) -> None:
        """Count a letter."""
        place, at = (letter.origin.topic, letter.reason), letter.put_aside_at
        known = self._rows.get(place) or Row(*place, 0, at, at)
        self._rows[place] = Row(*place, known.letters + 1, min(known.oldest, at), max(known.newest, at))

    def rows(self) -> list[Row]:
        """Return what was counted, in order of topic and reason."""
        return sorted(self._rows.values())


async def count(settings: Settings, topics: Sequence[str], choice: Choice) -> list[Row]:
    """Count the dead letters of these topics that are meant.

    Raises:
        CommandRefused: one is not on the cluster.
        StartRefused: no broker answers.
    """
    counter = Counter()
    async with reader(settings) as source:
        async for letter in letters(source, topics):
            if choice.takes(letter):
                counter.add(letter)
    return counter.rows()


def table(found: Sequence[Row]) -> Table:
    """Show the counts to people."""
    shown = Table("topic", "reason", "letters", "oldest", "newest")
    shown.columns[2].justify = "right"
    for row in found:
        shown.add_row(row.topic, row.reason, f"{row.letters:,}", iso(row.oldest), iso(row.newest))
    return shown
