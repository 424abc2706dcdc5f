"""Conversations: what the agent sees as one begins, and what the record keeps of them."""

from collections.abc import Callable
from typing import Final

from operator_day import shelf
from operator_day.scene import Scene
from operator_day.talk import Talk
from operator_day.zones import HOUR, MINUTE, SECOND
from schemas import records

_AFTER_THE_WINDOW: Final = shelf.REPEAT_SECONDS * SECOND // HOUR + 2
"""Hours between two conversations of which the second is no repetition, whenever in their slices they are decided."""


def calls_and_is_helped(scene: Scene) -> None:
    """From the queue to the wrap-up; the agent of the second call sees the first."""
    first = Talk(scene, "first")
    first.goes(3, shelf.ROAMING_REASON)
    first.shows(contacts=(), is_repeat=False)
    second = Talk(scene, "second")
    second.goes(6, shelf.CALLS_REASON)
    started = _started(first)
    seen = records.PastContact(first.interaction_id, "phone", shelf.ROAMING_REASON, "resolved", started)
    second.shows(contacts=(seen,), is_repeat=False)


def calls_again_about_the_same(scene: Scene) -> None:
    """The same reason in other letters two hours later: a repeat contact, and nothing is sold."""
    Talk(scene, "first").goes(4, shelf.FAULT_REASON, outcome="unresolved")
    again = Talk(scene, "again")
    again.begins(6, shelf.FAULT_REASON.upper())
    again.is_about(6, shelf.FAULT_REASON)
    again.ends(6)
    again.shows(is_repeat=True, gate="repeat_contact")


def calls_again_about_the_same_much_later(scene: Scene) -> None:
    """The same reason when the window is over: no repetition."""
    Talk(scene, "first").goes(2, shelf.TARIFF_REASON)
    later = Talk(scene, "later", "chat")
    later.begins(2 + _AFTER_THE_WINDOW, shelf.TARIFF_REASON)
    later.ends(2 + _AFTER_THE_WINDOW)
    later.shows(is_repeat=False, gate=None)


def is_called_by_the_operator(scene: Scene) -> None:
    """The operator's own call opens no screen and makes the customer's no repetition, but is among the contacts."""
    outbound = Talk(scene, "outbound")
    outbound.begins(3, shelf.TARIFF_REASON, direction="outbound")
    outbound.ends(3, "unresolved")
    inbound = Talk(scene, "inbound")
    inbound.begins(5, shelf.TARIFF_REASON)
    inbound.ends(5)
    inbound.shows(is_repeat=False, gate=None)


def gives_up_in_the_queue(scene: Scene) -> None:
    """Abandoned, then called back: nobody joined the first conversation, and nobody typed its reason."""
    lost = Talk(scene, "lost")
    lost.begins(7)
    lost.waits(7, 900, "abandoned")
    lost.happens(7, records.InteractionEnded, status="abandoned")
    back = Talk(scene, "back")
    back.begins(9)
    back.waits(9, 300, "callback")
    back.is_about(9, shelf.MONEY_REASON)
    back.ends(9)
    seen = records.PastContact(lost.interaction_id, "phone", None, "UNKNOWN", _started(lost))
    back.shows(contacts=(seen,))


def writes_in_a_messenger(scene: Scene) -> None:
    """Text instead of a voice; the texts themselves lie elsewhere."""
    talk = Talk(scene, "text", "messenger")
    talk.begins(8)
    for number in range(3):
        talk.happens(8, records.MessageReceived, channel="messenger", text_ref=f"text/{scene.spare}/{number}")
    talk.is_about(8, shelf.CALLS_REASON)
    talk.ends(8, reason_code=shelf.ROAMING_REASON)
    later = Talk(scene, "later")
    later.begins(11, shelf.ROAMING_REASON)
    later.ends(11)
    later.shows(is_repeat=True)


def is_told_from_the_end(scene: Scene) -> None:
    """The contact centre's records overtake each other: the end first, the beginning last; the record is the same."""
    talk = Talk(scene, "backwards")
    # None before the hour: a beginning may be decided on as late as its slice ends, and must not be late by then.
    talk.happens(5, records.WrapupSet, outcome="escalated")
    talk.happens(5, records.InteractionEnded, status="transferred", early=2 * MINUTE)
    talk.happens(5, records.AgentJoined, agent_id="agent-1", early=4 * MINUTE)
    talk.begins(5, early=6 * MINUTE)
    talk.shows(contacts=(), first_name=scene.person.first_name)


def is_heard_of_too_late(scene: Scene) -> None:
    """A beginning that arrives three hours late opens no screen; the next conversation knows of it."""
    late = Talk(scene, "late")
    late.begins(6, shelf.FAULT_REASON, early=3 * HOUR)
    late.ends(6, early=2 * HOUR + 40 * MINUTE)
    talk = Talk(scene, "now")
    talk.begins(8, shelf.FAULT_REASON)
    talk.ends(8)
    talk.shows(is_repeat=True, gate="repeat_contact")


def comes_five_times(scene: Scene) -> None:
    """Who comes often is seen by the last three, the newest first."""
    talks = []
    for hour, reason in zip((1, 3, 5, 7, 9), (shelf.ROAMING_REASON, "SIM", "PUK", "MMS", "eSIM"), strict=True):
        talks.append(Talk(scene, str(hour), "office"))
        talks[-1].goes(hour, reason)
    seen = [
        records.PastContact(talk.interaction_id, "office", reason, "resolved", _started(talk))
        for talk, reason in zip(talks[1:4], ("SIM", "PUK", "MMS"), strict=True)
    ]
    talks[-1].shows(contacts=tuple(reversed(seen)))


def is_connected_twice(scene: Scene) -> None:
    """The contact centre repeats itself: one screen."""
    talk = Talk(scene, "twice")
    began = talk.begins(4)
    scene.repeat(began, 4)
    talk.is_about(4, shelf.CALLS_REASON)
    scene.repeat(scene.events[-1], 5)
    scene.repeat(began, 5)
    talk.ends(5)


def never_hangs_up(scene: Scene) -> None:
    """An end that nobody tells of: the conversation is taken to be over after four hours."""
    talk = Talk(scene, "open")
    talk.begins(9)
    talk.is_about(9, shelf.CALLS_REASON)


def talks_at_midnight(scene: Scene) -> None:
    """The day ends, and they still talk."""
    talk = Talk(scene, "midnight")
    talk.begins(22)
    talk.is_about(22, shelf.MONEY_REASON)
    talk.shows(contacts=())


def _started(talk: Talk) -> int:
    record = talk.scene.pen.ledger.screens[talk.scene.person.customer_id, talk.interaction_id]
    return record.occurred_at


STORIES: Final[tuple[Callable[[Scene], None], ...]] = (
    calls_and_is_helped,
    calls_again_about_the_same,
    calls_again_about_the_same_much_later,
    is_called_by_the_operator,
    gives_up_in_the_queue,
    writes_in_a_messenger,
    is_told_from_the_end,
    is_heard_of_too_late,
    comes_five_times,
    is_connected_twice,
    never_hangs_up,
    talks_at_midnight,
)
