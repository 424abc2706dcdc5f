"""The channels' stand-in: answers the messages that the hub asked for, in the next slice."""

from typing import Final

from operator_day.city import Person
from operator_day.events import Event
from operator_day.ledger import Answer, MessageKey
from operator_day.observer import Seen
from operator_day.pen import DELIVERY, SOURCES, Pen
from operator_day.zones import MINUTE, SECOND, Millis
from schemas import records, wire

_Report = type[records.MessageAccepted] | type[records.MessageDelivered] | type[records.MessageFailed]

_STEPS: Final[dict[Answer, tuple[_Report, ...]]] = {
    "delivered": (records.MessageAccepted, records.MessageDelivered),
    "failed": (records.MessageAccepted, records.MessageFailed),
    "silent": (),
}


class Gateway:
    """Answers each message once, as the ledger says: delivered, failed, or not at all.

    Ids of its events follow from the message's, so that the same run gives the same events.
    """

    def __init__(self, pen: Pen) -> None:
        self._pen = pen
        self._read = 0
        self._answered: set[str] = set()

    def answers(self, messages: list[Seen], at: Millis) -> list[Event]:
        """Answer what is new in `messages`, which only grows, with events that arrive from `at` on."""
        new = [wire.decode(seen.value) for seen in messages[self._read :] if seen.value is not None]
        self._read = len(messages)
        requested = [message for message in new if isinstance(message, records.Requested)]
        events: list[Event] = []
        for message in sorted(requested, key=lambda message: message.message_id):
            if message.message_id not in self._answered:
                self._answered.add(message.message_id)
                events += self._answer(message, at + MINUTE)
        return events

    def _answer(self, message: records.Requested, at: Millis) -> list[Event]:
        key = MessageKey("requested", message.customer_id, message.purpose, self._pen.ledger.cause_of(message))
        expected = self._pen.ledger.messages.get(key)
        answer = expected.answer if expected else "delivered"
        story = expected.story if expected else "background"
        events = []
        for step, kind in enumerate(_STEPS[answer]):
            record = kind(
                event_id=f"{message.message_id}.{step}",
                source=SOURCES[DELIVERY],
                occurred_at=at + step * SECOND - SECOND,
                message_id=message.message_id,
                channel=message.channels[0],
                provider_code="undeliverable" if kind is records.MessageFailed else None,
            )
            person = Person(customer_id=message.customer_id)
            events.append(self._pen.write(DELIVERY, person, record, at + step * SECOND, story=story))
        return events
