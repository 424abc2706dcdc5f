"""The messages, suppressions and cancellations that were seen, against those that had to come."""

from collections.abc import Iterable
from typing import Any, Final

from operator_day.config import DEAD_CHANNELS
from operator_day.ledger import TREE, Contactable, ExpectedMessage, Ledger, MessageKey, MessageKind
from operator_day.observer import Observed, Seen
from operator_day.tally import Tally
from operator_day.zones import is_within, local_minute
from schemas import records, wire

ALIVE: Final = "no notice on a channel that its outage has taken"
HELD: Final = "nobody is told of an outage, or of its end, before it has stood"
LED: Final = "notices of the network name an event of their outage"
QUIET: Final = "no message decided in quiet hours"
EXPIRY: Final = "no message decided after it expires"
ADDRESSEE: Final = "messages stand under their customer's key"

_WHILE_BROKEN: Final = ("outage.opened", "outage.eta_changed")
_DEAD: Final[dict[str, tuple[records.Channel, ...]]] = {each.service_kind: each.channels for each in DEAD_CHANNELS}


def check_messages(ledger: Ledger, observed: Observed, tally: Tally, *, has_transactions: bool) -> None:
    """Enter every message, suppression and cancellation into the tally, and check the laws on what was asked for."""
    for key, expected in ledger.messages.items():
        tally.expected(kind_of(key, expected.reason))
    check = _Check(ledger, tally, has_transactions=has_transactions)
    check.read((*observed.messages, *observed.suppressions))
    check.miss()


def kind_of(key: MessageKey, reason: str | None) -> str:
    """Name the line of a message, a suppression or a cancellation."""
    if key.kind == "suppressed":
        return f"suppression {reason}"
    return f"{'message' if key.kind == 'requested' else 'cancellation'} {key.purpose}"


class _Check:
    def __init__(self, ledger: Ledger, tally: Tally, *, has_transactions: bool) -> None:
        self._ledger = ledger
        self._tally = tally
        self._has_transactions = has_transactions
        self._found: dict[MessageKey, tuple[str, bytes | None]] = {}
        self._reasons: dict[MessageKey, str | None] = {}
        self._purposes: dict[str, str] = {}

    def read(self, seen: Iterable[Seen]) -> None:
        """Enter each record; requests first, since a cancellation is about one."""
        decoded = [(record, wire.decode(record.value)) for record in seen if record.value is not None]
        for record, message in decoded:
            if isinstance(message, records.Requested):
                self._purposes[message.message_id] = message.purpose
                self._enter(record, message, "requested", message.purpose, None)
                self._obey(message)
        for record, message in decoded:
            if isinstance(message, records.Suppressed):
                self._enter(record, message, "suppressed", message.purpose, message.reason)
            elif isinstance(message, records.Cancelled):
                purpose = self._purposes.get(message.message_id, "of nothing")
                self._enter(record, message, "cancelled", purpose, None)

    def miss(self) -> None:
        """Enter what did not come."""
        for key, expected in self._ledger.messages.items():
            if key not in self._found:
                self._tally.fault(kind_of(key, expected.reason), "missing", f"in the story {expected.story}")

    def _enter(self, record: Seen, message: Any, kind: MessageKind, purpose: str, reason: str | None) -> None:  # noqa: ANN401
        key = MessageKey(kind, message.customer_id, purpose, self._ledger.cause_of(message))
        line = kind_of(key, reason)
        self._tally.seen(line)
        self._tally.law(ADDRESSEE, holds=record.key == message.customer_id.encode(), finding=line)
        story = self._ledger.stories.get(message.customer_id, "nobody's")
        before = self._found.get(key)
        if before is not None:
            is_same = before == (message.message_id, record.value)
            fault = "repeated" if is_same and not self._has_transactions else "doubled"
            self._tally.fault(line, "repeated" if fault == "repeated" else "doubled", f"in the story {story}")
            return
        expected = self._ledger.messages.get(key)
        if expected is None or expected.reason != reason:
            self._tally.fault(line, "unexpected", f"in the story {story}, on account of {message.cause_event_id}")
            if expected is None:
                return
            self._tally.fault(kind_of(key, expected.reason), "missing", f"in the story {expected.story}")
        elif isinstance(message, records.Requested):
            self._check_channels(line, message, expected)
        self._found[key] = (message.message_id, record.value)

    def _check_channels(self, line: str, message: records.Requested, expected: ExpectedMessage) -> None:
        if expected.channels is not None and expected.channels != set(message.channels):
            self._tally.fault(line, "unexpected", f"other channels in the story {expected.story}")

    def _obey(self, message: records.Requested) -> None:
        story = self._ledger.stories.get(message.customer_id, "nobody's")
        who = self._ledger.contactable.get(message.customer_id)
        may_wake = message.message_class == "critical"
        is_quiet = who is not None and not may_wake and _is_quiet(who, message.decided_at)
        self._tally.law(QUIET, holds=not is_quiet, finding=f"in the story {story}")
        if "outage_id" in message.parameters:
            led_by = self._ledger.causes.get(message.cause_event_id)
            is_led = led_by in (message.parameters["outage_id"], TREE)
            held = self._ledger.held.get((message.purpose, str(message.parameters["outage_id"])), 0)
            self._tally.law(HELD, holds=message.decided_at >= held, finding=f"in the story {story}")
            self._tally.law(LED, holds=is_led, finding=f"in the story {story}")
        if message.purpose in _WHILE_BROKEN:
            dead = _DEAD.get(str(message.parameters.get("service")), ())
            self._tally.law(ALIVE, holds=set(dead).isdisjoint(message.channels), finding=f"in the story {story}")
        self._tally.law(EXPIRY, holds=message.decided_at <= message.expires_at, finding=f"in the story {story}")


def _is_quiet(who: Contactable, at: int) -> bool:
    return is_within(local_minute(at, who.timezone), who.quiet_first, who.quiet_end)
