"""The dead letters that were seen, against those that had to come: reason, place and every byte."""

from collections.abc import Mapping
from typing import Final

from operator_day.events import Coordinates, Header
from operator_day.ledger import Ledger
from operator_day.observer import Observed, Seen
from operator_day.tally import Tally

BYTES: Final = "dead letters keep key, value and headers byte for byte"
HOME: Final = "dead letters stand on the dead-letter topic of the topic they came in on"
_OURS: Final = "hub_"
_SUFFIX: Final = ".dlq"


def check_dead_letters(ledger: Ledger, observed: Observed, tally: Tally, *, has_transactions: bool) -> None:
    """Enter every dead letter into the tally, by the coordinates of the original that its headers name."""
    for due in ledger.dead_letters.values():
        tally.expected(f"dead letter {due.reason}")
    found: dict[Coordinates, Mapping[str, bytes]] = {}
    for letter in observed.dead_letters:
        headers = dict(letter.headers)
        at = coordinates_of(headers)
        kind = f"dead letter {_reason(headers)}"
        tally.seen(kind)
        if at is None:
            tally.fault(kind, "unexpected", "without the place it came from")
        elif at in found:
            is_repeated = not has_transactions and found[at].get("hub_reason") == headers.get("hub_reason")
            tally.fault(kind, "repeated" if is_repeated else "doubled", f"from {at.topic}")
        else:
            found[at] = headers
            _check_one(ledger, letter, at, kind, tally)
    for at, due in ledger.dead_letters.items():
        if at not in found:
            tally.fault(f"dead letter {due.reason}", "missing", f"in the story {due.story}")


def coordinates_of(headers: Mapping[str, bytes]) -> Coordinates | None:
    """Read where the original stood; None when the headers do not say."""
    try:
        return Coordinates(
            headers["hub_topic"].decode(),
            int(headers["hub_partition"]),
            int(headers["hub_offset"]),
        )
    except (KeyError, ValueError):
        return None


def _check_one(ledger: Ledger, letter: Seen, at: Coordinates, kind: str, tally: Tally) -> None:
    due = ledger.dead_letters.get(at)
    if due is None:
        tally.fault(kind, "unexpected", f"from {at.topic}: {dict(letter.headers).get('hub_detail', b'').decode()}")
        return
    if kind != f"dead letter {due.reason}":
        tally.fault(kind, "unexpected", f"in the story {due.story}, where it is {due.reason}")
        tally.fault(f"dead letter {due.reason}", "missing", f"in the story {due.story}")
    kept: tuple[Header, ...] = tuple(header for header in letter.headers if not header[0].startswith(_OURS))
    is_intact = (letter.key, letter.value, kept) == (due.key, due.value, due.headers)
    tally.law(BYTES, holds=is_intact, finding=f"in the story {due.story}")
    tally.law(HOME, holds=letter.topic == at.topic + _SUFFIX, finding=f"in the story {due.story}")


def _reason(headers: Mapping[str, bytes]) -> str:
    return headers.get("hub_reason", b"(none)").decode(errors="replace")
