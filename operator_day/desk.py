"""The channels' stand-in: reports what became of the actions that the hub gave them, as the stories say."""

from collections.abc import Iterator
from typing import Final, NamedTuple
from zlib import crc32

from operator_day.city import Person
from operator_day.decisions import DecisionKey, Response, Roll
from operator_day.events import Event, Fate
from operator_day.observer import Seen
from operator_day.pen import FEEDBACK, SOURCES, Pen
from operator_day.zones import HOUR, MINUTE, SECOND, Millis
from schemas import records, wire

BACKGROUND: Final = "background"
LATE: Final = 2 * HOUR
_USUAL_DRAWS: Final = 10
_SHOWN: Final = 6
"""Of these draws; in one the best action is refused, in one accepted."""


class _Waiting(NamedTuple):
    due: Millis
    decided: records.Decided
    response: Response
    number: int


class Desk:
    """Reports each response of the ledger's once its decision was seen and its hour has come.

    Ids of its events follow from the decision's, so that the same run gives the same events.
    """

    def __init__(self, pen: Pen) -> None:
        self._pen = pen
        self._read = 0
        self._roll = Roll()
        self._known: set[DecisionKey] = set()
        self._waiting: list[_Waiting] = []

    def answers(self, seen: list[Seen], at: Millis) -> list[Event]:
        """Report on what is new in `seen`, which only grows, and on what is due, from `at` on."""
        for each in seen[self._read :]:
            decided = wire.decode(each.value or b"")
            if isinstance(decided, records.Decided):
                self._enter(decided, at)
        self._read = len(seen)
        due = sorted((each for each in self._waiting if each.due <= at), key=_order)
        self._waiting = [each for each in self._waiting if each.due > at]
        events: list[Event] = []
        for waiting in due:
            events += self._report(waiting, at + MINUTE)
        return events

    def _enter(self, decided: records.Decided, at: Millis) -> None:
        key = self._roll.enter(decided)
        if key in self._known:
            return
        self._known.add(key)
        next_hour = at + -at % HOUR
        ledger = self._pen.ledger
        is_told = ledger.stories.get(key.customer) != BACKGROUND
        for number, response in enumerate(ledger.responses.get(key, ()) if is_told else _usual(decided)):
            self._waiting.append(_Waiting(next_hour + response.hours * HOUR, decided, response, number))

    def _report(self, waiting: _Waiting, at: Millis) -> list[Event]:
        """Report, as often as the story says with an id of its own, and the last time byte for byte once more."""
        decided, response = waiting.decided, waiting.response
        person = Person(customer_id=decided.customer_id)
        story = self._pen.ledger.stories.get(decided.customer_id, "nobody's")
        events: list[Event] = []
        for time in range(response.times):
            arrives = at + (waiting.number * 10 + time) * SECOND
            record = records.OutcomeReported(
                event_id=f"{decided.decision_id}.{waiting.number}.{time}",
                source=SOURCES[FEEDBACK],
                occurred_at=arrives - (LATE if response.is_late else SECOND),
                decision_id=response.decision_id or decided.decision_id,
                action_id=response.action_id,
                channel=decided.channel,
                outcome=response.outcome,
                placement="card",
            )
            events.append(self._pen.write(FEEDBACK, person, record, arrives, key=person.customer_key(), story=story))
        if response.times > 1:
            last = events[-1]
            fate = Fate(decided.customer_id, is_duplicate=True)
            events.append(last._replace(timestamp=last.timestamp + SECOND, fate=fate))
        return events


def _usual(decided: records.Decided) -> Iterator[Response]:
    """Draw what becomes of a decision about somebody who plays in no story; nobody is told of every one."""
    draw = crc32(decided.decision_id.encode()) % _USUAL_DRAWS
    if decided.trigger == "contact_started" or draw >= _SHOWN:
        return
    for action in decided.actions:
        yield Response(action.action_id, "impression")
    if decided.actions and draw in (0, 1):
        yield Response(decided.actions[0].action_id, "accepted" if draw else "rejected")


def _order(waiting: _Waiting) -> tuple[str, int]:
    return waiting.decided.decision_id, waiting.number
