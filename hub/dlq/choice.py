"""Which dead letters are meant, in the words of the command line."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from hub.dlq.letter import Letter, owned_topic
from hub.refusal import CommandRefused
from schemas.reasons import DeadLetterReason
from streams.core.records import Millis

_AGO: Final = re.compile(r"(\d{1,6})([smhd])")
_PLACE: Final = re.compile(r"(\d{1,9}):(\d{1,18})")
_UNIT_MILLIS: Final = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


@dataclass(frozen=True)
class Choice:
    """Filters; what none of them excludes is meant.

    Attributes:
        reasons: Any of these; all when empty.
        since: Put aside then or later.
        until: Put aside before.
        source_topic: The topic that it came in on.
    """

    reasons: frozenset[str] = frozenset()
    since: Millis | None = None
    until: Millis | None = None
    source_topic: str | None = None

    @classmethod
    def of(
        cls, reasons: Sequence[str], since: str | None, until: str | None, source_topic: str | None, now: Millis
    ) -> "Choice":
        """Read the command line's words.

        Raises:
            CommandRefused: one of them says nothing.
        """
        return cls(
            frozenset(map(_reason, reasons)),
            None if since is None else moment(since, now),
            None if until is None else moment(until, now),
            None if source_topic is None else owned_topic(source_topic),
        )

    def takes(self, letter: Letter) -> bool:
        """Return True when the letter is meant."""
        return (not self.reasons or letter.reason in self.reasons) and self.takes_but_for_reason(letter)

    def takes_but_for_reason(self, letter: Letter) -> bool:
        """Return True when the letter would be meant if its reason were."""
        return (
            (self.since is None or letter.put_aside_at >= self.since)
            and (self.until is None or letter.put_aside_at < self.until)
            and self.source_topic in {None, letter.origin.topic}
        )


def moment(text: str, now: Millis) -> Millis:
    """Read a time: `2h` (so long ago; s, m, h or d), or an ISO 8601 date or time, UTC unless it says otherwise.

    Raises:
        CommandRefused: it is neither.
    """
    if ago := _AGO.fullmatch(text):
        return now - int(ago[1]) * _UNIT_MILLIS[ago[2]]
    try:
        said = datetime.fromisoformat(text)
    except ValueError:
        raise CommandRefused(f"{text!r} is no time; write 2h (ago) or 2026-03-01T22:15 (UTC).") from None
    return round((said if said.tzinfo else said.replace(tzinfo=UTC)).timestamp() * 1000)


def iso(at: Millis) -> str:
    """Write a time so that `moment` reads the same."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def place(text: str) -> tuple[int, int]:
    """Read `PARTITION:OFFSET`.

    Raises:
        CommandRefused: it is none.
    """
    found = _PLACE.fullmatch(text)
    if found is None:
        raise CommandRefused(f"{text!r} is no place; write PARTITION:OFFSET, such as 3:17.")
    return int(found[1]), int(found[2])


def _reason(text: str) -> str:
    if text not in [reason.value for reason in DeadLetterReason]:
        raise CommandRefused(f"there is no reason {text!r}; there is {', '.join(DeadLetterReason)}.")
    return text
