"""What the hub would say today of a dead letter's original, as far as the letter alone tells."""

from collections import Counter
from collections.abc import Sequence

from rich.table import Table

from agents.identity.model import BadIdentifier, normalise
from agents.resolve.refusal import check_size, check_time
from hub.dlq.letter import Letter
from hub.dlq.plan import Plan, record_to_replay
from schemas import load
from schemas.reasons import DeadLetterReason
from streams.codec import Codec, Undecodable
from streams.core.records import Millis
from streams.guard import Origin, Refused
from streams.settings import Settings

TAKEN = "let in"


class Forecast:
    """Looks at bytes, key, size and time as resolve and control do.

    What depends on the hub's state stays open: whose an identifier is, what a rule makes of the event, whether it is
    known already.

    Args:
        settings: The installation's.
        now: The wall clock's time.
    """

    def __init__(self, settings: Settings, now: Millis) -> None:
        self._now, self._is_log_clock = now, settings.clock == "log"
        self._limit = settings.max_value_bytes
        self._codec, self._topics = Codec(load()), load().topics

    def of(self, letter: Letter) -> str:
        """Return `TAKEN`, or the reason for which it would come back."""
        origin, back = letter.origin, record_to_replay(letter, is_log_clock=self._is_log_clock)
        replayed = Origin(
            origin.topic, origin.partition, origin.offset, origin.timestamp, back.key, back.value, back.headers
        )
        try:
            self._check(replayed)
        except (Refused, Undecodable) as refusal:
            return refusal.reason.value
        except (BadIdentifier, UnicodeDecodeError):
            return DeadLetterReason.BAD_IDENTIFIER.value
        return TAKEN

    def _check(self, record: Origin) -> None:
        topic = self._topics[record.topic]
        if not record.key:
            raise Refused(DeadLetterReason.NO_KEY, "")
        if record.value is None:
            if topic.cleanup == "compact" and topic.direction == "in":
                return  # a tombstone
            raise Refused(DeadLetterReason.NO_VALUE, "")
        check_size(record, record.value, self._limit)
        self._codec.decode(record.value, record.headers, topic)
        if topic.key != "object":
            normalise(record.key.decode())
            found = self._codec.envelope(record, topic)
            too_old = next(each.too_old_seconds for each in topic.records if each.name == found.type)
            arrived_at = record.timestamp if self._is_log_clock else self._now
            check_time(found.occurred_at, arrived_at, float("inf") if too_old is None else 1000 * too_old)


def table(ready: Sequence[Letter], forecast: Forecast) -> Table:
    """Show what would go back, and what the hub would say of it."""
    counted = Counter((letter.reason, forecast.of(letter)) for letter in ready)
    shown = Table("put aside as", "letters", "would be")
    shown.columns[1].justify = "right"
    for (reason, verdict), count in sorted(counted.items()):
        shown.add_row(reason, f"{count:,}", verdict if verdict == TAKEN else f"put aside again: {verdict}")
    return shown


def notes(topic_name: str, ready: Sequence[Letter]) -> list[str]:
    """Return what somebody who replays this must know beside the counts."""
    topic, said = load().topics[topic_name], []
    if topic.sequence == "strict":
        said.append(
            f"{topic.name} is strictly ordered: of a source and key, a number at or below the highest that was applied "
            "counts as a duplicate and changes nothing"
        )
    if topic.direction == "config":
        said.append(f"{topic.name} takes effect in the order it is read: what is replayed may replace what came later")
    elif topic.cleanup == "compact":
        said.append(f"{topic.name} is compacted: what is replayed becomes its key's last record")
    if any(letter.reason == DeadLetterReason.UNCLAIMED for letter in ready):
        said.append("unclaimed: link the identifiers first, or the letters wait in mailboxes again")
    return said


def left(plan: Plan) -> list[str]:
    """Return one clause for each kind of letter that stays."""
    said = []
    if plan.incurable:
        said.append(f"{_words(plan.incurable)}: no replay cures that, name the reason to replay them all the same")
    if plan.again:
        said.append(f"{_words(plan.again)}: put aside again since")
    if plan.unfit:
        said.append(f"{_words(plan.unfit)}: cannot go back")
    if plan.over_limit:
        said.append(f"{plan.over_limit} over the limit")
    return said


def _words(counted: Counter[str]) -> str:
    return ", ".join(f"{reason} {count}" for reason, count in sorted(counted.items()))
